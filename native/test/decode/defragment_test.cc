// The Defragmenter alone: order, duplicates, overlaps by policy, and what bounds it.
#include "decode/defragment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace netmoth::decode {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

struct Part {
  std::uint32_t offset;
  std::string data;
  bool more = true;
};

FragmentKey key_of(std::uint64_t id) {
  FragmentKey key{};
  key.words[4] = id;
  return key;
}

struct Desk {
  Defragmenter defragmenter;
  std::unique_ptr<DatagramBuffer> buffer;
  FragmentOutcome last;
  DefragPolicy policy = DefragPolicy::kLinux;

  explicit Desk(DefragOptions options = {}) : defragmenter(options) {}
  explicit Desk(DefragPolicy of_receivers) : Desk() { policy = of_receivers; }

  // The datagram, where this part completed it.
  std::optional<std::string> put(const Part& part, std::uint64_t id = 1,
                                 TimestampNs time = kSecond) {
    Fragment fragment;
    fragment.key = key_of(id);
    fragment.offset = part.offset;
    fragment.more = part.more;
    fragment.data = as_bytes(part.data);
    fragment.policy = policy;
    fragment.header_bytes = 20 + part.offset;  // only the first one's counts
    fragment.ttl = 64;
    fragment.protocol = 17;
    last = defragmenter.insert(fragment, time, buffer);
    if (last.verdict != FragmentVerdict::kComplete) return std::nullopt;
    return std::string(as_text(last.datagram));
  }
};

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

TEST(Defragment, EveryOrderOfFragmentsGivesTheDatagramOnce) {
  const std::string whole = pattern(1405);
  std::vector<Part> parts;
  for (std::uint32_t at = 0; at < whole.size(); at += 281 * 8 / 8)
    parts.push_back({at, whole.substr(at, 281), at + 281 < whole.size()});
  ASSERT_EQ(parts.size(), 5U);
  std::vector<int> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  int orders = 0;
  do {
    Desk desk;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto made = desk.put(parts[static_cast<std::size_t>(order[i])]);
      ASSERT_EQ(made.has_value(), i + 1 == order.size());
      EXPECT_FALSE(desk.last.overlap);
      if (made.has_value()) {
        EXPECT_EQ(*made, whole);
      }
    }
    EXPECT_EQ(desk.last.header_bytes, 20U);
    EXPECT_EQ(desk.last.protocol, 17);
    EXPECT_EQ(desk.defragmenter.waiting(), 0U);
    EXPECT_EQ(desk.defragmenter.held_bytes(), 0U);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 120);
}

TEST(Defragment, ExactCopiesTakeNoMemoryAndAreCounted) {
  Desk desk;
  desk.put({0, pattern(600)});
  const std::size_t held = desk.defragmenter.held_bytes();
  for (int i = 0; i < 100; ++i) {
    desk.put({0, pattern(600)});
    EXPECT_FALSE(desk.last.overlap);
  }
  EXPECT_EQ(desk.defragmenter.counters().duplicates, 100U);
  EXPECT_EQ(desk.defragmenter.counters().overlaps, 0U);
  EXPECT_EQ(desk.defragmenter.held_bytes(), held);
  EXPECT_EQ(desk.put({600, "end", false}), pattern(600) + "end");
}

TEST(Defragment, KeysDoNotMix) {
  Desk desk;
  desk.put({0, "aaaaaaaa"}, 1);
  desk.put({0, "bbbbbbbb"}, 2);
  EXPECT_EQ(desk.put({8, "2", false}, 2), "bbbbbbbb2");
  EXPECT_EQ(desk.put({8, "1", false}, 1), "aaaaaaaa1");
}

