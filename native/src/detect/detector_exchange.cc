// One set for another while packets come. See detector.h.
#include "detect/detector.h"

namespace netmoth::detect {

bool Detector::use(std::shared_ptr<const RuleSet> set, bool ahead) {
  PatternScratch scratch;
  if (set != nullptr && ahead && !set->prepare(scratch)) return false;
  exchange(set, scratch, kAlways);
  return true;
}

void Detector::exchange(std::shared_ptr<const RuleSet>& set, PatternScratch& scratch,
                        TimestampNs now) {
  const bool had_streams = set_ != nullptr && set_->wants_streams();
  const bool had_bodies = set_ != nullptr && set_->wants_bodies();
  set_.swap(set);
  std::swap(scratch_, scratch);
  if (!had_streams && set_ != nullptr && set_->wants_streams()) streams_since_ = now;
  if (!had_bodies && set_ != nullptr && set_->wants_bodies()) bodies_since_ = now;
  ++serial_;
  // Places of rules and of buffers mean others now.
  alerted_.clear();
  stamp_ = 0;
  stamps_.assign(set_ == nullptr ? 0 : set_->rules().size(), 0);
  cache_ = std::vector<std::array<CachedValues, 2>>(set_ == nullptr ? 0 : set_->keys().size());
  tx_stamp_ = 0;
}

}  // namespace netmoth::detect
