// Alerts of indicator lists: what a worker sees is asked about, and what is listed is written.
//
// Invariant: without lists active() is false and nothing is called. An alert marks its flow.
#pragma once

#include "detect/indicators/indicator_matcher.h"
#include "output/event_writer.h"
#include "protocols/content.h"

namespace netmoth::pipeline {

class IndicatorAlerts final : private detect::IndicatorListener {
 public:
  // `writer` outlives it.
  IndicatorAlerts(std::shared_ptr<const detect::IndicatorSet> set, output::EventWriter& writer)
      : matcher_(std::move(set), *this), writer_(writer) {}

  [[nodiscard]] bool active() const { return matcher_.active(); }
  // Files and digests that lists need are wanted from now on.
  void add_wanted(protocols::ContentSettings& content) const;

  void exchange(std::shared_ptr<const detect::IndicatorSet>& set) { matcher_.exchange(set); }

  // The first packet of the context's flow.
  void on_flow(const output::EventContext& context);
  void on_record(const output::EventContext& context, const protocols::Record& record);
  void on_flow_end(const flow::Flow& flow) { matcher_.on_flow_end(flow); }

  [[nodiscard]] std::uint64_t suppressed() const { return matcher_.suppressed(); }

 private:
  void on_indicator(const detect::IndicatorHit& hit, Direction direction,
                    const protocols::Record* record) override;

  detect::IndicatorMatcher matcher_;
  output::EventWriter& writer_;
  const output::EventContext* context_ = nullptr;  // during a call
};

}  // namespace netmoth::pipeline
