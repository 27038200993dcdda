#include "addon/live_job.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "addon/config.h"
#include "capture/interfaces.h"
#include "pipeline/live_run.h"

namespace netmoth::addon {
namespace {

// How often a thread that may wait looks whether JavaScript has taken a batch.
constexpr std::chrono::milliseconds kRoomPoll{1};

// Shared by the handle in JavaScript and by messages on their way there; freed with the last of
// both.
struct LiveJob final : pipeline::LiveListener, std::enable_shared_from_this<LiveJob> {
  // Exists while the environment does. Its finalizer drops the reference that keeps the job alive.
  Napi::ThreadSafeFunction to_js;
  Napi::FunctionReference handle_batch;
  Napi::FunctionReference handle_end;
  Napi::FunctionReference handle_stopped;  // set by stop()
  Napi::FunctionReference handle_swapped;  // set by swapSignatures()
  std::thread swapping;
  std::unique_ptr<pipeline::LiveRun> run;
  std::uint32_t queue_limit = 0;
  std::atomic<std::uint32_t> queued{0};  // a count alone; the queue itself orders the memory
  bool over = false;                     // JavaScript's thread only
  napi_env env = nullptr;

  // The environment goes away: nobody will take a batch any more.
  std::atomic<bool> closing{false};

  bool on_batch(output::EventClass event_class, std::string& lines, std::uint32_t count,
                bool may_wait) override;
  void on_end(const pipeline::RunFault& fault) override;
  void finished(Napi::Env napi, const pipeline::RunFault& fault);

  // The environment goes away while threads still capture.
  static void cancel(void* data) {
    auto* job = static_cast<LiveJob*>(data);
    job->closing.store(true, std::memory_order_relaxed);
    job->run->request_stop();
    job->run->join();
    if (job->swapping.joinable()) job->swapping.join();
  }

