// Who wins where segments overlap, per operating system: the shapes of Shankar and Paxson (2003) as
// Novak and Sturges (2007) use them for TCP, and the stream that comes of them.
#include "stream/overlap_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "stream/reassembler.h"

namespace netmoth::stream {
namespace {

struct Collector final : StreamConsumer {
  std::string text;
  int overlaps = 0;
  bool on_stream_data(Bytes data) override {
    text.append(as_text(data));
    return true;
  }
  bool on_stream_gap(std::uint64_t missing) override {
    text.append(missing, '?');
    return true;
  }
  void on_stream_overlap() override { ++overlaps; }
};

struct Piece {
  std::uint32_t offset;
  std::string_view text;
};

// The stream a receiver of this kind sees once all pieces have come; the first octet comes last.
std::string received(OverlapPolicy policy, std::initializer_list<Piece> pieces) {
  BufferPool pool(1U << 16);
  StreamCounters counters;
  Collector collector;
  Reassembler stream;
  stream.start(1000, policy, pool, counters);
  stream.open();
  for (const Piece& piece : pieces)
    stream.insert(1000 + piece.offset, as_bytes(piece.text), 0, collector);
  stream.insert(1000, as_bytes("."), 0, collector);
  stream.flush(collector);
  return collector.text;
}

struct Expected {
  std::string_view policy;
  // Earlier segment 'a', later one 'b', six shapes (the later one relative to the earlier one).
  std::string_view before_short;  // starts before, ends inside
  std::string_view before_long;   // starts before, ends beyond
  std::string_view same;          // same start, same end
  std::string_view same_short;    // same start, ends before
  std::string_view same_long;     // same start, ends beyond
  std::string_view after;         // starts inside, ends beyond
  std::string_view inside;        // starts and ends inside
};

constexpr Expected kTable[] = {
    //  policy       before_short before_long same   same_short same_long after    inside
    {"first", "..bbaaaa", "..baaaab", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"vista", "..bbaaaa", "..baaaab", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"bsd-right", "..bbaaaa", "..baaaab", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"last", "..bbbbaa", "..bbbbbb", ".bbbb", ".bbaa", ".bbbbbb", ".aabbbb", ".abba"},
    {"bsd", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"hpux10", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"irix", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"macos", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"windows", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"windows2k3", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".aaaabb", ".aaaabb", ".aaaa"},
    {"linux", "..bbbbaa", "..bbbbbb", ".aaaa", ".aaaa", ".bbbbbb", ".aaaabb", ".aaaa"},
    {"old-linux", "..bbbbaa", "..bbbbbb", ".bbbb", ".aaaa", ".bbbbbb", ".aaaabb", ".aaaa"},
    {"solaris", "..bbaaaa", "..bbbbbb", ".bbbb", ".aaaa", ".bbbbbb", ".aabbbb", ".aaaa"},
    {"hpux11", "..bbaaaa", "..bbbbbb", ".bbbb", ".aaaa", ".bbbbbb", ".aabbbb", ".aaaa"},
};

TEST(OverlapPolicy, EveryShapeGoesToTheSideTheSystemPrefers) {
  EXPECT_EQ(std::size(kTable), base::kHostPolicies);
  for (const Expected& expected : kTable) {
    const auto policy = base::host_policy_of(expected.policy);
    ASSERT_TRUE(policy.has_value()) << expected.policy;
    const auto what = [&](std::initializer_list<Piece> pieces) {
      return received(*policy, pieces);
    };
    EXPECT_EQ(what({{1, "."}, {4, "aaaa"}, {2, "bbbb"}}), expected.before_short) << expected.policy;
    EXPECT_EQ(what({{1, "."}, {3, "aaaa"}, {2, "bbbbbb"}}), expected.before_long)
        << expected.policy;
    EXPECT_EQ(what({{1, "aaaa"}, {1, "bbbb"}}), expected.same) << expected.policy;
    EXPECT_EQ(what({{1, "aaaa"}, {1, "bb"}}), expected.same_short) << expected.policy;
    EXPECT_EQ(what({{1, "aaaa"}, {1, "bbbbbb"}}), expected.same_long) << expected.policy;
    EXPECT_EQ(what({{1, "aaaa"}, {3, "bbbb"}}), expected.after) << expected.policy;
    EXPECT_EQ(what({{1, "aaaa"}, {2, "bb"}}), expected.inside) << expected.policy;
  }
}

// One later segment across several earlier ones is decided for each of them.
TEST(OverlapPolicy, ALongSegmentIsDecidedAgainstEachItCovers) {
  const auto across = [](OverlapPolicy policy) {
    return received(policy, {{1, "1"}, {3, "333"}, {8, "888"}, {3, "bbbbbbb"}});
  };
  EXPECT_EQ(across(OverlapPolicy::kLinux), ".1?bbbbbbb8");
  EXPECT_EQ(across(OverlapPolicy::kBsd), ".1?333bbbb8");
  EXPECT_EQ(across(OverlapPolicy::kSolaris), ".1?bbbbb888");
  EXPECT_EQ(across(OverlapPolicy::kFirst), ".1?333bb888");
}

TEST(OverlapPolicy, DataInOrderIsDecidedUntilItIsAcknowledged) {
  BufferPool pool(1U << 16);
  StreamCounters counters;
  Collector collector;
  Reassembler stream;
  stream.start(0, OverlapPolicy::kLast, pool, counters);
  stream.open();
  stream.insert(0, as_bytes("abcdef"), 0, collector);
  stream.insert(0, as_bytes("ABCDEF"), 0, collector);
  stream.acknowledge(3, 0, collector);
  stream.insert(0, as_bytes("xxxxxx"), 0, collector);
  stream.acknowledge(6, 0, collector);
  EXPECT_EQ(collector.text, "ABCxxx");
  EXPECT_EQ(collector.overlaps, 2);
}

TEST(OverlapPolicy, ARetransmissionOfTheSameDataIsNoOverlap) {
  BufferPool pool(1U << 16);
  StreamCounters counters;
  Collector collector;
  Reassembler stream;
  stream.start(0, OverlapPolicy::kLinux, pool, counters);
  stream.open();
  stream.insert(2, as_bytes("cdef"), 0, collector);
  stream.insert(0, as_bytes("abcd"), 0, collector);
  stream.insert(0, as_bytes("abcdefgh"), 0, collector);
  stream.flush(collector);
  EXPECT_EQ(collector.text, "abcdefgh");
  EXPECT_EQ(collector.overlaps, 0);
  EXPECT_EQ(counters.overlaps, 0U);
}

}  // namespace
}  // namespace netmoth::stream
