#include "output/line_batch.h"

#include "base/json_writer.h"

namespace netmoth::output {

bool LineBatch::fill(std::uint64_t ticket, const correlate::FlowLabels& labels) {
  if (complete() || holes_[filled_].ticket != ticket) return false;
  write_labels(fillings_, labels);
  holes_[filled_++].end = fillings_.size();
  return true;
}

void LineBatch::move_to(std::string& text) {
  const std::string_view all = lines.view();
  if (holes_.empty()) {
    text.assign(all);
  } else {
    text.clear();
    text.reserve(all.size() + fillings_.size());
    std::size_t written = 0;
    std::size_t filling = 0;
    for (const Hole& hole : holes_) {
      text.append(all, written, hole.place - written);
      text.append(fillings_.view(), filling, hole.end - filling);
      written = hole.place;
      filling = hole.end;
    }
    text.append(all, written);
    holes_.clear();
    fillings_.clear();
    filled_ = 0;
  }
  lines.clear();
  count = 0;
  waiting_since = 0;
}

void write_labels(base::TextBuffer& text, const correlate::FlowLabels& labels) {
  base::JsonWriter json(text, base::JsonWriter::kGoOn);
  if (labels.confidence != correlate::Confidence::kNone) {
    json.member("domain", labels.domain);
    json.key("resolved_at");
    json.timestamp(labels.resolved_at);
    json.member_plain("confidence", correlate::confidence_name(labels.confidence));
  }
  json.member_plain("application", labels.application.name);
  if (!labels.application.category.empty())
    json.member_plain("application_category", labels.application.category);
}

}  // namespace netmoth::output
