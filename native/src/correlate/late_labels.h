// Labels that have to wait: of events made by a worker that is further in the capture than the
// others, who may still learn the answer. The event is written with a hole (output/line_batch.h)
// and the question is put when the others have come as far, so that no worker stands still.
//
// Questions are answered in the order in which they were asked, so a flow's label goes through the
// same states as if each had been answered at once. While a flow has questions open its label lives
// here (flow::FlowLabel::late), and so may outlive the flow.
//
// Capacity: kMaxQuestions, touched as used; who has more waits for the others. Not thread-safe.
#pragma once

#include "correlate/application.h"
#include "correlate/dns_cache.h"
#include "flow/flow.h"

namespace netmoth::correlate {

// What a lookup is about; copied, because a flow may be turned round or end before it is made.
struct Lookup {
  Host client = {};
  Host server = {};
  TimestampNs as_of = 0;
  TimestampNs moment = 0;  // when it was wanted, see DnsCache::find
  flow::Correlation wanted = flow::Correlation::kByAddress;
};

struct Question {
  Lookup lookup = {};
  std::uint64_t ticket = 0;  // 0: nobody is to be told
  std::uint32_t label = 0;
  NameId spoken = kNoName;  // a reference in the worker's pool
  ApplicationId by_name = kUnknownApplication;
  ApplicationId by_fingerprint = kUnknownApplication;
  bool at_end = false;
  bool anew = false;  // the ends were exchanged since the flow's last question
};

class LateLabels {
 public:
  static constexpr std::size_t kMaxQuestions = 4096;

  LateLabels() : questions_(kMaxQuestions), labels_(kMaxQuestions + 1) {}

  [[nodiscard]] bool empty() const { return asked_ == answered_; }
  [[nodiscard]] bool full() const { return asked_ - answered_ == kMaxQuestions; }
  // Of `flow`; its label moves here. There must be room. Says the ticket, where one is wanted.
  std::uint64_t ask(flow::Flow& flow, Question question, bool wants_ticket);

  [[nodiscard]] const Question& first() const { return questions_[answered_ % kMaxQuestions]; }
  // The label the first question is about, with all the answers before it.
  [[nodiscard]] flow::FlowLabel& first_label() { return labels_[first().label].label; }
  // The first question is answered. With its flow's last one the label goes back to the flow; where
  // that is over, to the caller, who has to release its name.
  flow::FlowLabel answered();
  // The flow, whose label is here, is over.
  void forget(const flow::Flow& flow) { labels_[flow.label.domain].flow = nullptr; }

 private:
  struct Late {
    flow::FlowLabel label;
    flow::Flow* flow;
    std::uint32_t questions;
    std::uint32_t next_free;
  };

  LazyArray<Question> questions_;  // a ring
  LazyArray<Late> labels_;         // from 1
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t tickets_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace netmoth::correlate
