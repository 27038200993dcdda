#include "pipeline/worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "flow/tcp_track.h"
#include "protocols/ftp_data_parser.h"

namespace netmoth::pipeline {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kSyn;

constexpr std::uint16_t kFirstUnprivilegedPort = 1024;

// The start was not seen: the end with the well-known port is taken for the server.
bool looks_like_reply(const decode::Packet& packet) {
  switch (packet.protocol) {
    case ip_proto::kTcp:
      if ((packet.tcp.flags & kSyn) != 0) return (packet.tcp.flags & kAck) != 0;
      break;
    case ip_proto::kUdp:
      break;
    default:
      return false;
  }
  return packet.source_port < kFirstUnprivilegedPort && packet.source_port != 0 &&
         packet.destination_port >= kFirstUnprivilegedPort;
}

bool is_icmp(std::uint8_t protocol) {
  return protocol == ip_proto::kIcmp || protocol == ip_proto::kIcmpV6;
}

}  // namespace

decode::DecoderOptions decoder_options(const EngineConfig& config, std::uint64_t seed) {
  return {.validate_checksums = config.validate_checksums,
          .defrag = {.memory_bytes = config.defrag_bytes, .seed = seed},
          .defrag_policy = config.defrag_policy,
          .host_policies = config.host_policies};
}

Worker::Worker(const EngineConfig& config, output::EventWriter& writer, std::uint64_t seed,
               const RunShare& share)
    : config_(config),
      writer_(writer),
      front_(decoder_options(config, seed)),
      codec_memory_(config.codec_bytes),
      content_{.files = false, .digests = {}, .magic = nullptr, .memory = &codec_memory_},
      indicators_(config.indicators, writer),
      session_memory_(config.session_bytes),
      sessions_({.reassembly_bytes = config.reassembly_bytes,
                 .overlap_policy = config.overlap_policy,
                 .host_policies = config.host_policies,
                 .disabled = config.disabled_protocols,
                 .midstream = config.midstream,
                 .midstream_tls = config.midstream_tls,
                 .async_oneside = config.async_oneside},
                *this, *this, session_memory_),
      own_dns_(share.dns.cache == nullptr
                   ? std::make_unique<correlate::DnsCache>(config.dns_cache_entries, seed)
                   : nullptr),
      labeller_(share.dns.cache == nullptr ? correlate::DnsShare{own_dns_.get()} : share.dns,
                writer),
      own_expectations_(share.expectations == nullptr
                            ? std::make_unique<protocols::ExpectationTable>()
                            : nullptr),
      expectations_(share.expectations == nullptr ? *own_expectations_ : *share.expectations),
      own_hosts_(share.hosts == nullptr
                     ? std::make_unique<detect::HostState>(seed, config.rule_state_entries)
                     : nullptr),
      detector_(*this, share.hosts == nullptr ? *own_hosts_ : *share.hosts, config.packet_alert_max,
                config.rule_stream_bytes),
      turn_(share.ends == nullptr ? nullptr : share.dns.progress, share.ends, share.dns.worker),
      table_(config.max_flows, config.timeouts, seed, *this, config.emergency),
      shunted_(share.shunt),
      shunt_after_(share.shunt == nullptr ? std::numeric_limits<std::uint64_t>::max()
                                          : kShuntAfterPackets),
      decoded_(kBatchFrames) {
  if (config.rules != nullptr) (void)detector_.use(config.rules, !config.compile_on_use);
  detector_.measure_into(config.profile);
  if (config.eve.flow_profile) profiles_.emplace(table_.capacity());
  detector_.keep_bodies(config.eve.alert.http_body || config.eve.alert.http_body_printable);
  want_contents();
  // Those that match hold them, as long as they do.
  config_.rules.reset();
  config_.indicators.reset();
}

Worker::~Worker() = default;

void Worker::process(std::span<const decode::Frame> frames) {
  if (sampling_ != 0) [[unlikely]]
    return process_sample(frames);
  process_all(frames);
}

