// Whatever order, repetition or overlap segments come in, the stream is the same; losses are named;
// nothing is told before the receiver has acknowledged it.
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
  int overlaps = 0;
  bool wants_more = true;

  void on_stream_overlap() override { ++overlaps; }
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
  BufferPool pool{4U << 20};
  StreamCounters counters;
  Collector collector;
  Reassembler stream;

  void start(std::uint32_t next) {
    stream.start(next, OverlapPolicy::kLinux, pool, counters);
    stream.open();
    stream.set_immediate();  // what is in order is delivered; acknowledgments have tests below
  }
  void start_held(std::uint32_t next, OverlapPolicy policy = OverlapPolicy::kLinux) {
    stream.start(next, policy, pool, counters);
    stream.open();
  }
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
  EXPECT_EQ(stream.held_bytes(), 6U);
  insert(100, "abc");
  EXPECT_EQ(collector.text, "abcdefghi");
  EXPECT_EQ(pool.used(), 0U);
}

TEST_F(Fixture, TheFirstVersionOfAnOctetCountsWhereThePolicySaysSo) {
  stream.start(0, OverlapPolicy::kFirst, pool, counters);
  stream.open();
  stream.set_immediate();
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
  EXPECT_EQ(pool.used(), 0U);
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
  EXPECT_EQ(counters.dropped_segments, 1U);
}

TEST_F(Fixture, TheWorkersBudgetHoldsForAll) {
  BufferPool small(100);
  Reassembler first;
  Reassembler second;
  Collector one;
  Collector two;
  for (Reassembler* each : {&first, &second}) {
    each->start(0, OverlapPolicy::kLinux, small, counters);
    each->open();
  }
  const std::string text(80, 'x');
  first.insert(1, as_bytes(text), 0, one);
  second.insert(1, as_bytes(text), 0, two);
  EXPECT_LE(small.used(), 100U);
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
  EXPECT_EQ(pool.used(), 0U);
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

TEST_F(Fixture, NothingIsToldBeforeItsAcknowledgment) {
  start_held(100);
  insert(100, "abc");
  insert(103, "def");
  EXPECT_EQ(collector.text, "");
  stream.acknowledge(104, 0, collector);
  EXPECT_EQ(collector.text, "abcd");
  stream.acknowledge(102, 0, collector);  // an old one
  EXPECT_EQ(collector.text, "abcd");
  stream.acknowledge(106, 0, collector);
  EXPECT_EQ(collector.text, "abcdef");
  EXPECT_EQ(pool.used(), 0U);
}

TEST_F(Fixture, WhatIsAcknowledgedAlreadyIsToldAtOnce) {
  start_held(100);
  stream.acknowledge(106, 0, collector);
  insert(100, "abc");
  EXPECT_EQ(collector.text, "abc");
  insert(103, "defg");  // reaches beyond: waits as a whole segment would, up to the acknowledgment
  EXPECT_EQ(collector.text, "abcdef");
  EXPECT_EQ(stream.held_bytes(), 1U);
}

TEST_F(Fixture, NothingIsToldBeforeTheStreamIsOpen) {
  stream.start(100, OverlapPolicy::kLinux, pool, counters);
  insert(100, "abc");
  stream.acknowledge(103, 0, collector);
  EXPECT_EQ(collector.text, "");
  stream.open();
  stream.acknowledge(103, 0, collector);
  EXPECT_EQ(collector.text, "abc");
}

TEST_F(Fixture, FlushTellsWhatWasNeverAcknowledged) {
  start_held(0);
  insert(0, "abc");
  insert(5, "f");
  EXPECT_TRUE(stream.flush(collector));
  EXPECT_EQ(collector.text, "abc<gap>f");
}

TEST_F(Fixture, WithoutRoomInOrderDataIsToldEarly) {
  BufferPool small(256);
  stream.start(0, OverlapPolicy::kLinux, small, counters);
  stream.open();
  const std::string chunk(100, 'x');
  for (std::uint32_t at = 0; at < 2000; at += 100) {
    insert(at, chunk);
    ASSERT_LE(small.used(), 256U);
  }
  EXPECT_EQ(collector.text.size() + stream.held_bytes(), 2000U);
  EXPECT_EQ(counters.early_bytes, collector.text.size());
  EXPECT_EQ(counters.dropped_segments, 0U);
  stream.clear();
  EXPECT_EQ(small.used(), 0U);
}

TEST_F(Fixture, OneOctetSegmentsAreBoundedInNumberAndMemory) {
  start_held(0);
  std::size_t most = 0;
  for (std::uint32_t at = 0; at < 100'000; ++at) {
    insert(2 * at + 1, "x");  // a hole before each
    most = std::max(most, pool.used());
    ASSERT_LE(stream.held_segments(), kMaxHeldSegments);
  }
  EXPECT_LE(most, kMaxHeldSegments * (64 + 2 * sizeof(void*)));
  EXPECT_EQ(counters.gaps, 100'000 - stream.held_segments());
}

TEST_F(Fixture, AStormOfOverlapsHoldsNoMoreThanTheStream) {
  start_held(0, OverlapPolicy::kSolaris);
  std::mt19937 random(7);
  std::string noise(1400, ' ');
  for (int i = 0; i < 20'000; ++i) {
    for (char& c : noise)
      c = static_cast<char>('a' + random() % 26);
    insert(1 + random() % 4000, std::string_view(noise).substr(0, 1 + random() % 1400));
    ASSERT_LE(stream.held_segments(), kMaxHeldSegments);
    ASSERT_LE(stream.held_bytes(), kMaxHeldBytes);
  }
  EXPECT_LE(collector.text.size(), 5400U + 5);
  EXPECT_GT(counters.overlaps, 1000U);
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
    BufferPool pool(1U << 20);
    StreamCounters counters;
    Collector collector;
    Reassembler stream;
    stream.start(start, static_cast<OverlapPolicy>(random() % base::kHostPolicies), pool, counters);
    stream.open();
    if (round % 2 == 0) stream.set_immediate();
    std::vector<bool> sent(size);
    for (const Piece& piece : pieces) {
      std::fill_n(sent.begin() + static_cast<std::ptrdiff_t>(piece.from), piece.length, true);
      const std::string_view part = std::string_view(text).substr(piece.from, piece.length);
      stream.insert(start + static_cast<std::uint32_t>(piece.from), as_bytes(part), 0, collector);
      const auto hole = std::find(sent.begin(), sent.end(), false) - sent.begin();
      if (random() % 4 == 0)
        stream.acknowledge(start + static_cast<std::uint32_t>(hole), 0, collector);
    }
    ASSERT_TRUE(stream.flush(collector));
    ASSERT_EQ(collector.text, text) << "round " << round;
    ASSERT_TRUE(collector.gaps.empty());
    ASSERT_EQ(pool.used(), 0U);
    ASSERT_EQ(counters.overlaps, 0U);
  }
}

}  // namespace
}  // namespace netmoth::stream
