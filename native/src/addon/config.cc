#include "addon/config.h"

#include <optional>

#include "pipeline/memory_model.h"

namespace netmoth::addon {

std::uint32_t number_of(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::Number>().Uint32Value();
}

std::string text_of(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::String>().Utf8Value();
}

Napi::Array texts_of(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array list = Napi::Array::New(env, texts.size());
  for (std::uint32_t i = 0; i < texts.size(); ++i)
    list.Set(i, Napi::String::New(env, texts[i]));
  return list;
}

namespace {

// "dns", "dns/tcp"; native/lib has checked the names.
protocols::ProtocolSet protocol_set(const Napi::Array& names) {
  using protocols::Transport;
  protocols::ProtocolSet set;
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const std::string text = names.Get(i).As<Napi::String>().Utf8Value();
    const std::size_t slash = text.find('/');
    const auto proto = protocols::app_proto_of(text.substr(0, slash));
    if (!proto.has_value()) continue;
    const std::string_view transport =
        slash == std::string::npos ? "" : std::string_view(text).substr(slash + 1);
    if (transport != "udp") {
      set.add(*proto, Transport::kTcp);
      set.add(*proto, Transport::kSctp);
    }
    if (transport != "tcp") set.add(*proto, Transport::kUdp);
  }
  return set;
}

// native/lib has checked the names; none: those of extended.
output::TlsFields tls_fields(const Napi::Array& names) {
  if (names.Length() == 0) return output::TlsFields::extended();
  output::TlsFields fields;
  for (std::uint32_t i = 0; i < names.Length(); ++i)
    (void)fields.add(names.Get(i).As<Napi::String>().Utf8Value());
  return fields;
}

// "10.0.0.0/8=windows"; native/lib has checked the form.
base::HostPolicies host_policies(const Napi::Array& networks) {
  std::vector<base::HostPolicies::Network> parsed;
  for (std::uint32_t i = 0; i < networks.Length(); ++i) {
    const std::string text = networks.Get(i).As<Napi::String>().Utf8Value();
    if (const auto network = base::HostPolicies::network_of(text)) parsed.push_back(*network);
  }
  return base::HostPolicies(std::move(parsed));
}

// Of `timeouts`, and of `emergency`, which has the same members.
flow::FlowTimeouts timeouts_of(const Napi::Object& object) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  const auto seconds = [&](const char* name) { return number_of(object, name) * kSecond; };
  return {.tcp_new = seconds("tcpNewSeconds"),
          .tcp_established = seconds("tcpEstablishedSeconds"),
          .tcp_closed = seconds("tcpClosedSeconds"),
          .udp_new = seconds("udpNewSeconds"),
          .udp_established = seconds("udpEstablishedSeconds"),
          .icmp = seconds("icmpSeconds"),
          .other = seconds("otherSeconds")};
}

}  // namespace

pipeline::EngineConfig engine_config(const Napi::Object& object) {
  pipeline::EngineConfig config;
  config.max_flows = number_of(object, "maxFlows");
  config.reassembly_bytes = std::size_t{number_of(object, "reassemblyMiB")} << 20;
  config.defrag_bytes = std::size_t{number_of(object, "defragMiB")} << 20;
  config.defrag_policy = decode::defrag_policy_of(text_of(object, "defragPolicy"));
  config.disabled_protocols = protocol_set(object.Get("disabledProtocols").As<Napi::Array>());
  config.validate_checksums = text_of(object, "checksums") == "validate";
  config.overlap_policy =
      base::host_policy_of(text_of(object, "overlapPolicy")).value_or(config.overlap_policy);
  config.host_policies = host_policies(object.Get("hostPolicies").As<Napi::Array>());
  config.midstream = object.Get("midstream").ToBoolean();
  config.midstream_tls = object.Get("midstreamTls").ToBoolean();
  config.async_oneside = object.Get("asyncOneside").ToBoolean();
  config.dns_version = object.Get("dnsVersion").As<Napi::Number>().Int32Value();
  const auto eve = object.Get("eve").As<Napi::Object>();
  config.eve.community_id = eve.Get("communityId").ToBoolean();
  config.eve.community_id_seed = static_cast<std::uint16_t>(number_of(eve, "communityIdSeed"));
  config.eve.ethernet = eve.Get("ethernet").ToBoolean();
  config.eve.flow_profile = eve.Get("flowProfile").ToBoolean();
  config.eve.http_extended = eve.Get("httpExtended").ToBoolean();
  config.eve.certificate_sha256 = eve.Get("certificateSha256").ToBoolean();
  const auto alert = eve.Get("alert").As<Napi::Object>();
  const auto asked = [&](const char* name) { return alert.Get(name).ToBoolean().Value(); };
  config.eve.alert = {.payload = asked("payload"),
                      .payload_printable = asked("payloadPrintable"),
                      .payload_length = asked("payloadLength"),
                      .packet = asked("packet"),
                      .metadata = asked("metadata"),
                      .verdict = asked("verdict"),
                      .rule = asked("rule"),
                      .tagged_packets = asked("taggedPackets"),
                      .http_body = asked("httpBody"),
                      .http_body_printable = asked("httpBodyPrintable")};
  config.eve.tls_fields = tls_fields(eve.Get("tlsFields").As<Napi::Array>());
  config.snap_length = number_of(object, "snapLength");
  config.stats_interval_seconds = number_of(object, "statsIntervalSeconds");
  config.dns_cache_entries = number_of(object, "dnsCacheEntries");
  const auto files = object.Get("files").As<Napi::Object>();
  const auto wanted = [&](const char* name) { return files.Get(name).ToBoolean().Value(); };
  config.file_events = wanted("events");
  config.file_digests = {wanted("md5"), wanted("sha1"), wanted("sha256")};
  config.file_magic = wanted("magic");
  if (const std::uint32_t most = number_of(object, "packetAlertMax"); most > 0)
    config.packet_alert_max = most;
  config.rule_state_entries = number_of(object, "ruleStateEntries");
  config.workers = number_of(object, "workers");
  config.session_bytes = std::size_t{number_of(object, "sessionMiB")} << 20;
  config.rule_stream_bytes = std::size_t{number_of(object, "ruleStreamMiB")} << 20;
  config.codec_bytes = std::size_t{number_of(object, "decompressionMiB")} << 20;
  config.timeouts = timeouts_of(object.Get("timeouts").As<Napi::Object>());
  const auto emergency = object.Get("emergency").As<Napi::Object>();
  config.emergency.timeouts = timeouts_of(emergency);
  config.emergency.recovery_percent = number_of(emergency, "recoveryPercent");
  return config;
}

