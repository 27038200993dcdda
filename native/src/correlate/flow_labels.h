// What a flow is called: the domain its client had resolved, and the application.
//
// One Labeller a worker. It keeps the names of live flows in a pool of its own, so that a label
// lasts as long as its flow however old the DNS answer gets; the shared cache is asked when the
// flow first has something to tell (an event), at its kLookupAtPacket-th packet or at its end,
// whichever comes first, AS OF its first packet (see dns_cache.h), and once more when it tells its
// own name (SNI, Host).
//
// Capacity: names of live flows in kNameBytes, touched as used; a flow whose name finds no room has
// no domain (counted). Not thread-safe.
#pragma once

#include "correlate/application.h"
#include "correlate/dns_cache.h"
#include "correlate/progress.h"
#include "flow/flow.h"
#include "protocols/dns_message.h"

namespace netmoth::correlate {

struct FlowLabels {
  Confidence confidence = Confidence::kNone;  // kNone: no domain
  TimestampNs resolved_at = 0;
  std::string_view domain;
  Application application;
};

// What a connection says of itself; any may be empty.
struct Spoken {
  std::string_view name;  // SNI, or the HTTP host
  std::string_view ja4;
  std::string_view ja3_hash;
};
Spoken spoken_of(const protocols::Record& record);

class Labeller {
 public:
  static constexpr std::size_t kNameBytes = std::size_t{8} << 20;
  static constexpr std::uint64_t kLookupAtPacket = 16;

  // `share.cache` is not nullptr.
  explicit Labeller(const DnsShare& share) : share_(share), names_(kNameBytes) {}

  // Packet time: what comes is not earlier.
  void advance(TimestampNs now) { now_ = now; }
  // No packet came, or none will: the others need not wait.
  void publish_idle() {
    if (share_.progress != nullptr) share_.progress->reach(share_.worker, now_);
  }
  // Returns when the other workers have handled all that came before this moment.
  void keep_together() {
    if (share_.progress == nullptr) return;
    share_.progress->reach(share_.worker, now_);
    share_.progress->await(share_.worker, now_);
  }
  void publish_end() {
    if (share_.progress != nullptr) share_.progress->finish(share_.worker);
  }

  // A DNS message of `flow` in `direction`.
  void learn(const flow::Flow& flow, Direction direction, const protocols::DnsMessage& message,
             TimestampNs time);
  // Call after every packet that was counted.
  void on_packet(flow::Flow& flow) {
    if (flow.packets[0] + flow.packets[1] == kLookupAtPacket) correlate(flow, {});
  }
  // Labels for an event of `flow`. Views live until the flow's next call here.
  FlowLabels of_event(flow::Flow& flow, const Spoken& spoken);
  // Labels for the event that ends it.
  FlowLabels of_end(flow::Flow& flow);
  // The flow is over: gives its name back.
  void release(flow::Flow& flow);

  [[nodiscard]] std::uint64_t names_refused() const { return names_refused_; }

 private:
  void correlate(flow::Flow& flow, std::string_view spoken);
  [[nodiscard]] FlowLabels labels_of(const flow::Flow& flow, ApplicationId application) const;

  DnsShare share_;
  TimestampNs now_ = 0;
  NamePool names_;
  std::uint64_t names_refused_ = 0;
};

}  // namespace netmoth::correlate