  void swap(const std::string& path);
  void swapped(Napi::Env napi, const pipeline::RunFault& fault);
};

struct Batch {
  std::shared_ptr<LiveJob> job;
  std::string lines;
  std::uint32_t count = 0;
  output::EventClass event_class = output::EventClass::kProtocol;
};

void deliver(Napi::Env env, Napi::Function, Batch* data) {
  std::unique_ptr<Batch> batch(data);
  const std::shared_ptr<LiveJob> job = std::move(batch->job);
  job->queued.fetch_sub(1, std::memory_order_relaxed);
  const auto event_class = Napi::Number::New(env, static_cast<double>(batch->event_class));
  const auto count = Napi::Number::New(env, batch->count);
  // The bytes are JavaScript's from here on; the finalizer frees them with the batch around them.
  Batch* const owner = batch.release();
  auto buffer = Napi::ArrayBuffer::New(
      env, owner->lines.data(), owner->lines.size(),
      [](Napi::Env, void*, Batch* done) { delete done; }, owner);
  const auto bytes = Napi::Uint8Array::New(env, buffer.ByteLength(), buffer, 0);
  job->handle_batch.Call({event_class, count, bytes});
}

bool LiveJob::on_batch(output::EventClass event_class, std::string& lines, std::uint32_t count,
                       bool may_wait) {
  while (queued.fetch_add(1, std::memory_order_relaxed) >= queue_limit) {
    queued.fetch_sub(1, std::memory_order_relaxed);
    if (!may_wait || closing.load(std::memory_order_relaxed)) return false;
    std::this_thread::sleep_for(kRoomPoll);
  }
  auto batch = std::make_unique<Batch>();
  batch->job = shared_from_this();
  batch->lines.swap(lines);
  batch->count = count;
  batch->event_class = event_class;
  if (to_js.NonBlockingCall(batch.get(), deliver) != napi_ok) {
    queued.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  (void)batch.release();
  return true;
}

struct End {
  std::shared_ptr<LiveJob> job;
  pipeline::RunFault fault;
};

void LiveJob::on_end(const pipeline::RunFault& fault) {
  auto end = std::make_unique<End>(End{shared_from_this(), fault});
  const auto tell = [](Napi::Env napi, Napi::Function, End* data) {
    const std::unique_ptr<End> told(data);
    told->job->finished(napi, told->fault);
  };
  if (to_js.NonBlockingCall(end.get(), tell) == napi_ok) (void)end.release();
}

struct Swapped {
  std::shared_ptr<LiveJob> job;
  pipeline::RunFault fault;
};

// On the thread that loads.
void LiveJob::swap(const std::string& path) {
  auto done = std::make_unique<Swapped>(Swapped{shared_from_this(), run->swap_signatures(path)});
  const auto tell = [](Napi::Env napi, Napi::Function, Swapped* data) {
    const std::unique_ptr<Swapped> told(data);
    told->job->swapped(napi, told->fault);
  };
  if (to_js.NonBlockingCall(done.get(), tell) == napi_ok) (void)done.release();
}

void LiveJob::swapped(Napi::Env napi, const pipeline::RunFault& fault) {
  const Napi::FunctionReference handle = std::move(handle_swapped);
  if (swapping.joinable()) swapping.join();
  handle.Call({Napi::String::New(napi, fault.code), Napi::String::New(napi, fault.message)});
}

// On JavaScript's thread, after the last batch.
void LiveJob::finished(Napi::Env napi, const pipeline::RunFault& fault) {
  run->join();
  if (swapping.joinable()) swapping.join();  // what it tells is in the queue already
  run->release();                            // JavaScript may keep the handle for long
  over = true;
  napi_remove_env_cleanup_hook(napi, &LiveJob::cancel, this);
  to_js.Release();
  handle_end.Call({Napi::String::New(napi, fault.code), Napi::String::New(napi, fault.message)});
  if (!handle_stopped.IsEmpty()) handle_stopped.Call({});
  // JavaScript's functions may refer back to the handle: let go of them.
  handle_batch.Reset();
  handle_end.Reset();
  handle_stopped.Reset();
}

pipeline::LiveOptions live_options(const Napi::Object& object) {
  constexpr TimestampNs kMillisecond = 1'000'000;
  pipeline::LiveOptions options;
  options.engine = engine_config(object.Get("engine").As<Napi::Object>());
  options.interface_name = text_of(object, "interface");
  options.bpf_filter = text_of(object, "bpfFilter");
  options.strategy = capture::strategy_of(text_of(object, "strategy")).value_or(options.strategy);
  options.pcap_library = text_of(object, "pcapLibrary");
  options.force_xdp = object.Get("afXdpForce").ToBoolean();
  options.shunt = object.Get("shunt").ToBoolean();
  options.shed = object.Get("shed").ToBoolean();
  options.promiscuous = object.Get("promiscuous").ToBoolean();
  options.workers = number_of(object, "workers");
  options.ring_bytes = std::size_t{number_of(object, "ringSizeMiB")} << 20;
  options.bundle_path = text_of(object, "bundlePath");
  options.pattern_cache = text_of(object, "patternCache");
  options.replay_path = text_of(object, "replayPath");
  options.replay_speed = object.Get("replaySpeed").As<Napi::Number>().DoubleValue();
  options.rebase_time = object.Get("rebaseTime").ToBoolean();
  options.alert_max_wait = number_of(object, "alertMaxMs") * kMillisecond;
  options.batch_max_wait = number_of(object, "batchMaxMs") * kMillisecond;
  options.batch_bytes = number_of(object, "batchMaxBytes");
  return options;
}

pipeline::Tuning tuning(const Napi::Object& object) {
  const pipeline::LiveOptions options = live_options(object);
  return {.timeouts = options.engine.timeouts,
          .disabled_protocols = options.engine.disabled_protocols,
          .dns_version = options.engine.dns_version,
          .stats_interval_seconds = options.engine.stats_interval_seconds,
          .alert_max_wait = options.alert_max_wait,
          .batch_max_wait = options.batch_max_wait};
}

Napi::Object signatures_object(Napi::Env env, const pipeline::LoadedSignatures& loaded) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("digest", loaded.digest);
  const auto set = [&](const char* name, double value) {
    object.Set(name, Napi::Number::New(env, value));
  };
  set("rulesLoaded", static_cast<double>(loaded.rules.loaded));
  set("rulesFailed", static_cast<double>(loaded.rules.refused));
  set("indicators", static_cast<double>(loaded.indicators));
  set("memoryBytes", static_cast<double>(loaded.memory_octets));
  set("loadMs", loaded.load_seconds * 1000);
  object.Set("rulesNotMatched", texts_of(env, loaded.rules.reasons));
  return object;
}

Napi::Object capture_object(Napi::Env env, const capture::CaptureStatus& status) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("strategy", std::string(capture::strategy_name(status.strategy)));
  object.Set("reasons", texts_of(env, status.reasons));
  object.Set("missing", texts_of(env, status.missing));
  object.Set("shunts", status.shunts);
  object.Set("noShunt", status.no_shunt);
  Napi::Array interfaces = Napi::Array::New(env, status.interfaces.size());
  for (std::uint32_t i = 0; i < status.interfaces.size(); ++i) {
    const capture::InterfaceState& state = status.interfaces[i];
    Napi::Object each = Napi::Object::New(env);
    each.Set("name", state.name);
    each.Set("up", state.up);
    each.Set("mtu", state.mtu);
    each.Set("fault", state.fault);
    each.Set("mode", state.mode);
    interfaces.Set(i, each);
  }
  object.Set("interfaces", interfaces);
  return object;
}

Napi::Array changes_array(Napi::Env env, const std::vector<capture::InterfaceChange>& changes) {
  Napi::Array list = Napi::Array::New(env, changes.size());
  for (std::uint32_t i = 0; i < changes.size(); ++i) {
    Napi::Object each = Napi::Object::New(env);
    each.Set("timeMs", static_cast<double>(changes[i].time) / 1e6);
    each.Set("change", std::string(capture::change_name(changes[i].kind)));
    each.Set("name", changes[i].name);
    each.Set("detail", changes[i].detail);
    list.Set(i, each);
  }
  return list;
}

output::EventLedger event_ledger(const Napi::Object& object) {
  const auto count = [&](const char* name) {
    return static_cast<std::uint64_t>(object.Get(name).As<Napi::Number>().Int64Value());
  };
  return {.spooled = count("spooled"),
          .dropped_by_spool = count("droppedBySpool"),
          .published = count("published"),
          .acknowledged = count("acknowledged")};
}

Napi::Object handle_of(Napi::Env env, const std::shared_ptr<LiveJob>& job) {
  Napi::Object handle = Napi::Object::New(env);
  handle.Set("stats", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               const pipeline::LiveStats all = job->run->stats();
               return stats_object(call.Env(), all.counters, all.capture);
             }));
  handle.Set("stop", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               const auto stopped = call[0].As<Napi::Function>();
               if (job->over) {
                 stopped.Call({});
                 return;
               }
               job->handle_stopped = Napi::Persistent(stopped);
               job->run->request_stop();
             }));
  handle.Set("captureStatus", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               return capture_object(call.Env(), job->run->capture_status());
             }));
  handle.Set("takeInterfaceChanges",
             Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               return changes_array(call.Env(), job->run->take_interface_changes());
             }));
  handle.Set("tellEvents", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               const auto told = call[0].As<Napi::Object>();
               job->run->set_event_ledger(event_ledger(told));
               job->run->set_backlog(told.Get("backlog").ToBoolean());
             }));
  handle.Set("signatures", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               return signatures_object(call.Env(), job->run->signatures());
             }));
  handle.Set("tune", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               job->run->tune(tuning(call[0].As<Napi::Object>()));
             }));
  handle.Set("swapSignatures", Napi::Function::New(env, [job](const Napi::CallbackInfo& call) {
               if (job->over || job->swapping.joinable())
                 return Napi::Boolean::New(call.Env(), false);
               job->handle_swapped = Napi::Persistent(call[1].As<Napi::Function>());
               job->swapping = std::thread(
                   [job, path = call[0].As<Napi::String>().Utf8Value()] { job->swap(path); });
               return Napi::Boolean::New(call.Env(), true);
             }));
  return handle;
}

}  // namespace

