// All indicators of a bundle, ready to be looked up. Source: docs/bundle.md, "Indicators".
//
// Invariant: immutable after load(), so workers share one. Rows, names and keys stay where they are
// in the bundle, which the set keeps alive; indexes alone are memory of its own, ten octets an
// entry. An entry whose time is over is never found.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "detect/bundle_file.h"
#include "detect/indicators/domain_table.h"
#include "detect/indicators/key_table.h"
#include "detect/indicators/kinds.h"
#include "detect/indicators/range_table.h"

namespace netmoth::detect {

struct IndicatorMeta {
  std::uint32_t sid = 0;
  std::string_view list;
  std::string_view source;
  std::string_view category;
  std::uint8_t confidence = 0;  // 0 to 100
  std::uint8_t severity = 0;    // 1 to 3, 1 the worst
  std::int64_t expires = 0;     // seconds since 1970; 0: never
  std::uint32_t otherwise = 0;  // place, from 1, of what counts after that; 0: nothing
};

struct IndicatorHit {
  IndicatorKind kind = IndicatorKind::kIpv4;
  std::uint32_t row = 0;
  const IndicatorMeta* meta = nullptr;  // of the set

  explicit operator bool() const { return meta != nullptr; }
};

class IndicatorSet {
 public:
  // `bundle` was opened from octets that `owner` keeps alive. A set without indicators is none:
  // nullptr with kNone. `seed` scatters the hash tables: random.
  static BundleFault load(const BundleFile& bundle, std::shared_ptr<const void> owner,
                          std::uint64_t seed, std::shared_ptr<const IndicatorSet>& loaded);

  // What stands in a list at `now`; no hit where nothing does.
  [[nodiscard]] IndicatorHit find_address(const Address& address, std::uint8_t ip_version,
                                          TimestampNs now) const;
  [[nodiscard]] IndicatorHit find_address_port(const Address& address, std::uint8_t ip_version,
                                               std::uint16_t port, TimestampNs now) const;
  // The name itself, else the closest listed domain above it.
  [[nodiscard]] IndicatorHit find_domain(std::string_view name, TimestampNs now) const;
  // `key` of a kind that is looked up as a whole: its octets, or its text.
  [[nodiscard]] IndicatorHit find(IndicatorKind kind, Bytes key, TimestampNs now) const;

  [[nodiscard]] bool has(IndicatorKind kind) const { return size(kind) > 0; }
  [[nodiscard]] std::uint32_t size(IndicatorKind kind) const {
    return sizes_[static_cast<std::size_t>(kind)];
  }
  // The entry as people write it: "10.0.0.0/8", "example.com", digits of a digest.
  [[nodiscard]] std::string entry_text(const IndicatorHit& hit) const;
  // Of the indexes; the bundle's own octets not counted.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  using FixedTable = KeyTable<FixedRows>;
  using TextTable = KeyTable<TextRows>;

  BundleFault load_metas(const BundleFile& bundle);
  BundleFault load_tables(const BundleFile& bundle, std::uint64_t seed);
  bool load_table(IndicatorKind kind, const BundleSection& section, std::uint64_t seed);
  template <typename Rows>
  [[nodiscard]] bool metas_known(const Rows& rows) const;
  [[nodiscard]] IndicatorHit hit(IndicatorKind kind, std::uint32_t row, std::uint32_t meta,
                                 TimestampNs now) const;
  [[nodiscard]] Bytes fixed_key(const IndicatorHit& hit) const;

  std::shared_ptr<const void> owner_;
  std::vector<IndicatorMeta> metas_;
  std::array<std::uint32_t, kIndicatorKinds> sizes_{};
  RangeTable<4> ipv4_;
  RangeTable<16> ipv6_;
  // By kind; empty where a kind is of another sort.
  std::array<FixedTable, kIndicatorKinds> fixed_;
  std::array<TextTable, kIndicatorKinds> text_;
  DomainTable domains_;
};

}  // namespace netmoth::detect
