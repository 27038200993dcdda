// Address ranges: sorted rows of first and last address, and above them a tree of the last
// addresses of each kFan rows, of each kFan of these, and so on (a static B+ tree): a look-up
// touches one run of kFan keys a level, five for a million rows, all of whose cache lines are
// fetched at once. Before that a filter answers for most addresses that are in no range.
//
// Invariant: immutable; of() has seen that the ranges ascend and do not overlap, so an address lies
// in one at most and binary search finds it.
#pragma once

#include <optional>
#include <type_traits>
#include <vector>

#include "detect/indicators/prefix_filter.h"

namespace netmoth::detect {

// `kWidth` octets an address: 4 or 16.
template <std::size_t kWidth>
class RangeTable {
 public:
  RangeTable() : filter_(0) {}
  // nullopt where a range ends before it begins, or begins before the one before it has ended.
  static std::optional<RangeTable> of(const FixedRows& rows);

  // The row whose range has `address`; kNoRow where there is none.
  [[nodiscard]] std::uint32_t find(const Address& address) const;

  [[nodiscard]] const FixedRows& rows() const { return rows_; }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kFan = 16;

  using Number = std::conditional_t<kWidth == 4, std::uint32_t, Ipv6Number>;
  using Filter = std::conditional_t<kWidth == 4, Ipv4Filter, Ipv6Filter>;

  static Number number_of(const std::uint8_t* octets);
  [[nodiscard]] Number first(std::uint32_t row) const { return number_of(rows_.key(row).data()); }
  [[nodiscard]] Number last(std::uint32_t row) const {
    return number_of(rows_.key(row).data() + kWidth);
  }

  void add_levels();

  FixedRows rows_;
  Filter filter_;
  // From the rows upwards; each filled up with highest addresses to whole nodes.
  std::vector<std::vector<Number>> levels_;
};

}  // namespace netmoth::detect
