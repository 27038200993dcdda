// Matches answers with questions by id and question. See dns_pending.h.
#include "protocols/dns_pending.h"

#include <algorithm>

namespace netmoth::protocols {
namespace {

// FNV-1a over the first question, in any case of letters (servers may answer in another one). Only
// tells apart questions that share an id, so nothing is won by finding two of one hash.
std::uint32_t hash_of(const DnsMessage& message) {
  const DnsQuestion& question = message.questions.front();
  std::uint32_t hash = 2'166'136'261U;
  const auto mix = [&hash](unsigned value) { hash = (hash ^ value) * 16'777'619U; };
  for (const char c : message.text(question.name)) {
    const unsigned value = static_cast<unsigned char>(c);
    mix(value >= 'A' && value <= 'Z' ? value | 0x20U : value);
  }
  mix(question.type);
  mix(question.klass);
  return hash;
}

}  // namespace

bool DnsPending::add(const DnsMessage& query, TimestampNs time) {
  if (query.questions.empty()) return true;
  const std::uint16_t type = query.questions.front().type;
  const bool transfer = type == dns_type::kAxfr || type == dns_type::kIxfr;
  const Entry entry{time, hash_of(query), query.id, transfer};
  if (entries_.size() < kMaxPending) {
    entries_.push_back(entry);
    return true;
  }
  *std::ranges::min_element(entries_, {}, &Entry::time) = entry;
  return false;
}

void DnsPending::match(DnsMessage& response, TimestampNs time) {
  // An error may come without its question (RFC 1035 §4.1.1 demands nothing): the id must do.
  const bool by_id = response.questions.empty();
  const std::uint32_t question = by_id ? 0 : hash_of(response);
  Entry* found = nullptr;
  for (Entry& entry : entries_) {
    if (entry.id != response.id || (!by_id && entry.question != question)) continue;
    if (time - entry.time > kLifetimeNs) continue;
    // A question that was repeated waits since it was first put.
    if (found == nullptr || entry.time < found->time) found = &entry;
  }
  response.asked = found == nullptr ? DnsAsked::kUnasked : DnsAsked::kAsked;
  if (found == nullptr) return;
  response.response_time = time - found->time;
  if (found->transfer) return;
  *found = entries_.back();
  entries_.pop_back();
}

}  // namespace netmoth::protocols
