#include "pipeline/indicator_alerts.h"

#include <array>
#include <string>

namespace netmoth::pipeline {
namespace {

// The same for every entry that shares a signature id: list, kind and category decide both.
std::string signature_of(const detect::IndicatorHit& hit) {
  std::string text = "List ";
  text += hit.meta->list;
  if (hit.meta->category != hit.meta->list) {
    text += ": ";
    text += hit.meta->category;
  }
  text += " (";
  text += detect::row_of(hit.kind).name;
  text += ')';
  return text;
}

}  // namespace

void IndicatorAlerts::add_wanted(protocols::ContentSettings& content) const {
  const base::DigestKinds digests = matcher_.wanted_digests();
  content.digests.md5 |= digests.md5;
  content.digests.sha256 |= digests.sha256;
  content.files |= digests.md5 || digests.sha256;
}

void IndicatorAlerts::on_flow(const output::EventContext& context) {
  context_ = &context;
  matcher_.on_flow(*context.flow, context.direction, context.time);
}

void IndicatorAlerts::on_record(const output::EventContext& context,
                                const protocols::Record& record) {
  context_ = &context;
  matcher_.on_record(*context.flow, context.direction, record, context.time);
}

void IndicatorAlerts::on_indicator(const detect::IndicatorHit& hit, Direction direction,
                                   const protocols::Record* record) {
  const std::string entry = matcher_.set().entry_text(hit);
  const std::string confidence = std::to_string(hit.meta->confidence);
  const std::string signature = signature_of(hit);
  const std::array<output::AlertMetadata, 5> metadata{{{"list", hit.meta->list},
                                                       {"source", hit.meta->source},
                                                       {"indicator", detect::row_of(hit.kind).name},
                                                       {"entry", entry},
                                                       {"confidence", confidence}}};
  output::AlertFacts alert;
  alert.sid = hit.meta->sid;
  alert.rev = 1;
  alert.signature = signature;
  alert.category = hit.meta->category;
  alert.severity = hit.meta->severity;
  alert.metadata = metadata;
  context_->flow->alerted = true;
  writer_.alert(*context_, alert, direction, record);
}

}  // namespace netmoth::pipeline
