// Asks the lists about what a worker sees: the ends of new flows, and what parsers report.
//
// Invariant: one a worker, not thread-safe; the set is shared. An entry is told once a flow, in the
// direction of what showed it, and at most kMaxEntriesPerFlow entries of a flow are (the others are
// counted). Memory is taken for flows with hits alone, until they end.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/stream_digest.h"
#include "detect/indicators/indicator_set.h"
#include "flow/flow.h"
#include "protocols/record.h"

namespace netmoth::protocols {
struct DnsMessage;
struct FileInfo;
struct HttpTransaction;
struct QuicInitial;
struct TlsHandshake;
struct TlsPeer;
}  // namespace netmoth::protocols

namespace netmoth::detect {

inline constexpr std::size_t kMaxEntriesPerFlow = 32;

class IndicatorListener {
 public:
  virtual ~IndicatorListener() = default;
  // `record` is what showed the entry; nullptr for the ends of a flow.
  virtual void on_indicator(const IndicatorHit& hit, Direction direction,
                            const protocols::Record* record) = 0;
};

class IndicatorMatcher {
 public:
  // Without a set nothing is ever found. `listener` outlives the matcher.
  IndicatorMatcher(std::shared_ptr<const IndicatorSet> set, IndicatorListener& listener)
      : set_(std::move(set)), listener_(listener) {}

  [[nodiscard]] bool active() const { return set_ != nullptr; }
  // Another set, or none: `set` is then the one before. What flows have told stays told.
  void exchange(std::shared_ptr<const IndicatorSet>& set) { set_.swap(set); }
  // Digests of files that lists ask for.
  [[nodiscard]] base::DigestKinds wanted_digests() const;

  // `flow` begins with a packet in `direction`.
  void on_flow(const flow::Flow& flow, Direction direction, TimestampNs now);
  void on_record(const flow::Flow& flow, Direction direction, const protocols::Record& record,
                 TimestampNs now);
  // Nothing of `flow` comes any more.
  void on_flow_end(const flow::Flow& flow) {
    if (!told_.empty()) told_.erase(&flow);
  }

  // Entries that were not told because their flow had told too many.
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }
  [[nodiscard]] const IndicatorSet& set() const { return *set_; }

 private:
  void look_at(const protocols::DnsMessage& message, Direction direction);
  void look_at(const protocols::TlsHandshake& tls);
  void look_at(const protocols::QuicInitial& quic);
  void look_at(const protocols::HttpTransaction& http);
  void look_at(const protocols::FileInfo& file, Direction direction);
  void look_at(const protocols::TlsPeer& peer, Direction direction);
  void look_at_end(const Address& address, std::uint16_t port, Direction direction);
  void look_at_url(const protocols::HttpTransaction& http);
  void look_up_domain(std::string_view name, Direction direction);
  // `hex`: digits, with colons between octets or without.
  void look_up_hex(IndicatorKind kind, std::string_view hex, Direction direction);
  void look_up(IndicatorKind kind, Bytes key, Direction direction);
  void tell(const IndicatorHit& hit, Direction direction);

  std::shared_ptr<const IndicatorSet> set_;
  IndicatorListener& listener_;
  // What each flow has told, as hash of kind and entry: the same in every set.
  std::unordered_map<const flow::Flow*, std::vector<std::uint64_t>> told_;
  std::uint64_t suppressed_ = 0;
  std::string url_;  // its memory is used again

  // What is looked at.
  const flow::Flow* flow_ = nullptr;
  const protocols::Record* record_ = nullptr;
  TimestampNs now_ = 0;
};

}  // namespace netmoth::detect
