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

Lookup lookup_of(const flow::Flow& flow, flow::Correlation wanted, TimestampNs moment) {
  return {.client = host(flow.key.source, flow.key.ip_version),
          .server = host(flow.key.destination, flow.key.ip_version),
          .as_of = flow.as_of,
          .moment = moment,
          .wanted = wanted};
}

}  // namespace

Labeller::Labeller(const DnsShare& share, LabelTaker& taker)
    : share_(share),
      taker_(taker),
      lead_until_(share.progress == nullptr ? kNever : std::numeric_limits<TimestampNs>::min()),
      names_(kNameBytes),
      late_(share.progress == nullptr ? nullptr : std::make_unique<LateLabels>()) {}

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
  settle();  // what is learnt now came later
  const bool to_client = direction == Direction::kToClient;
  const Address& client = to_client ? flow.key.source : flow.key.destination;
  learn_from(message, host(client, flow.key.ip_version), time, *share_.cache);
}

void Labeller::correlate(flow::FlowLabel& label, const Lookup& lookup,
                         std::string_view lower_name) {
  drop_domain(label);
  label.correlated = lookup.wanted;
  DnsMatch match;
  share_.cache->find(lookup.client, lookup.server, lookup.as_of, lower_name, match, lookup.moment);
  if (match.confidence == Confidence::kNone) return;
  label.domain = names_.intern(match.domain());
  if (label.domain == kNoName) {
    ++names_refused_;
    return;
  }
  label.resolved_at = match.resolved_at;
  label.confidence = static_cast<std::uint8_t>(match.confidence);
}

void Labeller::drop_domain(flow::FlowLabel& label) {
  if (label.domain != kNoName) names_.release(label.domain);
  label.domain = kNoName;
  label.confidence = static_cast<std::uint8_t>(Confidence::kNone);
}

void Labeller::release(flow::Flow& flow) {
  if (flow.label.late())
    late_->forget(flow);
  else
    drop_domain(flow.label);
  flow.label = {};
}

bool Labeller::is_late(const flow::Flow& flow, flow::Correlation wanted) {
  if (share_.progress == nullptr) return false;
  if (flow.label.late()) return true;
  return flow.label.correlated < wanted && !passed(flow.as_of);
}

// The name is kept, lower-cased, until the answer. Where there is no room for the question all
// others are answered first.
std::uint64_t Labeller::ask_later(flow::Flow& flow, Question question, std::string_view spoken,
                                  bool wants_ticket) {
  if (late_->full()) settle_all();
  question.lookup = lookup_of(flow, question.lookup.wanted, now_);
  const LowerName name(spoken);
  question.spoken = names_.intern(name.view());
  if (question.spoken == kNoName && !name.view().empty()) ++names_refused_;
  return late_->ask(flow, question, wants_ticket);
}

void Labeller::answer_first() {
  const Question& question = late_->first();
  flow::FlowLabel& label = late_->first_label();
  if (question.anew || label.correlated < question.lookup.wanted)
    correlate(label, question.lookup, names_.text(question.spoken));
  if (question.ticket != 0) {
    FlowLabels labels =
        question.at_end ? tell_end(label) : tell(label, question.by_name, question.by_fingerprint);
    taker_.take_labels(question.ticket, labels);
  }
  if (question.spoken != kNoName) names_.release(question.spoken);
  flow::FlowLabel left = late_->answered();
  drop_domain(left);
}

void Labeller::settle_all() {
  publish();
  while (has_late()) {
    share_.progress->await(share_.worker, late_->first().lookup.as_of);
    answer_first();
  }
}

// Runs once a packet that is too far ahead.
void Labeller::wait_for_others() {
  publish();
  share_.progress->await(share_.worker, now_ - kMaxLead);
  others_at_ = share_.progress->others(share_.worker);
  lead_until_ = others_at_ > kNever - kMaxLead ? kNever : others_at_ + kMaxLead;
}

void Labeller::look_up(flow::Flow& flow) {
  // A late one is looked for by the questions that are open, unless it was turned since.
  const flow::Correlation state = flow.label.correlated;
  if (state >= flow::Correlation::kByAddress && state != flow::Correlation::kLateTurned) return;
  if (is_late(flow, flow::Correlation::kByAddress))
    ask_later(flow, {}, {}, false);
  else
    correlate(flow.label, lookup_of(flow, flow::Correlation::kByAddress, now_), {});
}

FlowLabels Labeller::labels_of(const flow::FlowLabel& label, ApplicationId application) const {
  FlowLabels labels;
  labels.application = correlate::application(application);
  if (label.domain == kNoName) return labels;
  labels.confidence = static_cast<Confidence>(label.confidence);
  labels.resolved_at = label.resolved_at;
  labels.domain = names_.text(label.domain);
  return labels;
}

FlowLabels Labeller::tell(flow::FlowLabel& label, ApplicationId by_name,
                          ApplicationId by_fingerprint) {
  ApplicationId id = by_name;
  if (id == kUnknownApplication) id = application_by_name(names_.text(label.domain));
  if (id == kUnknownApplication) id = by_fingerprint;
  // Requests of one connection may go to several hosts: the flow is called after the first known
  // one.
  if (label.application == kUnknownApplication) label.application = id;
  return labels_of(label, id != kUnknownApplication ? id : label.application);
}

FlowLabels Labeller::tell_end(flow::FlowLabel& label) {
  if (label.application == kUnknownApplication)
    label.application = application_by_name(names_.text(label.domain));
  return labels_of(label, label.application);
}

FlowLabels Labeller::of_event(flow::Flow& flow, const Spoken& spoken) {
  const auto wanted =
      spoken.name.empty() ? flow::Correlation::kByAddress : flow::Correlation::kByName;
  const ApplicationId by_name = application_by_name(spoken.name);
  ApplicationId by_fingerprint = kUnknownApplication;
  if (by_name == kUnknownApplication) {
    by_fingerprint = application_by_fingerprint(spoken.ja4);
    if (by_fingerprint == kUnknownApplication)
      by_fingerprint = application_by_fingerprint(spoken.ja3_hash);
  }
  if (is_late(flow, wanted)) {
    FlowLabels later;
    later.ticket = ask_later(
        flow, {.lookup = {.wanted = wanted}, .by_name = by_name, .by_fingerprint = by_fingerprint},
        spoken.name, true);
    return later;
  }
  if (flow.label.correlated < wanted)
    correlate(flow.label, lookup_of(flow, wanted, now_), LowerName(spoken.name).view());
  return tell(flow.label, by_name, by_fingerprint);
}

FlowLabels Labeller::of_end(flow::Flow& flow) {
  if (is_late(flow, flow::Correlation::kByAddress)) {
    FlowLabels later;
    later.ticket = ask_later(flow, {.at_end = true}, {}, true);
    return later;
  }
  look_up(flow);
  return tell_end(flow.label);
}

}  // namespace netmoth::correlate
