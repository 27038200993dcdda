#include "detect/indicators/range_table.h"

#include <algorithm>
#include <limits>

namespace netmoth::detect {
namespace {

template <typename Word>
Word big_endian(const std::uint8_t* octets) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i)
    word = static_cast<Word>(word << 8 | octets[i]);
  return word;
}

}  // namespace

template <std::size_t kWidth>
typename RangeTable<kWidth>::Number RangeTable<kWidth>::number_of(const std::uint8_t* octets) {
  if constexpr (kWidth == sizeof(std::uint32_t))
    return big_endian<std::uint32_t>(octets);
  else
    return {big_endian<std::uint64_t>(octets), big_endian<std::uint64_t>(octets + 8)};
}

template <std::size_t kWidth>
std::optional<RangeTable<kWidth>> RangeTable<kWidth>::of(const FixedRows& rows) {
  RangeTable table;
  table.rows_ = rows;
  table.filter_ = Filter(rows.size());
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    if (table.last(row) < table.first(row)) return std::nullopt;
    if (row > 0 && !(table.last(row - 1) < table.first(row))) return std::nullopt;
    table.filter_.add(table.first(row), table.last(row));
  }
  table.add_levels();
  return table;
}

template <std::size_t kWidth>
void RangeTable<kWidth>::add_levels() {
  constexpr auto kHighest = std::numeric_limits<std::uint64_t>::max();
  const auto add = [&](std::uint32_t below, auto last_of) {
    std::vector<Number>& level = levels_.emplace_back();
    for (std::uint32_t end = 0; end < below;) {
      end = std::min(end + kFan, below);
      level.push_back(last_of(end - 1));
    }
    while (level.size() % kFan != 0) {
      if constexpr (kWidth == sizeof(std::uint32_t))
        level.push_back(static_cast<std::uint32_t>(kHighest));
      else
        level.push_back({kHighest, kHighest});
    }
  };
  add(rows_.size(), [&](std::uint32_t row) { return last(row); });
  while (levels_.back().size() > kFan) {
    const std::vector<Number> below = levels_.back();
    add(static_cast<std::uint32_t>(below.size()), [&](std::uint32_t at) { return below[at]; });
  }
}

template <std::size_t kWidth>
std::uint32_t RangeTable<kWidth>::find(const Address& address) const {
  const Number wanted = number_of(address.octets.data());
  if (!filter_.may_have(wanted)) return kNoRow;
  std::uint32_t node = 0;
  for (std::size_t level = levels_.size(); level > 0; --level) {
    // Filled up with what is never below: a node has one key at least that is not.
    if (std::size_t{node} * kFan >= levels_[level - 1].size()) return kNoRow;
    const Number* const keys = levels_[level - 1].data() + std::size_t{node} * kFan;
    std::uint32_t before = 0;
    for (std::uint32_t i = 0; i < kFan; ++i)
      before += keys[i] < wanted ? 1 : 0;
    node = node * kFan + before;
  }
  const std::uint32_t start = node * kFan;
  if (start >= rows_.size()) return kNoRow;
  const std::uint32_t count = std::min(kFan, rows_.size() - start);
  std::uint32_t row = start;
  for (std::uint32_t i = 0; i < count; ++i)
    row += last(start + i) < wanted ? 1 : 0;
  return row < rows_.size() && !(wanted < first(row)) ? row : kNoRow;
}

template <std::size_t kWidth>
std::size_t RangeTable<kWidth>::memory_bytes() const {
  std::size_t keys = 0;
  for (const auto& level : levels_)
    keys += level.capacity();
  return keys * sizeof(Number) + filter_.memory_bytes();
}

template class RangeTable<4>;
template class RangeTable<16>;

}  // namespace netmoth::detect
