// The container: what TypeScript wrote is found again, and nothing broken is taken.
#include "detect/bundle_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/digest.h"
#include "detect/record_reader.h"

namespace netmoth::detect {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets read_fixture() {
  std::ifstream file(std::string(NETMOTH_BUNDLES) + "/small.bundle", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void reseal(Octets& file) {
  const std::size_t end = file.size() - kBundleDigestOctets;
  std::ranges::copy(base::sha256(Bytes(file).first(end)),
                    file.begin() + static_cast<std::ptrdiff_t>(end));
}

BundleFault opened(const Octets& file) {
  BundleFile bundle;
  return bundle.open(file);
}

TEST(BundleFile, FindsWhatTypeScriptWrote) {
  const Octets file = read_fixture();
  BundleFile bundle;
  ASSERT_EQ(bundle.open(file), BundleFault::kNone);
  EXPECT_TRUE(std::ranges::equal(bundle.digest(), Bytes(file).last(kBundleDigestOctets)));
  EXPECT_TRUE(bundle.signature().empty());
  ASSERT_NE(bundle.section(bundle_section::kManifest), nullptr);
  EXPECT_TRUE(
      as_text(bundle.section(bundle_section::kManifest)->bytes).starts_with("{\"format\":1"));
  IndexedRecords rules;
  ASSERT_EQ(bundle.records(bundle_section::kRules, rules), BundleFault::kNone);
  EXPECT_EQ(rules.size(), 3U);
  EXPECT_FALSE(rules.record(2).empty());
  EXPECT_TRUE(rules.record(3).empty());
  IndexedRecords none;
  EXPECT_EQ(bundle.records(99, none), BundleFault::kCorrupt);
}

TEST(BundleFile, TextsAndNumbersAreRead) {
  const Octets file = read_fixture();
  BundleFile bundle;
  IndexedRecords pool;
  IndexedRecords rules;
  ASSERT_EQ(bundle.open(file), BundleFault::kNone);
  ASSERT_EQ(bundle.records(bundle_section::kPool, pool), BundleFault::kNone);
  ASSERT_EQ(bundle.records(bundle_section::kRules, rules), BundleFault::kNone);
  RecordReader pass(rules.record(0), pool);  // pass rules come first
  EXPECT_EQ(pass.u32(), 1U);
  EXPECT_EQ(pass.u32(), 2U);
  EXPECT_EQ(pass.u32(), 0U);  // no rev
  EXPECT_EQ(pass.u8(), 1U);
  EXPECT_EQ(pass.text(), "pass");
  EXPECT_TRUE(pass.ok());
}

TEST(BundleFile, IsRefusedWhereverItIsCut) {
  const Octets file = read_fixture();
  for (std::size_t length = 0; length < file.size(); ++length) {
    const Octets cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    const BundleFault fault = opened(cut);
    EXPECT_EQ(fault, length < 8 ? BundleFault::kMagic : BundleFault::kTruncated) << length;
  }
}

TEST(BundleFile, IsRefusedWhereverABitIsFlipped) {
  Octets file = read_fixture();
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    file[bit / 8] ^= mask;
    EXPECT_NE(opened(file), BundleFault::kNone) << bit;
    file[bit / 8] ^= mask;
  }
}

TEST(BundleFile, SectionsOutsideAreCorruptThoughTheDigestFits) {
  constexpr std::size_t kTable = 32;
  for (const std::size_t at : {kTable + 10, kTable + 15, kTable + 18, kTable + 23}) {
    Octets file = read_fixture();
    file[at] = 0xff;
    reseal(file);
    BundleFile bundle;
    BundleFault fault = bundle.open(file);
    EXPECT_EQ(fault, BundleFault::kCorrupt) << at;
    EXPECT_TRUE(bundle.sections().empty());
  }
}

TEST(BundleFile, AnIndexThatGoesBackOrOutsideIsCorrupt) {
  const Octets section = {0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 'a', 'b'};
  IndexedRecords records;
  EXPECT_FALSE(IndexedRecords::open({1, 2, section}, records));
  const Octets beyond = {0, 0, 0, 0, 3, 0, 0, 0, 'a', 'b'};
  EXPECT_FALSE(IndexedRecords::open({1, 1, beyond}, records));
  EXPECT_FALSE(IndexedRecords::open({1, 0xffffffff, beyond}, records));
  const Octets good = {0, 0, 0, 0, 2, 0, 0, 0, 'a', 'b'};
  ASSERT_TRUE(IndexedRecords::open({1, 1, good}, records));
  EXPECT_EQ(as_text(records.record(0)), "ab");
}

TEST(BundleFile, OtherVersionsAreRefusedByName) {
  Octets file = read_fixture();
  file[8] = 2;
  EXPECT_EQ(bundle_fault_code(opened(file)), "BUNDLE_VERSION");
  file[8] = 1;
  file[10] = kEngineVersion + 1;
  EXPECT_EQ(bundle_fault_code(opened(file)), "BUNDLE_ENGINE");
}

TEST(BundleFile, ASignatureChangesNothingBeforeIt) {
  Octets file = read_fixture();
  file.insert(file.end(), 104, 7);
  BundleFile bundle;
  ASSERT_EQ(bundle.open(file), BundleFault::kNone);
  EXPECT_EQ(bundle.signature().size(), 104U);
}

TEST(RecordReader, NumbersBeyondWhatTheFormatHasFail) {
  const IndexedRecords pool;
  const Octets largest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};
  RecordReader good(largest, pool);
  EXPECT_EQ(good.varint(), kMaxVarint);
  EXPECT_TRUE(good.ok());
  const Octets longer = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f};
  RecordReader bad(longer, pool);
  EXPECT_EQ(bad.varint(), 0U);
  EXPECT_FALSE(bad.ok());
  const Octets endless(20, 0x80);
  RecordReader never(endless, pool);
  EXPECT_EQ(never.varint(), 0U);
  EXPECT_FALSE(never.ok());
  const Octets signs = {3, 4};
  RecordReader zigzag(signs, pool);
  EXPECT_EQ(zigzag.zigzag(), -2);
  EXPECT_EQ(zigzag.zigzag(), 2);
  const Octets lie = {9, 1};
  RecordReader count(lie, pool);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_FALSE(count.ok());
}

}  // namespace
}  // namespace netmoth::detect
