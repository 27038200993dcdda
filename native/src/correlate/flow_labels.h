// What a flow is called: the domain its client had resolved, and the application.
//
// One Labeller a worker. It keeps the names of live flows in a pool of its own, so that a label
// lasts as long as its flow however old the DNS answer gets; the shared cache is asked when the
// flow first has something to tell (an event), at its kLookupAtPacket-th packet or at its end,
// whichever comes first, AS OF its first packet (see dns_cache.h), and once more when it tells its
// own name (SNI, Host).
//
// A worker that keeps together with others (progress.h) and is ahead of one of them does not know
// yet: its events get a ticket instead of labels, and the labels come by settle().
//
// Capacity: names of live flows in kNameBytes, touched as used; a flow whose name finds no room has
// no domain (counted). Not thread-safe.
#pragma once

#include "correlate/application.h"
#include "correlate/late_labels.h"
#include "correlate/progress.h"
#include "flow/flow.h"
#include "protocols/dns_message.h"

namespace netmoth::correlate {

struct FlowLabels {
  Confidence confidence = Confidence::kNone;  // kNone: no domain
  TimestampNs resolved_at = 0;
  std::string_view domain;
  Application application;
  std::uint64_t ticket = 0;  // not 0: the rest comes later, to the LabelTaker
};

// Who gave its events tickets.
class LabelTaker {
 public:
  virtual ~LabelTaker() = default;
  // Tickets come in the order in which they were given. Views live during the call.
  virtual void take_labels(std::uint64_t ticket, const FlowLabels& labels) = 0;
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
  // How far, in packet time, a worker may be ahead of another. Answers that one learns so much
  // earlier must not push out what the other still has to look up: DnsCache has room for five more
  // answers of a name than count.
  static constexpr TimestampNs kMaxLead = 5'000'000'000;

  // `share.cache` is not nullptr; `taker` is told what could not be told at once.
  Labeller(const DnsShare& share, LabelTaker& taker);

  // Packet time: what comes is not earlier. Waits where the others are more than kMaxLead behind.
  void advance(TimestampNs now) {
    now_ = now;
    if (now > lead_until_) [[unlikely]]
      wait_for_others();
  }
  // All packets earlier than this moment are handled: the others need not wait for them.
  void publish() {
    if (share_.progress != nullptr) share_.progress->reach(share_.worker, now_);
  }
  // Returns when the other workers have handled all that came before this moment.
  void keep_together() {
    if (share_.progress == nullptr) return;
    publish();
    share_.progress->await(share_.worker, now_);
  }
  void publish_end() {
    if (share_.progress != nullptr) share_.progress->finish(share_.worker);
  }

  // Tells the labels that have become known since.
  void settle() {
    while (has_late() && passed(late_->first().lookup.as_of))
      answer_first();
  }
  // Waits until all are known.
  void settle_all();
  [[nodiscard]] bool has_late() const { return late_ != nullptr && !late_->empty(); }

  // A DNS message of `flow` in `direction`.
  void learn(const flow::Flow& flow, Direction direction, const protocols::DnsMessage& message,
             TimestampNs time);
  // Call after every packet that was counted.
  void on_packet(flow::Flow& flow) {
    if (flow.packets[0] + flow.packets[1] == kLookupAtPacket) look_up(flow);
  }
  // Labels for an event of `flow`. Views live until the flow's next call here.
  FlowLabels of_event(flow::Flow& flow, const Spoken& spoken);
  // Labels for the event that ends it.
  FlowLabels of_end(flow::Flow& flow);
  // The flow is over: gives its name back.
  void release(flow::Flow& flow);

  [[nodiscard]] std::uint64_t names_refused() const { return names_refused_; }

 private:
  // The other workers have handled all that came before `time`.
  [[nodiscard]] bool passed(TimestampNs time) {
    if (time <= others_at_) return true;
    others_at_ = share_.progress->others(share_.worker);
    return time <= others_at_;
  }
  void wait_for_others();
  [[nodiscard]] bool is_late(const flow::Flow& flow, flow::Correlation wanted);
  void look_up(flow::Flow& flow);
  std::uint64_t ask_later(flow::Flow& flow, Question question, std::string_view spoken,
                          bool wants_ticket);
  void answer_first();
  void correlate(flow::FlowLabel& label, const Lookup& lookup, std::string_view lower_name);
  void drop_domain(flow::FlowLabel& label);
  FlowLabels tell(flow::FlowLabel& label, ApplicationId by_name, ApplicationId by_fingerprint);
  FlowLabels tell_end(flow::FlowLabel& label);
  [[nodiscard]] FlowLabels labels_of(const flow::FlowLabel& label, ApplicationId application) const;

  DnsShare share_;
  LabelTaker& taker_;
  TimestampNs now_ = 0;
  static constexpr TimestampNs kNever = std::numeric_limits<TimestampNs>::max();
  TimestampNs others_at_ = std::numeric_limits<TimestampNs>::min();  // when last looked at
  TimestampNs lead_until_ = kNever;                                  // alone: without end
  NamePool names_;
  std::unique_ptr<LateLabels> late_;  // where there are others to wait for
  std::uint64_t names_refused_ = 0;
};

}  // namespace netmoth::correlate
