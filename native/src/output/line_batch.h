// Lines on their way into a batch, some of which may have holes: the labels of their flow are not
// known yet (correlate/late_labels.h).
//
// Invariant: holes are in the order of their tickets and of their places; a line has one at most.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/text_buffer.h"
#include "base/types.h"
#include "correlate/flow_labels.h"

namespace netmoth::output {

struct LineBatch {
  base::TextBuffer lines;
  std::uint32_t count = 0;
  TimestampNs waiting_since = 0;  // 0: not waiting, or not looked at yet

  [[nodiscard]] bool complete() const { return filled_ == holes_.size(); }
  // The labels of `ticket` belong here, behind what was written last.
  void leave_hole(std::uint64_t ticket) { holes_.push_back({ticket, lines.size(), 0}); }
  // False: the hole is not in this batch.
  bool fill(std::uint64_t ticket, const correlate::FlowLabels& labels);
  // The lines with all holes filled; the batch is empty then.
  void move_to(std::string& text);

 private:
  struct Hole {
    std::uint64_t ticket;
    std::size_t place;  // in lines
    std::size_t end;    // of its text, in fillings_
  };
  std::vector<Hole> holes_;
  base::TextBuffer fillings_;
  std::size_t filled_ = 0;
};

// `,"domain":…` and so on, as members of an object that has some before.
void write_labels(base::TextBuffer& text, const correlate::FlowLabels& labels);

}  // namespace netmoth::output
