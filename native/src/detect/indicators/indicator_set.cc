#include "detect/indicators/indicator_set.h"

#include <algorithm>

#include "detect/indicators/entry_text.h"
#include "detect/record_reader.h"

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr std::uint8_t kMaxSeverity = 255;

constexpr std::size_t place_of(IndicatorKind kind) {
  return static_cast<std::size_t>(kind);
}

bool read_meta(Bytes record, const IndexedRecords& pool, IndicatorMeta& meta) {
  RecordReader reader(record, pool);
  meta.sid = reader.u32();
  meta.list = reader.text();
  meta.source = reader.text();
  meta.category = reader.text();
  meta.confidence = reader.u8();
  meta.severity = reader.u8_below(kMaxSeverity);
  meta.expires = static_cast<std::int64_t>(reader.varint());
  meta.otherwise = static_cast<std::uint32_t>(reader.varint());
  return reader.ok() && reader.at_end();
}

}  // namespace

BundleFault IndicatorSet::load(const BundleFile& bundle, std::shared_ptr<const void> owner,
                               std::uint64_t seed, std::shared_ptr<const IndicatorSet>& loaded) {
  loaded = nullptr;
  auto set = std::make_shared<IndicatorSet>();
  set->owner_ = std::move(owner);
  BundleFault fault = set->load_metas(bundle);
  if (fault == BundleFault::kNone) fault = set->load_tables(bundle, seed);
  const bool any = std::ranges::any_of(set->sizes_, [](std::uint32_t size) { return size > 0; });
  if (fault == BundleFault::kNone && any) loaded = std::move(set);
  return fault;
}

BundleFault IndicatorSet::load_metas(const BundleFile& bundle) {
  IndexedRecords pool;
  IndexedRecords records;
  if (const BundleFault fault = bundle.records(bundle_section::kPool, pool);
      fault != BundleFault::kNone)
    return fault;
  if (const BundleFault fault = bundle.records(bundle_section::kIndicatorMetas, records);
      fault != BundleFault::kNone)
    return fault;
  metas_.resize(records.size());
  for (std::size_t i = 0; i < metas_.size(); ++i) {
    if (!read_meta(records.record(i), pool, metas_[i])) return BundleFault::kCorrupt;
    if (metas_[i].otherwise > i) return BundleFault::kCorrupt;  // only back: no circles
  }
  return BundleFault::kNone;
}

BundleFault IndicatorSet::load_tables(const BundleFile& bundle, std::uint64_t seed) {
  for (std::size_t i = 0; i < kIndicatorKinds; ++i) {
    const auto* section =
        bundle.section(bundle_section::kFirstIndicators + static_cast<std::uint32_t>(i));
    if (section == nullptr) continue;
    if (!load_table(static_cast<IndicatorKind>(i), *section, seed)) return BundleFault::kCorrupt;
    sizes_[i] = section->records;
  }
  return BundleFault::kNone;
}

bool IndicatorSet::load_table(IndicatorKind kind, const BundleSection& section,
                              std::uint64_t seed) {
  const std::size_t width = row_of(kind).width;
  if (width == 0) {
    const auto rows = TextRows::of(section.bytes, section.records);
    if (!rows || !metas_known(*rows)) return false;
    if (kind == IndicatorKind::kDomain)
      domains_ = DomainTable(*rows, seed);
    else
      text_[place_of(kind)] = TextTable(*rows, seed);
    return true;
  }
  const auto rows = FixedRows::of(section.bytes, section.records, width);
  if (!rows || !metas_known(*rows)) return false;
  if (kind == IndicatorKind::kIpv4) {
    auto table = RangeTable<4>::of(*rows);
    if (table) ipv4_ = std::move(*table);
    return table.has_value();
  }
  if (kind == IndicatorKind::kIpv6) {
    auto table = RangeTable<16>::of(*rows);
    if (table) ipv6_ = std::move(*table);
    return table.has_value();
  }
  fixed_[place_of(kind)] = FixedTable(*rows, seed);
  return true;
}

