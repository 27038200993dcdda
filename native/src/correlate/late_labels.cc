#include "correlate/late_labels.h"

#include <utility>

namespace netmoth::correlate {

std::uint64_t LateLabels::ask(flow::Flow& flow, Question question, bool wants_ticket) {
  if (!flow.label.late()) {
    // A label here has a question at least, so there are as many places as questions.
    const std::uint32_t place = free_ != 0 ? free_ : ++used_;
    Late& late = labels_[place];
    if (free_ != 0) free_ = late.next_free;
    late = {.label = flow.label, .flow = &flow, .questions = 0, .next_free = 0};
    flow.label = {.domain = place, .correlated = flow::Correlation::kLate};
  }
  question.anew = flow.label.correlated == flow::Correlation::kLateTurned;
  flow.label.correlated = flow::Correlation::kLate;
  question.label = flow.label.domain;
  question.ticket = wants_ticket ? ++tickets_ : 0;
  ++labels_[question.label].questions;
  questions_[asked_++ % kMaxQuestions] = question;
  return question.ticket;
}

flow::FlowLabel LateLabels::answered() {
  const std::uint32_t place = first().label;
  ++answered_;
  Late& late = labels_[place];
  if (--late.questions > 0) return {};
  late.next_free = std::exchange(free_, place);
  if (late.flow == nullptr) return late.label;
  if (late.flow->label.correlated == flow::Correlation::kLateTurned)
    late.label.correlated = flow::Correlation::kNone;
  late.flow->label = late.label;
  return {};
}

}  // namespace netmoth::correlate
