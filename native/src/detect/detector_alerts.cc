// What a look finds: which rules match, which of them are told, and in which order. See detector.h.
#include <algorithm>

#include "detect/detector.h"
#include "detect/look.h"
#include "detect/transaction.h"

namespace netmoth::detect {
namespace {

bool is_tcp(const flow::Flow* flow) {
  return flow != nullptr && flow->key.protocol == ip_proto::kTcp;
}

bool is_pass(const Rule& rule) {
  return rule.action == Rule::Action::kPass;
}

}  // namespace

void Detector::check(std::span<const std::uint32_t> places, Look& look) {
  // A rule's effects may lead to other looks only through the sink, which must not call back.
  const Rule* pass = nullptr;
  for (const std::uint32_t place : places) {
    const Rule& rule = set_->rules()[place];
    ++counters_.rules_checked;
    if (!(profile_ == nullptr ? matches(rule, look) : measured(rule, place, look))) continue;
    found(rule, place, look);
    if (is_pass(rule)) {
      pass = &rule;
      break;
    }
  }
  for (Alert& alert : queue_) {
    alert.passed = pass != nullptr;
    alert.packet_variables = packet_variables_;
    sink_.on_alert(alert);
  }
  queue_.clear();
  if (pass == nullptr) return;
  // A rule on one packet's header lets that packet pass, every other one the flow.
  if (look.subject.flow != nullptr && (pass->kind != Rule::Kind::kPacket || pass->addresses_alone))
    state_of(*look.subject.flow).passed = true;
  else
    packet_passed_ = true;
}

bool Detector::measured(const Rule& rule, std::uint32_t place, Look& look) {
  const std::uint64_t begun = ticks_now();
  const bool matched = matches(rule, look);
  const std::uint64_t ticks = ticks_now() - begun;
  if (place >= profile_->size()) return matched;  // of a set that came later
  RuleCost& cost = (*profile_)[place];
  ++cost.checks;
  cost.matches += matched ? 1 : 0;
  cost.ticks += ticks;
  cost.worst_ticks = std::max(cost.worst_ticks, ticks);
  return matched;
}

void Detector::found(const Rule& rule, std::uint32_t place, Look& look) {
  if (look.window != nullptr) told_now_.push_back(place);
  if (rule.kind == Rule::Kind::kPayload) {
    const auto seen = static_cast<std::uint32_t>(place * 2 + index_of(look.direction));
    if (std::ranges::find(alerted_, seen) != alerted_.end()) return;
    alerted_.push_back(seen);
  }
  keep_captures(rule, look);
  for (const StateOperation& effect : rule.effects)
    carry_out(effect, look);
  if (is_pass(rule)) return;
  if (is_suppressed(rule, look)) {
    ++counters_.alerts_suppressed;
    return;
  }
  if (!rule.tags.empty()) add_tags(rule, look);
  if (rule.no_alert || packet_passed_) return;
  const flow::Flow* const flow = look.subject.flow;
  if (flow != nullptr && flow->detection != nullptr &&
      static_cast<const FlowState&>(*flow->detection).passed)
    return;
  queue_alert(rule, look);
}

bool Detector::is_suppressed(const Rule& rule, const Look& look) {
  if (rule.rates.empty() && rule.suppressions.empty()) return false;
  const int ip_version = look.ip_version();
  if (ip_version == 0) return false;
  const auto [source, destination] = look.ends();
  for (const Suppression& suppression : rule.suppressions) {
    if (suppression.covers(source, destination, ip_version)) return true;
  }
  RateSubject subject{std::uint64_t{rule.gid} << 32 | rule.sid,
                      0,
                      source,
                      destination,
                      look.subject.flow == nullptr ? 0 : look.subject.flow->id,
                      look.subject.now};
  for (; subject.place < rule.rates.size(); ++subject.place) {
    const Rate& rate = rule.rates[subject.place];
    if (rate.track != "by_flow") sink_.await_turn();
    if (!rate_allows(rate, subject, hosts_)) return true;
  }
  return false;
}

void Detector::add_tags(const Rule& rule, const Look& look) {
  const std::uint64_t number = std::uint64_t{rule.gid} << 32 | rule.sid;
  for (const Tag& tag : rule.tags) {
    bool added = true;
    if (tag.scope == Tag::Scope::kHost) {
      if (look.ip_version() == 0) continue;
      const auto [source, destination] = look.ends();
      sink_.await_turn();
      added =
          hosts_.tagged().add(tag.of_source ? source : destination, tag, number, look.subject.now);
    } else if (look.subject.flow != nullptr) {
      added = state_of(*look.subject.flow).tags.add(tag, number, look.subject.now);
    }
    if (!added) ++counters_.tags_refused;
  }
}

bool Detector::tags_packet(const Subject& subject) {
  if (set_ == nullptr || subject.packet == nullptr) return false;
  bool told = false;
  const decode::Packet& packet = *subject.packet;
  if (subject.flow != nullptr && subject.flow->detection != nullptr) {
    auto& state = static_cast<FlowState&>(*subject.flow->detection);
    if (!state.tags.empty()) told = state.tags.count_packet(packet.captured_length, subject.now);
  }
  if (set_->tags_hosts()) {
    sink_.await_turn();  // who else saw a host comes first
    if (!hosts_.tagged().empty())
      told = hosts_.tagged().count_packet(packet.source, packet.destination, packet.captured_length,
                                          subject.now) ||
             told;
  }
  counters_.packets_tagged += told ? 1 : 0;
  return told;
}

void Detector::queue_alert(const Rule& rule, const Look& look) {
  if (told_ >= most_alerts_) {
    ++counters_.alerts_discarded;
    return;
  }
  ++counters_.alerts;
  ++told_;
  if (look.subject.flow != nullptr) look.subject.flow->alerted = true;
  Alert& alert = queue_.emplace_back();
  alert.rule = &rule;
  alert.direction = look.direction;
  if (look.tx != nullptr) {
    alert.record = look.tx->record;
    alert.has_tx = true;
    alert.tx_id = tx_id_of(*look.tx->record);
    alert.files = look.tx->files;
    alert.bodies = look.tx->bodies;
  }
  alert.stream = look.in_stream || (look.tx != nullptr && is_tcp(look.subject.flow));
  alert.missing = look.missing;
  alert.payload = look.over_border ? look.with_tail.data : look.payload.data;
}

}  // namespace netmoth::detect