void Worker::process_all(std::span<const decode::Frame> frames) {
  std::array<std::uint32_t, kBatchFrames> hashes{};
  const std::size_t count = std::min(frames.size(), kBatchFrames);
  for (std::size_t i = 0; i < count; ++i) {
    front_.decode(frames[i], decoded_[i]);
    const auto packets = decoded_[i].packets();
    if (packets.empty() || packets[0].ip_version == 0) continue;
    hashes[i] = table_.hash(flow::key_of(packets[0]));
    table_.prefetch_bucket(hashes[i]);
  }
  for (std::size_t i = 0; i < count; ++i)
    table_.prefetch_flow(hashes[i]);
  for (std::size_t i = 0; i < count; ++i)
    handle(decoded_[i], hashes[i]);
  shunted_.fold(table_, now_);
  if (labeller_.has_late()) keep_up();
}

void Worker::handle(const decode::DecodedFrame& frame, std::uint32_t first_hash) {
  advance(front_.advance(frame.packets()[0].time));
  std::uint32_t hash = first_hash;
  for (const decode::Packet& packet : frame.packets()) {
    enter(packet, packet.tunnel_depth == 0 ? nullptr : frame.packets().data());
    if (!belongs_to_a_flow(packet)) {
      if (detector_.rules() != nullptr) detect_alone(packet);
      continue;
    }
    if (&packet != frame.packets().data()) hash = table_.hash(flow::key_of(packet));
    if (!packet.has_quoted || !handle_quoting(packet)) handle_packet(packet, hash);
  }
  for (const decode::Anomaly& anomaly : frame.anomalies()) {
    const bool told = front_.tells(anomaly);
    if (!told && !detector_.wants_events()) continue;
    const decode::Packet& packet = packet_of(anomaly, frame.packets());
    enter(packet, packet.tunnel_depth == 0 ? nullptr : frame.packets().data());
    tell_decode_anomaly(anomaly.event, told);
  }
  expire();
}

void Worker::enter(const decode::Packet& packet, const decode::Packet* outermost) {
  current_packet_ = packet.number;
  packet_ = &packet;
  outermost_ = outermost;
}

// Of the packet at hand, and of the flow it belongs to.
void Worker::tell_decode_anomaly(decode::DecodeEvent event, bool told) {
  output::EventContext about;
  about.time = now_;
  about.packet_number = current_packet_;
  about.packet = packet_;
  about.outermost = outermost_;
  if (belongs_to_a_flow(*packet_)) {
    const flow::FlowKey key = flow::key_of(*packet_);
    about.flow = table_.find(key, table_.hash(key)).flow;
  }
  const std::string_view name = decode::decode_event_name(event);
  if (detector_.rules() != nullptr) detect_decode_event(about.flow, name);
  if (told) writer_.decode_anomaly(about, name);
}

void Worker::keep_up() {
  labeller_.settle();
  if (writer_.late_batches() >= output::kMaxLateBatches) labeller_.settle_all();
}

void Worker::advance(const FrameClock& clock) {
  if (in_order()) end_flows_before(clock.order);
  turn_.begin_packet(clock.order);
  now_ = clock.now;
  order_ = clock.order;
  labeller_.advance(order_);
  table_.advance(now_);
}

flow::FlowTable::Match Worker::find_alive(const flow::FlowKey& key, std::uint32_t hash) {
  for (;;) {
    const flow::FlowTable::Match match = table_.find(key, hash);
    if (match.flow == nullptr || !table_.is_due(*match.flow, now_)) return match;
    table_.end(*match.flow, flow::EndReason::kTimeout);
  }
}

// An error belongs to the flow it quotes and travels against the quoted packet.
bool Worker::handle_quoting(const decode::Packet& packet) {
  const flow::FlowKey quoted = flow::key_of_quoted(packet);
  const flow::FlowTable::Match match = find_alive(quoted, table_.hash(quoted));
  if (match.flow == nullptr) return false;
  const std::size_t way = index_of(opposite(match.direction));
  ++match.flow->packets[way];
  match.flow->bytes[way] += packet.captured_length;
  if (detector_.rules() != nullptr) detect_error(*match.flow, opposite(match.direction));
  table_.touch(*match.flow, packet.time);
  return true;
}

