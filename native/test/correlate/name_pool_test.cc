// The pool against a plain map: what is held is found, what is released makes room.
#include "correlate/name_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace netmoth::correlate {
namespace {

TEST(NamePool, KeepsANameOnceAndAsLongAsSomebodyHoldsIt) {
  NamePool pool(4096);
  const NameId first = pool.intern("www.example.com");
  EXPECT_EQ(pool.intern("www.example.com"), first);
  EXPECT_EQ(pool.size(), 1U);
  pool.release(first);
  EXPECT_EQ(pool.find("www.example.com"), first);
  EXPECT_EQ(pool.text(first), "www.example.com");
  pool.release(first);
  EXPECT_EQ(pool.find("www.example.com"), kNoName);
  EXPECT_EQ(pool.size(), 0U);
}

TEST(NamePool, RefusesWhatIsNoNameOrHasNoRoom) {
  NamePool pool(4096);
  EXPECT_EQ(pool.intern(""), kNoName);
  EXPECT_EQ(pool.intern(std::string(kMaxDomainLength + 1, 'a')), kNoName);
  std::size_t held = 0;
  while (pool.intern("n" + std::to_string(held) + std::string(200, 'x')) != kNoName)
    ++held;
  EXPECT_EQ(pool.size(), held);
  EXPECT_GE(held, 4096U / 32 / 8);
  EXPECT_EQ(pool.text(kNoName), "");
}

TEST(NamePool, ShortNamesLeaveRoomForLongOnes) {
  const std::string long_tail(230, 'x');
  const auto fill = [&](NamePool& pool, const std::string& tail) {
    std::vector<NameId> held;
    for (;;) {
      const NameId id = pool.intern(std::to_string(held.size()) + tail);
      if (id == kNoName) return held;
      held.push_back(id);
    }
  };
  NamePool fresh(64 << 10);
  const std::size_t room = fill(fresh, long_tail).size();
  NamePool pool(64 << 10);
  std::mt19937 random(7);
  for (int round = 0; round < 3; ++round) {
    std::vector<NameId> held = fill(pool, "s");
    ASSERT_GT(held.size(), 4 * room);
    std::ranges::shuffle(held, random);
    for (const NameId id : held)
      pool.release(id);
    held = fill(pool, long_tail);
    ASSERT_EQ(held.size(), room);
    for (const NameId id : held)
      pool.release(id);
  }
}

TEST(NamePool, IsAMapOfCountedNames) {
  NamePool pool(16 << 10);
  std::mt19937 random(3);
  std::map<std::string, std::pair<NameId, int>> model;
  const auto name = [&] {
    const auto n = random() % 300;
    return std::to_string(n) + std::string(n * 7 % kMaxDomainLength, 'a').substr(0, 249);
  };
  std::size_t refused = 0;
  for (int step = 0; step < 100'000; ++step) {
    const std::string text = name();
    const auto known = model.find(text);
    ASSERT_EQ(pool.find(text), known == model.end() ? kNoName : known->second.first);
    if (random() % 2 == 0) {
      const NameId id = pool.intern(text);
      if (id == kNoName) {
        ASSERT_EQ(known, model.end());
        ++refused;
        continue;
      }
      auto& entry = model[text];
      entry.first = id;
      ++entry.second;
    } else if (known != model.end()) {
      pool.release(known->second.first);
      if (--known->second.second == 0) model.erase(known);
    }
    ASSERT_EQ(pool.size(), model.size());
  }
  for (const auto& [text, entry] : model)
    ASSERT_EQ(pool.text(entry.first), text);
  EXPECT_GT(refused, 0U);
  EXPECT_GT(model.size(), 50U);
}

}  // namespace
}  // namespace netmoth::correlate
