#include "base/reader.h"

#include <gtest/gtest.h>

namespace netmoth::base {
namespace {

constexpr std::uint8_t kOctets[] = {1, 2, 3, 4, 5, 6, 7, 8};

TEST(Reader, ReadsBothByteOrders) {
  EXPECT_EQ(Reader(kOctets).u8(), 1);
  EXPECT_EQ(Reader(kOctets).u16(), 0x0102);
  EXPECT_EQ(Reader(kOctets).u24(), 0x010203U);
  EXPECT_EQ(Reader(kOctets).u32(), 0x01020304U);
  EXPECT_EQ(Reader(kOctets).u64(), 0x0102030405060708ULL);
  EXPECT_EQ(Reader(kOctets).u16_le(), 0x0201);
  EXPECT_EQ(Reader(kOctets).u32_le(), 0x04030201U);
  EXPECT_EQ(Reader(kOctets).u64_le(), 0x0807060504030201ULL);
}

TEST(Reader, FailureIsStickyAndYieldsZeros) {
  Reader reader(kOctets);
  reader.skip(7);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.peek_u8(), 8);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.bytes(1).empty());
}

TEST(Reader, SeeksInsideOnlyAndTakesTheRest) {
  Reader reader(kOctets);
  reader.seek(6);
  EXPECT_EQ(reader.rest().size(), 2U);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.peek_u8(), 0);
  EXPECT_TRUE(reader.ok());
  reader.seek(9);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace netmoth::base