TEST(Defragment, TheLargestDatagramAndWhatIsBeyond) {
  Desk desk;
  const std::string whole = pattern(kMaxDatagramBytes);
  EXPECT_FALSE(desk.put({65'528, whole.substr(65'528), false}).has_value());
  EXPECT_EQ(desk.put({0, whole.substr(0, 65'528)}), whole);
  desk.put({65'528, "12345678"});
  EXPECT_EQ(desk.last.verdict, FragmentVerdict::kTooLarge);
  desk.put({8, ""});
  EXPECT_EQ(desk.last.verdict, FragmentVerdict::kRefused);
  EXPECT_EQ(desk.defragmenter.waiting(), 0U);
}

// The fragments of J. Novak, "Target-Based Fragmentation Reassembly", one letter for 8 octets.
std::string novak(DefragPolicy policy) {
  struct Letter {
    char letter;
    std::uint32_t offset, size;
  };
  constexpr Letter kLetters[] = {
      {'A', 0, 24},   {'B', 32, 16},  {'C', 48, 24}, {'D', 80, 8},  {'E', 104, 16}, {'F', 120, 24},
      {'G', 144, 16}, {'H', 160, 16}, {'I', 176, 8}, {'J', 8, 32},  {'K', 48, 24},  {'L', 72, 24},
      {'M', 96, 24},  {'N', 128, 8},  {'O', 152, 8}, {'P', 160, 8}, {'Q', 176, 16}};
  Desk desk(policy);
  std::optional<std::string> made;
  for (const Letter& letter : kLetters) {
    EXPECT_FALSE(made.has_value());
    made = desk.put({letter.offset, std::string(letter.size, letter.letter), letter.letter != 'Q'});
    const bool alone = letter.letter < 'J';
    EXPECT_EQ(desk.last.overlap, !alone) << letter.letter;
  }
  if (!made.has_value()) return {};
  std::string letters;
  for (std::size_t at = 0; at < made->size(); at += 8) {
    EXPECT_EQ(made->substr(at, 8), std::string(8, made->at(at)));
    letters += made->at(at);
  }
  return letters;
}

TEST(Defragment, PoliciesGiveWhatNovakMeasured) {
  EXPECT_EQ(novak(DefragPolicy::kFirst), "AAAJBBCCCLDLMEEFFFGGHHIQ");
  EXPECT_EQ(novak(DefragPolicy::kLast), "AJJJJBKKKLLLMMMFNFGOPHQQ");
  EXPECT_EQ(novak(DefragPolicy::kBsd), "AAAJJBCCCLLLMMMFFFGGHHIQ");
  EXPECT_EQ(novak(DefragPolicy::kBsdRight), "AJJJBBKKKLDLMEEFNFGOPHQQ");
  EXPECT_EQ(novak(DefragPolicy::kLinux), "AAAJJBKKKLLLMMMFFFGGPHQQ");
  EXPECT_EQ(novak(DefragPolicy::kSolaris), "AAAJBBCCCLLLMMMFFFGGHHIQ");
  EXPECT_EQ(novak(DefragPolicy::kWindows), "AAAJBBCCCLLLMEEFFFGGHHIQ");
}

// The definition, octet by octet, with every fragment kept whole.
struct Model {
  struct Owner {
    int offset = -1, end = -1;
    char octet = 0;
  };
  std::vector<Owner> octets = std::vector<Owner>(512);
  int end = 0;
  bool has_last = false;

  static bool new_wins(DefragPolicy policy, const Owner& old, int offset, int stop) {
    switch (policy) {
      case DefragPolicy::kFirst:
        return false;
      case DefragPolicy::kLast:
        return true;
      case DefragPolicy::kBsd:
        return !(old.offset <= offset);
      case DefragPolicy::kBsdRight:
        return !(old.offset > offset);
      case DefragPolicy::kLinux:
        return !(old.offset < offset);
      case DefragPolicy::kSolaris:
        return old.offset > offset && old.end <= stop;
      case DefragPolicy::kWindows:
        return old.offset > offset && old.end < stop;
    }
    return false;
  }

  std::optional<std::string> put(DefragPolicy policy, const Part& part) {
    const int offset = static_cast<int>(part.offset);
    const int stop = offset + static_cast<int>(part.data.size());
    for (int at = offset; at < stop; ++at) {
      Owner& owner = octets[static_cast<std::size_t>(at)];
      if (owner.offset < 0 || new_wins(policy, owner, offset, stop))
        owner = {offset, stop, part.data[static_cast<std::size_t>(at - offset)]};
    }
    end = std::max(end, stop);
    has_last = has_last || !part.more;
    std::string whole;
    for (int at = 0; at < end; ++at) {
      if (octets[static_cast<std::size_t>(at)].offset < 0) return std::nullopt;
      whole += octets[static_cast<std::size_t>(at)].octet;
    }
    if (!has_last) return std::nullopt;
    *this = {};
    return whole;
  }
};

TEST(Defragment, RandomFragmentsAgreeWithTheModelUnderEveryPolicy) {
  std::mt19937 random(815);
  const auto up_to = [&](std::uint32_t limit) {
    return static_cast<std::uint32_t>(random() % limit);
  };
  for (const DefragPolicy policy :
       {DefragPolicy::kFirst, DefragPolicy::kLast, DefragPolicy::kBsd, DefragPolicy::kBsdRight,
        DefragPolicy::kLinux, DefragPolicy::kSolaris, DefragPolicy::kWindows}) {
    Desk desk(policy);
    Model model;
    int made = 0;
    for (int i = 0; i < 20'000; ++i) {
      Part part{up_to(12) * 8, "", up_to(8) != 0};
      part.data.resize(part.more ? (1 + up_to(5)) * 8 : 1 + up_to(40));
      for (char& c : part.data)
        c = static_cast<char>(random());
      const auto expected = model.put(policy, part);
      const auto got = desk.put(part);
      ASSERT_EQ(got, expected) << "policy " << static_cast<int>(policy) << " fragment " << i;
      made += got.has_value() ? 1 : 0;
    }
    EXPECT_GT(made, 500);
  }
}

TEST(Defragment, WaitsSixtySecondsAfterTheLastFragment) {
  Desk desk;
  desk.put({0, "01234567"}, 1, 100 * kSecond);
  desk.put({8, "01234567"}, 1, 150 * kSecond);
  EXPECT_TRUE(desk.put({16, "8", false}, 1, 210 * kSecond).has_value());
  desk.put({0, "01234567"}, 1, 300 * kSecond);
  EXPECT_FALSE(desk.put({8, "8", false}, 1, 361 * kSecond).has_value());
  EXPECT_EQ(desk.defragmenter.counters().timeouts, 1U);
  EXPECT_EQ(desk.defragmenter.waiting(), 1U) << "the late fragment opened a new datagram";
  desk.defragmenter.expire(500 * kSecond);
  EXPECT_EQ(desk.defragmenter.waiting(), 0U);
  desk.put({0, "01234567"}, 2, 400 * kSecond);  // an old time stamp is not held against it
  EXPECT_TRUE(desk.put({8, "8", false}, 2, 500 * kSecond).has_value());
}

TEST(Defragment, AFloodOfFirstFragmentsTakesWhatIsAllowedAndNoMore) {
  Desk desk({.memory_bytes = 1 << 20});
  constexpr std::uint64_t kFlood = 200'000;
  std::size_t most = 0;
  for (std::uint64_t id = 0; id < kFlood; ++id) {
    desk.put({0, "01234567"}, id);
    EXPECT_EQ(desk.last.verdict, FragmentVerdict::kKept);
    most = std::max(most, desk.defragmenter.waiting());
  }
  const DefragCounters& counters = desk.defragmenter.counters();
  EXPECT_LE(desk.defragmenter.capacity_bytes(), 1U << 20);
  EXPECT_LE(desk.defragmenter.held_bytes(), desk.defragmenter.capacity_bytes());
  EXPECT_EQ(counters.evictions, kFlood - most);
  EXPECT_TRUE(desk.put({8, "8", false}, kFlood - 1).has_value()) << "the newest are kept";
  EXPECT_FALSE(desk.put({8, "8", false}, 0).has_value()) << "the oldest are not";
}

TEST(Defragment, ADatagramMayTakeAllMemoryAndPutsTheOthersOut) {
  Desk desk({.memory_bytes = 1});  // the least there is
  for (std::uint64_t id = 100; id < 700; ++id)
    desk.put({0, pattern(300)}, id);
  const std::string whole = pattern(64'000);
  desk.put({32'000, whole.substr(32'000), false});
  EXPECT_EQ(desk.put({0, whole.substr(0, 32'000)}), whole);
  EXPECT_GT(desk.defragmenter.counters().evictions, 0U);
}

TEST(Defragment, TooManyFragmentsOfOneDatagramAreRefused) {
  Desk desk;
  for (std::uint32_t i = 0; i < kMaxFragments; ++i) {
    desk.put({8 + i * 16, "01234567"});
    ASSERT_EQ(desk.last.verdict, FragmentVerdict::kKept);
  }
  desk.put({0, "01234567"});
  EXPECT_EQ(desk.last.verdict, FragmentVerdict::kRefused);
  EXPECT_EQ(desk.defragmenter.counters().refused, 1U);
}

}  // namespace
}  // namespace netmoth::decode
