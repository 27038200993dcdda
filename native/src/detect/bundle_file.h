// The container of a compiled set: sections by number, and the records of those that are indexed.
// Source: docs/bundle.md, "File".
//
// Invariant: views only; the bytes given to open() outlive everything. After open() said kNone
// every section lies within the content, whose digest was checked; record() answers any number.
#pragma once

#include <array>
#include <vector>

#include "base/types.h"

namespace netmoth::detect {

inline constexpr std::uint16_t kBundleFormat = 1;
// Records of which bundles this engine knows.
inline constexpr std::uint16_t kEngineVersion = 1;
inline constexpr std::size_t kMaxBundleSections = 64;
inline constexpr std::size_t kBundleDigestOctets = 32;

namespace bundle_section {
inline constexpr std::uint32_t kManifest = 1;
inline constexpr std::uint32_t kPool = 2;
inline constexpr std::uint32_t kAddressSets = 3;
inline constexpr std::uint32_t kPortSets = 4;
inline constexpr std::uint32_t kRules = 5;
inline constexpr std::uint32_t kGroups = 6;
inline constexpr std::uint32_t kThresholds = 7;
inline constexpr std::uint32_t kIndicatorMetas = 8;
inline constexpr std::uint32_t kRuleTexts = 9;
inline constexpr std::uint32_t kDatasets = 10;
inline constexpr std::uint32_t kAddressTables = 11;
inline constexpr std::uint32_t kFirstIndicators = 16;
inline constexpr std::uint32_t kLastIndicators = 28;
}  // namespace bundle_section

// Why a bundle is not taken; the same codes as signatures/src/bundle/bundle-error.ts.
enum class BundleFault : std::uint8_t {
  kNone,
  kMagic,      // no bundle at all
  kVersion,    // of another format
  kEngine,     // asks for a newer engine
  kTruncated,  // cut off
  kDigest,     // altered
  kCorrupt,    // a section or record is broken
};
// "BUNDLE_MAGIC" and so on; empty for kNone. Static storage.
std::string_view bundle_fault_code(BundleFault fault);

struct BundleSection {
  std::uint32_t id = 0;
  std::uint32_t records = 0;
  Bytes bytes;
};

// Records found by their place.
class IndexedRecords {
 public:
  IndexedRecords() = default;
  // Fails where an offset lies outside or goes back.
  [[nodiscard]] static bool open(const BundleSection& section, IndexedRecords& opened);

  [[nodiscard]] std::size_t size() const { return count_; }
  // Empty where there is no such record.
  [[nodiscard]] Bytes record(std::size_t place) const;

 private:
  Bytes index_;
  Bytes body_;
  std::size_t count_ = 0;
};

class BundleFile {
 public:
  // What was open before is forgotten. `engine` is the version of the matching engine.
  [[nodiscard]] BundleFault open(Bytes file, std::uint16_t engine = kEngineVersion);

  // Names the bundle: sha256 of its content, with and without a signature.
  [[nodiscard]] const std::array<std::uint8_t, kBundleDigestOctets>& digest() const {
    return digest_;
  }
  // nullptr where the bundle has none.
  [[nodiscard]] const BundleSection* section(std::uint32_t id) const;
  [[nodiscard]] std::span<const BundleSection> sections() const { return sections_; }
  // What follows the content; empty where the bundle is not signed.
  [[nodiscard]] Bytes signature() const { return signature_; }
  // kCorrupt where the section is absent or its index is broken.
  [[nodiscard]] BundleFault records(std::uint32_t id, IndexedRecords& opened) const;

 private:
  std::vector<BundleSection> sections_;
  std::array<std::uint8_t, kBundleDigestOctets> digest_{};
  Bytes signature_;
};

}  // namespace netmoth::detect
