#include "detect/bundle_file.h"

#include <algorithm>

#include "base/digest.h"
#include "base/reader.h"

namespace netmoth::detect {
namespace {

using base::Reader;

constexpr std::string_view kMagic = "NMBUNDL\n";
constexpr std::size_t kHeaderOctets = 32;
constexpr std::size_t kSectionEntryOctets = 24;
constexpr std::size_t kOffsetOctets = 4;

}  // namespace

std::string_view bundle_fault_code(BundleFault fault) {
  switch (fault) {
    case BundleFault::kNone:
      return "";
    case BundleFault::kMagic:
      return "BUNDLE_MAGIC";
    case BundleFault::kVersion:
      return "BUNDLE_VERSION";
    case BundleFault::kEngine:
      return "BUNDLE_ENGINE";
    case BundleFault::kTruncated:
      return "BUNDLE_TRUNCATED";
    case BundleFault::kDigest:
      return "BUNDLE_DIGEST";
    case BundleFault::kCorrupt:
      return "BUNDLE_CORRUPT";
  }
  return "BUNDLE_CORRUPT";
}

bool IndexedRecords::open(const BundleSection& section, IndexedRecords& opened) {
  const std::size_t index_octets = (std::size_t{section.records} + 1) * kOffsetOctets;
  if (index_octets > section.bytes.size()) return false;
  opened.index_ = section.bytes.first(index_octets);
  opened.body_ = section.bytes.subspan(index_octets);
  opened.count_ = section.records;
  Reader offsets(opened.index_);
  std::uint32_t before = 0;
  while (!offsets.at_end()) {
    const std::uint32_t offset = offsets.u32_le();
    if (offset < before || offset > opened.body_.size()) return false;
    before = offset;
  }
  return true;
}

Bytes IndexedRecords::record(std::size_t place) const {
  if (place >= count_) return {};
  Reader offsets(index_.subspan(place * kOffsetOctets, 2 * kOffsetOctets));
  const std::uint32_t start = offsets.u32_le();
  return body_.subspan(start, offsets.u32_le() - start);
}

BundleFault BundleFile::open(Bytes file, std::uint16_t engine) {
  sections_.clear();
  if (!as_text(file).starts_with(kMagic)) return BundleFault::kMagic;
  if (file.size() < kHeaderOctets + kBundleDigestOctets) return BundleFault::kTruncated;
  Reader header(file.subspan(kMagic.size()));
  if (header.u16_le() != kBundleFormat) return BundleFault::kVersion;
  if (header.u16_le() > engine) return BundleFault::kEngine;
  const std::size_t count = header.u32_le();
  const std::uint64_t size = header.u64_le();
  if (size > file.size()) return BundleFault::kTruncated;
  if (size < kHeaderOctets + kBundleDigestOctets) return BundleFault::kCorrupt;
  const Bytes content = file.first(size - kBundleDigestOctets);
  const std::size_t table_end = kHeaderOctets + count * kSectionEntryOctets;
  if (count > kMaxBundleSections || table_end > content.size()) return BundleFault::kCorrupt;
  digest_ = base::sha256(content);
  if (!std::ranges::equal(digest_, file.subspan(content.size(), kBundleDigestOctets)))
    return BundleFault::kDigest;
  Reader table(file.subspan(kHeaderOctets, count * kSectionEntryOctets));
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t id = table.u32_le();
    const std::uint32_t records = table.u32_le();
    const std::uint64_t offset = table.u64_le();
    const std::uint64_t length = table.u64_le();
    if (offset < table_end || offset > content.size() || length > content.size() - offset) {
      sections_.clear();
      return BundleFault::kCorrupt;
    }
    sections_.push_back({id, records, content.subspan(offset, length)});
  }
  signature_ = file.subspan(size);
  return BundleFault::kNone;
}

const BundleSection* BundleFile::section(std::uint32_t id) const {
  const auto found = std::ranges::find(sections_, id, &BundleSection::id);
  return found == sections_.end() ? nullptr : &*found;
}

BundleFault BundleFile::records(std::uint32_t id, IndexedRecords& opened) const {
  const BundleSection* const found = section(id);
  if (found == nullptr || !IndexedRecords::open(*found, opened)) return BundleFault::kCorrupt;
  return BundleFault::kNone;
}

}  // namespace netmoth::detect
