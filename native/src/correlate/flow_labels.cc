#include "correlate/flow_labels.h"

#include "correlate/dns_learn.h"
#include "protocols/http_transaction.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_handshake.h"

namespace netmoth::correlate {
namespace {

Host host(const Address& address, std::uint8_t ip_version) {
  return {address, ip_version};
}

}  // namespace

Spoken spoken_of(const protocols::Record& record) {
  switch (record.kind) {
    case protocols::RecordKind::kTls: {
      const auto& tls = static_cast<const protocols::TlsHandshake&>(record);
      return {tls.sni, tls.ja4, tls.ja3_hash};
    }
    case protocols::RecordKind::kHttp:
      return {static_cast<const protocols::HttpTransaction&>(record).hostname, {}, {}};
    case protocols::RecordKind::kQuic: {
      const auto& quic = static_cast<const protocols::QuicInitial&>(record);
      return {quic.sni, quic.ja4, quic.ja3_hash};
    }
    default:
      return {};
  }
}

void Labeller::learn(const flow::Flow& flow, Direction direction,
                     const protocols::DnsMessage& message, TimestampNs time) {
  const bool to_client = direction == Direction::kToClient;
  const Address& client = to_client ? flow.key.source : flow.key.destination;
  learn_from(message, host(client, flow.key.ip_version), time, *share_.cache);
}

void Labeller::correlate(flow::Flow& flow, std::string_view spoken) {
  const auto wanted = spoken.empty() ? flow::Correlation::kByAddress : flow::Correlation::kByName;
  if (flow.correlated >= wanted) return;
  release(flow);
  flow.correlated = wanted;
  const LowerName name(spoken);
  DnsMatch match;
  if (share_.progress != nullptr) {
    share_.progress->reach(share_.worker, now_);
    share_.progress->await(share_.worker, flow.as_of);
  }
  const Host client = host(flow.key.source, flow.key.ip_version);
  const Host server = host(flow.key.destination, flow.key.ip_version);
  share_.cache->find(client, server, flow.as_of, name.view(), match);
  if (match.confidence == Confidence::kNone) return;
  flow.domain = names_.intern(match.domain());
  if (flow.domain == kNoName) {
    ++names_refused_;
    return;
  }
  flow.resolved_at = match.resolved_at;
  flow.confidence = static_cast<std::uint8_t>(match.confidence);
}

void Labeller::release(flow::Flow& flow) {
  if (flow.domain != kNoName) names_.release(flow.domain);
  flow.domain = kNoName;
  flow.confidence = static_cast<std::uint8_t>(Confidence::kNone);
}

FlowLabels Labeller::labels_of(const flow::Flow& flow, ApplicationId application) const {
  FlowLabels labels;
  labels.application = correlate::application(application);
  if (flow.domain == kNoName) return labels;
  labels.confidence = static_cast<Confidence>(flow.confidence);
  labels.resolved_at = flow.resolved_at;
  labels.domain = names_.text(flow.domain);
  return labels;
}

FlowLabels Labeller::of_event(flow::Flow& flow, const Spoken& spoken) {
  correlate(flow, spoken.name);
  ApplicationId id = application_by_name(spoken.name);
  if (id == kUnknownApplication) id = application_by_name(names_.text(flow.domain));
  if (id == kUnknownApplication) id = application_by_fingerprint(spoken.ja4);
  if (id == kUnknownApplication) id = application_by_fingerprint(spoken.ja3_hash);
  // Requests of one connection may go to several hosts: the flow is called after the first known
  // one.
  if (flow.application == kUnknownApplication) flow.application = id;
  return labels_of(flow, id != kUnknownApplication ? id : flow.application);
}

FlowLabels Labeller::of_end(flow::Flow& flow) {
  correlate(flow, {});
  if (flow.application == kUnknownApplication)
    flow.application = application_by_name(names_.text(flow.domain));
  return labels_of(flow, flow.application);
}

}  // namespace netmoth::correlate
