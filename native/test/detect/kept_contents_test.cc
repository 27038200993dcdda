// Contents of messages that are not over: what is kept, and what goes for it.
#include <gtest/gtest.h>

#include "detect/flow_state.h"

namespace netmoth::detect {
namespace {

constexpr auto kUp = Direction::kToServer;
using Bodies = KeptContents<KeptBody, 20>;

KeptBody body(std::uint64_t tx_id, std::size_t octets) {
  return {tx_id, kUp, std::vector<std::uint8_t>(octets, 'x')};
}

TEST(KeptContents, TheOldestGoesWhereThereAreMany) {
  Bodies bodies;
  for (std::uint64_t i = 0; i < 20; ++i)
    EXPECT_EQ(bodies.add(body(i, 10 + i)), 0u);
  EXPECT_EQ(bodies.add(body(20, 1)), 10u);
  EXPECT_EQ(bodies.find(0, kUp), nullptr);
  ASSERT_NE(bodies.find(1, kUp), nullptr);
  EXPECT_EQ(bodies.all().size(), 20u);
}

TEST(KeptContents, TheOldestGoesWhereThereAreManyOctetsExceptWhatGrows) {
  Bodies bodies;
  constexpr std::size_t kThird = kMaxContentOctets / 3;
  for (std::uint64_t i = 0; i < 3; ++i)
    EXPECT_EQ(bodies.add(body(i, kThird)), 0u);
  const std::vector<std::uint8_t> more(10, 'y');
  EXPECT_EQ(bodies.append(bodies.find(0, kUp), more), kThird);
  ASSERT_NE(bodies.find(0, kUp), nullptr);
  EXPECT_EQ(bodies.find(0, kUp)->content.size(), kThird + 10);
  EXPECT_EQ(bodies.find(1, kUp), nullptr);
  bodies.forget(2);
  EXPECT_EQ(bodies.add(body(5, kThird)), 0u);
  EXPECT_EQ(bodies.all().size(), 2u);
}

}  // namespace
}  // namespace netmoth::detect