void Worker::handle_packet(const decode::Packet& packet, std::uint32_t hash) {
  flow::FlowKey key = flow::key_of(packet);
  flow::FlowTable::Match match = find_alive(key, hash);
  if (match.flow != nullptr && packet.protocol == ip_proto::kTcp &&
      flow::is_reuse(*match.flow, packet.tcp)) {
    table_.end(*match.flow, flow::EndReason::kTcpReuse);
    match.flow = nullptr;
  }
  Direction direction = match.direction;
  flow::Flow& flow = match.flow != nullptr ? *match.flow : open_flow(packet, key, hash, direction);
  const std::size_t way = index_of(direction);
  ++flow.packets[way];
  flow.bytes[way] += packet.captured_length;
  if (direction == Direction::kToClient && !flow.reply_vlan_known) {
    flow.reply_vlan = key.vlan;
    flow.reply_vlan_known = true;
  }
  if (profiles_) remember_beginning(flow, direction, packet);
  if (outermost_ != nullptr || config_.eve.ethernet) remember_route(flow, direction, packet);
  current_flow_ = &flow;
  current_direction_ = direction;
  labeller_.on_packet(flow);
  if (flow.shunt != 0) [[unlikely]]
    resume(flow, direction, packet);
  if (match.flow == nullptr && indicators_.active()) indicators_.on_flow(context(direction));
  if (detector_.rules() != nullptr) detector_.begin();
  if (leaves_payload(flow, packet)) [[unlikely]]
    ++payloads_left_;
  else if (flow.inspect || detector_.rules() != nullptr)
    inspect(flow, direction, packet);
  else
    handle_payload(flow, direction, packet);
  if (detector_.rules() != nullptr) tell_tagged(direction);
  table_.touch(flow, packet.time);
  if (flow.packets[0] + flow.packets[1] >= shunt_after_) [[unlikely]]
    shunt_if_done(flow);
  if (flow.bypassed && flow.eve_state() == flow::EveFlowState::kClosed) [[unlikely]]
    shunted_.hand_back(flow);
  current_flow_ = nullptr;
}

void Worker::handle_payload(flow::Flow& flow, Direction direction, const decode::Packet& packet) {
  bool in_stream = false;
  if (packet.protocol == ip_proto::kTcp)
    in_stream = sessions_.on_segment(flow, direction, packet, now_);
  else
    handle_datagram(flow, direction, packet);
  if (detector_.rules() != nullptr) detect_packet(flow, in_stream);
}

flow::Flow& Worker::open_flow(const decode::Packet& packet, flow::FlowKey key, std::uint32_t hash,
                              Direction& direction) {
  direction = Direction::kToServer;
  const bool reply = looks_like_reply(packet);
  if (reply) {
    key = key.reversed();
    direction = Direction::kToClient;
  }
  flow::Flow& flow = table_.create(key, hash, {packet.time, packet.number});
  flow.as_of = order_;
  flow.inspect = packet.protocol == ip_proto::kTcp || packet.protocol == ip_proto::kUdp;
  flow.sampled = sampling_;
  return flow;
}

void Worker::handle_datagram(flow::Flow& flow, Direction direction, const decode::Packet& packet) {
  flow::track_datagram(flow);
  if (is_icmp(packet.protocol)) {
    const bool request = direction == Direction::kToServer;
    (request ? flow.icmp_type : flow.reply_icmp_type) = packet.icmp_type;
    (request ? flow.icmp_code : flow.reply_icmp_code) = packet.icmp_code;
    return;
  }
  // A wrong checksum does not keep a datagram from its parser: unlike a stream it cannot poison
  // what follows, and senders that leave the sum to their network card are common (so does
  // Suricata).
  if (!flow.inspect || packet.payload.empty()) return;
  AppSession* const session = AppSession::of(flow, config_.disabled_protocols, session_memory_);
  if (session == nullptr) return;
  session->on_data(flow, current_direction_, packet.payload, now_, *this);
  if (session->wants_more()) return;
  flow.inspect = false;
  flow.attachment.reset();
}

