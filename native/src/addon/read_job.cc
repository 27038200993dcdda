#include "addon/read_job.h"

#include <atomic>
#include <memory>
#include <thread>

#include "addon/config.h"
#include "pipeline/file_run.h"

namespace netmoth::addon {
namespace {

struct ReadJob {
  pipeline::FileRunOptions options;
  pipeline::FileRunResult result;
  Napi::FunctionReference on_progress;
  Napi::FunctionReference on_done;
  Napi::ThreadSafeFunction to_js;
  std::atomic<bool> stop{false};
  std::thread thread;
  napi_env env = nullptr;

  // Called when the environment goes away while the thread still reads.
  static void cancel(void* data) {
    auto* job = static_cast<ReadJob*>(data);
    job->stop.store(true,
                    std::memory_order_relaxed);  // only a flag: nothing else is published by it
    job->thread.join();
  }
};

Napi::Array profile_array(Napi::Env env, const pipeline::FileRunResult& result) {
  Napi::Array rules = Napi::Array::New(env, result.profile.size());
  for (std::uint32_t place = 0; place < result.profile.size(); ++place) {
    const detect::RuleCost& cost = result.profile[place];
    const detect::Rule& rule = result.rule_set->rules()[place];
    Napi::Object row = Napi::Object::New(env);
    const auto set = [&](const char* name, std::uint64_t value) {
      row.Set(name, Napi::Number::New(env, static_cast<double>(value)));
    };
    set("gid", rule.gid);
    set("sid", rule.sid);
    set("checks", cost.checks);
    set("matches", cost.matches);
    set("ticks", cost.ticks);
    set("worstTicks", cost.worst_ticks);
    rules.Set(place, row);
  }
  return rules;
}

Napi::Object summary_object(Napi::Env env, const pipeline::FileRunResult& result) {
  Napi::Object summary = stats_object(env, result.counters, {.kernel_packets = result.frames});
  const auto set = [&](const char* name, double value) {
    summary.Set(name, Napi::Number::New(env, value));
  };
  set("packets", static_cast<double>(result.frames));
  set("bytes", static_cast<double>(result.bytes));
  set("firstPacketMs", static_cast<double>(result.first_packet) / 1e6);
  set("lastPacketMs", static_cast<double>(result.last_packet) / 1e6);
  set("wallSeconds", result.wall_seconds);
  set("loadSeconds", result.load_seconds);
  set("rulesLoaded", static_cast<double>(result.rules.loaded));
  if (result.signature_octets > 0)
    set("signatureBytes", static_cast<double>(result.signature_octets));
  set("rulesRefused", static_cast<double>(result.rules.refused));
  summary.Set("rulesNotMatched", texts_of(env, result.rules.reasons));
  if (result.rule_set != nullptr) summary.Set("ruleProfile", profile_array(env, result));
  if (!result.fault.code.empty()) {
    summary.Set("faultCode", result.fault.code);
    summary.Set("faultMessage", result.fault.message);
  }
  return summary;
}

void finish(Napi::Env env, Napi::Function, ReadJob* data) {
  std::unique_ptr<ReadJob> job(data);
  napi_remove_env_cleanup_hook(env, &ReadJob::cancel, job.get());
  job->thread.join();
  job->on_done.Call({summary_object(env, job->result)});
}

void run(ReadJob* job) {
  const auto progress = [job](const pipeline::Progress& done) {
    auto* copy = new pipeline::Progress(done);
    const auto tell = [job](Napi::Env env, Napi::Function, pipeline::Progress* told) {
      const std::unique_ptr<pipeline::Progress> owner(told);
      job->on_progress.Call({Napi::Number::New(env, static_cast<double>(told->bytes)),
                             Napi::Number::New(env, static_cast<double>(told->total_bytes)),
                             Napi::Number::New(env, static_cast<double>(told->packets))});
    };
    if (job->to_js.NonBlockingCall(copy, tell) != napi_ok) delete copy;
    return !job->stop.load(std::memory_order_relaxed);
  };
  job->result = pipeline::run_file(job->options, progress);
  // After this call the job belongs to JavaScript's thread, which joins this one.
  Napi::ThreadSafeFunction to_js = job->to_js;
  if (!job->stop.load(std::memory_order_relaxed)) to_js.NonBlockingCall(job, finish);
  to_js.Release();
}

}  // namespace

Napi::Value read_file(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto object = info[0].As<Napi::Object>();
  auto job = std::make_unique<ReadJob>();
  job->options.path = text_of(object, "path");
  job->options.eve_path = text_of(object, "evePath");
  job->options.bundle_path = text_of(object, "bundlePath");
  job->options.pattern_cache = text_of(object, "patternCache");
  job->options.profile = object.Get("profile").ToBoolean();
  job->options.engine = engine_config(object.Get("engine").As<Napi::Object>());
  job->on_progress = Napi::Persistent(info[1].As<Napi::Function>());
  job->on_done = Napi::Persistent(info[2].As<Napi::Function>());
  job->env = env;
  // Made before the cleanup hook: hooks run last made first, so the thread is gone before its
  // channel.
  job->to_js =
      Napi::ThreadSafeFunction::New(env, info[2].As<Napi::Function>(), "netmoth.read", 0, 1);
  ReadJob* started = job.release();
  started->thread = std::thread(run, started);
  napi_add_env_cleanup_hook(env, &ReadJob::cancel, started);
  return env.Undefined();
}

}  // namespace netmoth::addon
