// Whatever order, repetition or overlap segments come in, the stream is the same; losses are named.
#include "stream/reassembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>

namespace netmoth::stream {
namespace {

struct Collector final : StreamConsumer {
  std::string text;
  std::vector<std::uint64_t> gaps;
  bool wants_more = true;

  bool on_stream_data(Bytes data) override {
    text.append(as_text(data));
    return wants_more;
  }
  bool on_stream_gap(std::uint64_t missing) override {
    gaps.push_back(missing);
    text.append("<gap>");
    return wants_more;
  }
};

struct Fixture : ::testing::Test {
  MemoryBudget budget{1U << 20};
  StreamCounters counters;
  Collector collector;
  Reassembler stream;

  void start(std::uint32_t next) { stream.start(next, budget, counters); }
  bool insert(std::uint32_t sequence, std::string_view text, TimestampNs now = 0) {
    return stream.insert(sequence, as_bytes(text), now, collector);
  }
};

TEST_F(Fixture, InOrderGoesStraightThrough) {
  start(100);
  insert(100, "abc");
  insert(103, "def");
  EXPECT_EQ(collector.text, "abcdef");
  EXPECT_EQ(stream.held_bytes(), 0U);
}

TEST_F(Fixture, EarlySegmentsWaitForTheHole) {
  start(100);
  insert(106, "ghi");
  insert(103, "def");
  EXPECT_EQ(collector.text, "");
  EXPECT_EQ(budget.used(), 6U);
  insert(100, "abc");
  EXPECT_EQ(collector.text, "abcdefghi");
  EXPECT_EQ(budget.used(), 0U);
}

TEST_F(Fixture, TheFirstVersionOfAnOctetCounts) {
  start(0);
  insert(0, "abc");
  insert(0, "XYZd");  // the start again, other bytes, one new
  insert(6, "gh");
  insert(4, "efGHi");  // covers what is held
  EXPECT_EQ(collector.text, "abcdefghi");
}

TEST_F(Fixture, KeepAlivesAddNothing) {
  start(100);
  insert(100, "abc");
  insert(102, "c");
  insert(102, std::string_view("\0", 1));
  insert(103, "d");
  EXPECT_EQ(collector.text, "abcd");
}

TEST_F(Fixture, SequenceNumbersWrapAround) {
  start(0xfffffffeU);
  insert(1, "def");
  insert(0xfffffffeU, "abc");
  EXPECT_EQ(collector.text, "abcdef");
}

TEST_F(Fixture, AnAcknowledgedHoleIsAGap) {
  start(100);
  insert(103, "def");
  stream.acknowledge(106, 0, collector);
  EXPECT_EQ(collector.text, "");  // frames of the two sides may be captured out of order
  stream.acknowledge(106, kPatienceNs, collector);
  EXPECT_EQ(collector.text, "<gap>def");
  EXPECT_EQ(collector.gaps, std::vector<std::uint64_t>{3});
  EXPECT_EQ(counters.gap_bytes, 3U);
  EXPECT_TRUE(stream.saw_gap());
}

TEST_F(Fixture, FlushGivesUpEveryHole) {
  start(0);
  insert(2, "c");
  insert(5, "f");
  EXPECT_TRUE(stream.flush(collector));
  EXPECT_EQ(collector.text, "<gap>c<gap>f");
  EXPECT_EQ(budget.used(), 0U);
}

TEST_F(Fixture, TooMuchHeldGivesUpTheHole) {
  start(0);
  const std::string chunk(1000, 'x');
  std::uint32_t sequence = 1;
  while (collector.gaps.empty() && sequence < 4U << 20) {
    insert(sequence, chunk);
    sequence += 1000;
    ASSERT_LE(stream.held_bytes(), kMaxHeldBytes);
  }
  EXPECT_EQ(collector.gaps, std::vector<std::uint64_t>{1});
  EXPECT_LE(sequence, kMaxHeldBytes + 4000);
}

TEST_F(Fixture, TheWorkersBudgetHoldsForAll) {
  MemoryBudget small(10);
  Reassembler first;
  Reassembler second;
  Collector one;
  Collector two;
  first.start(0, small, counters);
  second.start(0, small, counters);
  first.insert(1, as_bytes("12345678"), 0, one);
  second.insert(1, as_bytes("abcdefgh"), 0, two);
  EXPECT_LE(small.used(), 10U);
  EXPECT_GT(counters.dropped_segments, 0U);
  first.clear();
  second.clear();
  EXPECT_EQ(small.used(), 0U);
}

TEST_F(Fixture, SegmentsFarAheadAreNotOfThisStream) {
  start(0);
  insert(kMaxAheadBytes + 10, "x");
  EXPECT_EQ(stream.held_bytes(), 0U);
  EXPECT_EQ(counters.dropped_segments, 1U);
}

TEST_F(Fixture, AConsumerThatIsDoneFreesEverything) {
  start(0);
  insert(3, "d");
  collector.wants_more = false;
  EXPECT_FALSE(insert(0, "abc"));
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_FALSE(insert(4, "e"));
  EXPECT_EQ(collector.text, "abc");
}

TEST_F(Fixture, TheEndIsKnownByFin) {
  start(0);
  stream.set_end(6);
  insert(3, "def");
  EXPECT_FALSE(stream.at_end());
  insert(0, "abc");
  EXPECT_TRUE(stream.at_end());
}

// Any cut of a text into overlapping pieces, shuffled and repeated, gives the text.
TEST(Reassembler, AnyOrderRepetitionAndOverlapGiveTheSameStream) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t size = 1 + random() % 400;
    std::string text(size, ' ');
    for (char& c : text)
      c = static_cast<char>('a' + random() % 26);
    struct Piece {
      std::size_t from, length;
    };
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < size;) {  // a complete cover …
      const std::size_t length = std::min<std::size_t>(1 + random() % 40, size - at);
      pieces.push_back({at, length});
      at += length;
    }
    for (std::size_t extra = random() % 30; extra > 0; --extra) {  // … and arbitrary overlaps
      const std::size_t from = random() % size;
      pieces.push_back({from, 1 + random() % (size - from)});
    }
    std::ranges::shuffle(pieces, random);
    const auto start = static_cast<std::uint32_t>(random());  // wraps around now and then
    MemoryBudget budget(1U << 20);
    StreamCounters counters;
    Collector collector;
    Reassembler stream;
    stream.start(start, budget, counters);
    for (const Piece& piece : pieces) {
      const std::string_view part = std::string_view(text).substr(piece.from, piece.length);
      stream.insert(start + static_cast<std::uint32_t>(piece.from), as_bytes(part), 0, collector);
    }
    ASSERT_EQ(collector.text, text) << "round " << round;
    ASSERT_TRUE(collector.gaps.empty());
    ASSERT_EQ(budget.used(), 0U);
  }
}

}  // namespace
}  // namespace netmoth::stream