template <typename Rows>
bool IndicatorSet::metas_known(const Rows& rows) const {
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    if (rows.meta(row) >= metas_.size()) return false;
  }
  return true;
}

IndicatorHit IndicatorSet::hit(IndicatorKind kind, std::uint32_t row, std::uint32_t meta,
                               TimestampNs now) const {
  const IndicatorMeta* known = &metas_[meta];
  while (known->expires != 0 && now / kSecond >= known->expires) {
    if (known->otherwise == 0) return {};
    known = &metas_[known->otherwise - 1];
  }
  return {kind, row, known};
}

IndicatorHit IndicatorSet::find_address(const Address& address, std::uint8_t ip_version,
                                        TimestampNs now) const {
  if (ip_version == 4) {
    const std::uint32_t row = ipv4_.find(address);
    if (row == kNoRow) return {};
    return hit(IndicatorKind::kIpv4, row, ipv4_.rows().meta(row), now);
  }
  const std::uint32_t row = ipv6_.find(address);
  if (row == kNoRow) return {};
  return hit(IndicatorKind::kIpv6, row, ipv6_.rows().meta(row), now);
}

IndicatorHit IndicatorSet::find_address_port(const Address& address, std::uint8_t ip_version,
                                             std::uint16_t port, TimestampNs now) const {
  const IndicatorKind kind = ip_version == 4 ? IndicatorKind::kIpv4Port : IndicatorKind::kIpv6Port;
  if (!has(kind)) return {};
  std::array<std::uint8_t, sizeof(Address) + 2> key{};
  const std::size_t length = ip_version == 4 ? 4 : sizeof(Address);
  std::copy_n(address.octets.begin(), length, key.begin());
  key[length] = static_cast<std::uint8_t>(port >> 8);
  key[length + 1] = static_cast<std::uint8_t>(port & 0xff);
  return find(kind, Bytes(key).first(length + 2), now);
}

IndicatorHit IndicatorSet::find_domain(std::string_view name, TimestampNs now) const {
  IndicatorHit found;
  (void)domains_.find(name, [&](std::uint32_t row) {
    found = hit(IndicatorKind::kDomain, row, domains_.rows().meta(row), now);
    return static_cast<bool>(found);
  });
  return found;
}

IndicatorHit IndicatorSet::find(IndicatorKind kind, Bytes key, TimestampNs now) const {
  const auto look_in = [&](const auto& table) -> IndicatorHit {
    const std::uint32_t row = table.find(key);
    if (row == kNoRow) return {};
    return hit(kind, row, table.rows().meta(row), now);
  };
  return row_of(kind).width == 0 ? look_in(text_[place_of(kind)]) : look_in(fixed_[place_of(kind)]);
}

Bytes IndicatorSet::fixed_key(const IndicatorHit& hit) const {
  if (hit.kind == IndicatorKind::kIpv4) return ipv4_.rows().key(hit.row);
  if (hit.kind == IndicatorKind::kIpv6) return ipv6_.rows().key(hit.row);
  return fixed_[place_of(hit.kind)].rows().key(hit.row);
}

std::string IndicatorSet::entry_text(const IndicatorHit& hit) const {
  if (row_of(hit.kind).width > 0) return text_of_entry(hit.kind, fixed_key(hit));
  const TextRows& rows =
      hit.kind == IndicatorKind::kDomain ? domains_.rows() : text_[place_of(hit.kind)].rows();
  return text_of_entry(hit.kind, as_bytes(rows.key(hit.row)));
}

std::size_t IndicatorSet::memory_bytes() const {
  std::size_t bytes = ipv4_.memory_bytes() + ipv6_.memory_bytes() + domains_.memory_bytes();
  for (const FixedTable& table : fixed_)
    bytes += table.memory_bytes();
  for (const TextTable& table : text_)
    bytes += table.memory_bytes();
  return bytes + metas_.capacity() * sizeof(IndicatorMeta);
}

}  // namespace netmoth::detect