Napi::Value start_live(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto object = info[0].As<Napi::Object>();
  auto job = std::make_shared<LiveJob>();
  job->env = env;
  job->queue_limit = number_of(object, "queueBatches");
  pipeline::RunFault fault;
  job->run = pipeline::LiveRun::open(live_options(object), *job, fault);
  if (job->run == nullptr) throw Napi::Error::New(env, fault.code + ": " + fault.message);
  job->handle_batch = Napi::Persistent(info[1].As<Napi::Function>());
  job->handle_end = Napi::Persistent(info[2].As<Napi::Function>());
  // The finalizer's copy keeps the job until the channel is gone; the cleanup hook, made after the
  // channel and so run before it, has joined the threads by then.
  auto* kept = new std::shared_ptr<LiveJob>(job);
  job->to_js = Napi::ThreadSafeFunction::New(
      env, info[1].As<Napi::Function>(), "netmoth.live", 0, 1,
      [](Napi::Env, std::shared_ptr<LiveJob>* done) { delete done; }, kept);
  napi_add_env_cleanup_hook(env, &LiveJob::cancel, job.get());
  job->run->start();
  return handle_of(env, job);
}

Napi::Value interfaces(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (const capture::NetworkInterface& each : capture::list_interfaces()) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", each.name);
    object.Set("up", each.up);
    Napi::Array addresses = Napi::Array::New(env);
    for (const std::string& address : each.addresses)
      addresses.Set(addresses.Length(), address);
    object.Set("addresses", addresses);
    list.Set(list.Length(), object);
  }
  return list;
}

Napi::Value default_interface(const Napi::CallbackInfo& info) {
  const std::optional<std::string> name = capture::default_interface();
  return name ? Napi::Value(Napi::String::New(info.Env(), *name)) : info.Env().Undefined();
}

}  // namespace netmoth::addon
