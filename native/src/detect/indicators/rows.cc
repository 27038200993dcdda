#include "detect/indicators/rows.h"

namespace netmoth::detect {

std::optional<FixedRows> FixedRows::of(Bytes section, std::uint32_t records, std::size_t width) {
  const std::uint64_t stride = width + sizeof(std::uint32_t);
  if (records > kMaxIndicatorRows || section.size() != records * stride) return std::nullopt;
  FixedRows rows;
  rows.bytes_ = section;
  rows.size_ = records;
  rows.width_ = width;
  return rows;
}

std::optional<TextRows> TextRows::of(Bytes section, std::uint32_t records) {
  constexpr std::size_t kWord = sizeof(std::uint32_t);
  if (records > kMaxIndicatorRows) return std::nullopt;
  const std::size_t words = std::size_t{records} * 2 + 1;
  if (section.size() < words * kWord) return std::nullopt;
  TextRows rows;
  rows.metas_ = section.first(records * kWord);
  rows.offsets_ = section.subspan(records * kWord, (std::size_t{records} + 1) * kWord);
  rows.keys_ = section.subspan(words * kWord);
  rows.size_ = records;
  std::size_t before = 0;
  for (std::uint32_t row = 0; row <= records; ++row) {
    const std::size_t at = rows.offset(row);
    if (at < before || at > rows.keys_.size()) return std::nullopt;
    before = at;
  }
  return rows;
}

}  // namespace netmoth::detect
