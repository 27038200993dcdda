// Tables of addresses: what is asked of them, and records that are none.
#include "detect/address_table.h"

#include <gtest/gtest.h>

#include <string>

#include "base/types.h"
#include "testing/indicator_bundle.h"

namespace netmoth::detect {
namespace {

using namespace std::string_literals;

// The pool has one text: the name.
struct Pool {
  std::string octets = testing::indexed_section({"iprep.CnC"});
  IndexedRecords records;

  Pool() { EXPECT_TRUE(IndexedRecords::open({2, 1, as_bytes(octets)}, records)); }
};

// 10.0.0.0-10.0.0.9 with 5, 10.0.0.10 with 7; 2001:db8:: and the next address with 9.
const std::string kRecord = "\0"s + "\x02"s + "\x0a\0\0\0\x0a\0\0\x09\x05"s +
                            "\x0a\0\0\x0a\x0a\0\0\x0a\x07"s + "\x01"s + "\x20\x01\x0d\xb8"s +
                            std::string(12, '\0') + "\x20\x01\x0d\xb8"s + std::string(11, '\0') +
                            "\x01\x09"s;

bool reads(const std::string& record, AddressTable& table) {
  const Pool pool;
  RecordReader in(as_bytes(record), pool.records);
  return table.read(in);
}

Address v4(std::uint8_t third, std::uint8_t last) {
  Address address;
  address.octets = {10, 0, third, last};
  return address;
}

TEST(AddressTable, EachAddressHasTheNumberOfItsRange) {
  AddressTable table;
  ASSERT_TRUE(reads(kRecord, table));
  EXPECT_EQ(table.score(v4(0, 0), 4), 5);
  EXPECT_EQ(table.score(v4(0, 9), 4), 5);
  EXPECT_EQ(table.score(v4(0, 10), 4), 7);
  EXPECT_EQ(table.score(v4(0, 11), 4), std::nullopt);
  EXPECT_EQ(table.score(Address{}, 4), std::nullopt);
  EXPECT_EQ(table.score(v4(0, 0), 0), std::nullopt);
  Address v6;
  v6.octets = {0x20, 0x01, 0x0d, 0xb8};
  EXPECT_EQ(table.score(v6, 6), 9);
  v6.octets[15] = 1;
  EXPECT_EQ(table.score(v6, 6), 9);
  v6.octets[15] = 2;
  EXPECT_EQ(table.score(v6, 6), std::nullopt);
}

TEST(AddressTable, WhatIsCutIsRefused) {
  for (std::size_t length = 0; length < kRecord.size(); ++length) {
    AddressTable table;
    EXPECT_FALSE(reads(kRecord.substr(0, length), table)) << length;
  }
  AddressTable table;
  EXPECT_FALSE(reads(kRecord + "x", table));
}

TEST(AddressTable, RangesOutOfOrderAreRefused) {
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < kRecord.size() * 8; ++bit) {
    std::string record = kRecord;
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ 1 << bit % 8);
    AddressTable table;
    if (!reads(record, table)) {
      ++refused;
      continue;
    }
    (void)table.score(v4(0, 9), 4);
    (void)table.score(v4(0, 9), 6);
  }
  EXPECT_GT(refused, 0U);
  AddressTable table;
  EXPECT_FALSE(reads(
      "\0\x02"s + "\x0a\0\0\x0a\x0a\0\0\x0a\x07"s + "\x0a\0\0\0\x0a\0\0\x09\x05"s + "\0"s, table));
}

}  // namespace
}  // namespace netmoth::detect