void Worker::tune(const flow::FlowTimeouts& timeouts, const protocols::ProtocolSet& disabled) {
  table_.set_timeouts(timeouts);
  config_.disabled_protocols = disabled;
  sessions_.set_disabled(disabled);
}

void Worker::on_idle(TimestampNs now) {
  idle(front_.idle(now));
}

void Worker::idle(const FrameClock& clock) {
  advance(clock);
  labeller_.publish();
  shunted_.fold(table_, now_);
  expire();
  if (labeller_.has_late()) keep_up();
}

bool Worker::anomaly_allowed(std::string_view name) {
  if (ending_) return anomalies_.allow_at_end();
  return anomalies_.allow(current_flow_->share, name, now_);
}

output::EventContext Worker::context(Direction direction) const {
  return {current_flow_, now_, current_packet_, direction, {}, packet_, outermost_};
}

void Worker::on_record(Direction direction, const protocols::Record& record) {
  if (record.kind == protocols::RecordKind::kDns)
    labeller_.learn(*current_flow_, direction, static_cast<const protocols::DnsMessage&>(record),
                    order_);
  output::EventContext told = context(direction);
  if (indicators_.active()) indicators_.on_record(told, record);
  const bool file = record.kind == protocols::RecordKind::kFileinfo;
  if (file && detector_.rules() != nullptr) detector_.on_record(subject(direction), record);
  if (file && !config_.file_events) return;
  if (output::event_of(record.kind).labelled)
    told.labels = labeller_.of_event(*current_flow_, correlate::spoken_of(record));
  if (!file && detector_.rules() != nullptr) detector_.on_record(subject(direction), record);
  const base::HeapAside aside;  // buffers of events go on to other flows
  writer_.record(told, record);
}

void Worker::on_stream_event(Direction direction, std::string_view name) {
  if (detector_.rules() != nullptr) detector_.on_event(subject(direction), name);
  const base::HeapAside aside;
  if (anomaly_allowed(name)) writer_.stream_anomaly(context(direction), name);
}

void Worker::on_anomaly(protocols::AppProto proto, std::string_view event, Direction direction) {
  if (detector_.rules() != nullptr) {
    std::string name(protocols::app_proto_name(proto));
    name.append(".").append(event);
    detector_.on_event(subject(direction), name);
  }
  const base::HeapAside aside;
  if (anomaly_allowed(event)) writer_.app_anomaly(context(direction), proto, event);
}

void Worker::on_expectation(const protocols::Expectation& expectation) {
  const base::HeapAside aside;
  const flow::FlowKey& key = current_flow_->key;
  const bool active = expectation.server_opens;
  expectations_.add({active ? key.destination : key.source, active ? key.source : key.destination,
                     expectation.port, key.ip_version},
                    expectation, now_);
}

protocols::ExpectedParser Worker::take_expected() {
  const flow::FlowKey& key = current_flow_->key;
  // Nobody announces a well-known port; so most connections cost nothing here.
  if (key.destination_port < kFirstUnprivilegedPort) return {};
  // At the end of a flow the packet at hand is another's.
  if (announced_ == Announced::kNowhere || (announced_ == Announced::kElsewhere && !ending_))
    return {};
  labeller_.keep_together();
  auto transfer =
      expectations_.take({key.source, key.destination, key.destination_port, key.ip_version}, now_);
  if (!transfer) return {};
  return {protocols::AppProto::kFtpData,
          std::make_unique<protocols::FtpDataParser>(std::move(*transfer))};
}

std::optional<protocols::ExpectedTransfer> Worker::recall_expected() {
  labeller_.keep_together();
  const flow::FlowKey& key = current_flow_->key;
  return expectations_.recall({key.source, key.destination, key.destination_port, key.ip_version});
}

}  // namespace netmoth::pipeline