Napi::Value memory_when_full_of(const Napi::CallbackInfo& call) {
  const pipeline::EngineConfig config = engine_config(call[0].As<Napi::Object>());
  const std::size_t workers = call[1].As<Napi::Number>().Uint32Value();
  // What rules and lists take; absent: there are none.
  const Napi::Value signatures = call[2];
  const std::optional<std::size_t> held =
      signatures.IsNumber() ? std::optional<std::size_t>(signatures.As<Napi::Number>().Int64Value())
                            : std::nullopt;
  const std::size_t octets = pipeline::memory_when_full(config, workers, held).total();
  return Napi::Number::New(call.Env(), static_cast<double>(octets));
}

Napi::Object stats_object(Napi::Env env, const pipeline::WorkerCounters& counters,
                          const output::CaptureRecord& capture) {
  Napi::Object stats = Napi::Object::New(env);
  const auto set = [&](const char* name, std::uint64_t value) {
    stats.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("kernelPackets", capture.kernel_packets);
  set("kernelDrops", capture.kernel_drops);
  set("filteredPackets", capture.filtered);
  set("shuntedPackets", capture.shunted);
  set("shuntedBytes", capture.shunted_bytes);
  set("shuntedFlows", capture.shunted_flows);
  set("sampledOutPackets", capture.sampled_out);
  set("payloadsLeft", capture.payloads_left);
  set("overloadLevel", capture.overload_level);
  set("sampledOneIn", capture.sampled_one_in);
  set("nicPackets", capture.nic_packets);
  set("nicDrops", capture.nic_drops);
  set("interfaceChanges", capture.interface_changes);
  set("decodedPackets", counters.packets);
  set("decodedBytes", counters.bytes);
  set("invalidPackets", counters.invalid);
  set("flowsTotal", counters.flows.created);
  set("flowsActive", counters.flows.active);
  set("flowsEvicted", counters.flows.evicted_total());
  set("flowsEvictedNew", counters.flows.evicted[0]);
  set("flowsEvictedEstablished", counters.flows.evicted[1]);
  set("flowsEvictedClosed", counters.flows.evicted[2]);
  set("flowEmergencies", counters.flows.emergencies_entered);
  set("flowEmergenciesOver", counters.flows.emergencies_over);
  set("fragments", counters.fragments);
  set("datagramsReassembled", counters.defrag.reassembled);
  set("datagramsTimedOut", counters.defrag.timeouts);
  set("datagramsEvicted", counters.defrag.evictions);
  set("fragmentsRefused", counters.defrag.refused);
  set("fragmentOverlaps", counters.defrag.overlaps);
  set("dnsCacheEntries", counters.dns.entries);
  set("dnsCacheEvicted", counters.dns.evicted);
  set("dnsCacheRefused", counters.dns.refused);
  set("dnsCacheLookups", counters.dns.lookups);
  set("dnsCacheHits", counters.dns.hits);
  set("reassemblyGaps", counters.streams.gaps);
  set("reassemblyDrops", counters.streams.dropped_segments);
  set("reassemblyEarlyBytes", counters.streams.early_bytes);
  set("reassemblyOverlaps", counters.streams.overlaps);
  set("sessionsRefused", counters.memory.sessions_refused);
  set("sessionsDropped", counters.memory.sessions_dropped);
  set("ruleStreamEarlyBytes", counters.detect.stream_octets_early);
  set("decompressionRefused", counters.memory.codecs_refused);
  set("anomaliesSuppressed", counters.limits.anomalies);
  set("listAlertsSuppressed", counters.limits.list_alerts);
  set("flowLabelsRefused", counters.limits.flow_labels);
  set("flowNamesRefused", counters.detect.names_refused);
  Napi::Object memory = Napi::Object::New(env);
  const auto held = [&](const char* name, std::uint64_t octets) {
    memory.Set(name, Napi::Number::New(env, static_cast<double>(octets)));
  };
  held("flows", counters.flows.memory_bytes);
  held("sessions", counters.memory.sessions);
  held("reassembly", counters.memory.reassembly);
  held("defrag", counters.memory.defrag);
  held("ruleStreams", counters.memory.rule_streams);
  held("decompression", counters.memory.codecs);
  held("dnsCache", counters.dns.memory_bytes);
  stats.Set("memoryBytes", memory);
  set("eventsMade", counters.events_made);
  set("eventsDropped", counters.events_dropped);
  Napi::Object by_type = Napi::Object::New(env);
  for (std::size_t i = 0; i < output::kEventTypes; ++i) {
    if (counters.events_by_type[i] == 0) continue;
    by_type.Set(std::string(output::event_type_name(static_cast<output::EventType>(i))),
                Napi::Number::New(env, static_cast<double>(counters.events_by_type[i])));
  }
  stats.Set("eventsByType", by_type);
  return stats;
}

}  // namespace netmoth::addon
