// pcap and pcapng: every variant of the formats, and files that are cut, lie, or are something
// else.
#include "capture/pcap_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "testing/capture_builder.h"

namespace netmoth::capture {
namespace {

using namespace testing;

struct Seen {
  TimestampNs time;
  std::uint64_t number;
  std::uint32_t wire_length;
  decode::LinkType link;
  Buffer data;
};

struct Outcome {
  std::vector<Seen> frames;
  SourceStatus status = SourceStatus::kFrames;
  Fault fault;
  std::uint64_t skipped = 0;
};

Outcome drain(PcapFile& file, std::size_t batch = 7) {
  Outcome outcome;
  std::vector<decode::Frame> frames(batch);
  std::size_t count = 0;
  while ((outcome.status = file.next_batch(frames, count)) == SourceStatus::kFrames) {
    EXPECT_GT(count, 0U);
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      outcome.frames.push_back({frame.time, frame.number, frame.wire_length, frame.link,
                                Buffer(frame.data.begin(), frame.data.end())});
    }
  }
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(file.next_batch(frames, count), outcome.status) << "the end stays the end";
  EXPECT_EQ(file.fault().status, outcome.status);
  outcome.fault = file.fault();
  outcome.skipped = file.skipped_frames();
  return outcome;
}

Outcome drain(const Buffer& contents) {
  PcapFile file(Bytes{contents});
  return drain(file);
}

const std::vector<TimedFrame> kFrames = {
    {1'700'000'000'123'456'000, bytes("first"), 100},
    {1'700'000'001'000'000'000, bytes(""), 0},
    {1'700'000'002'999'999'000, bytes("third frame"), 0},
};

void expect_frames(const Outcome& outcome, std::uint64_t expected = 3) {
  ASSERT_EQ(outcome.frames.size(), expected);
  for (std::size_t i = 0; i < expected; ++i) {
    EXPECT_EQ(outcome.frames[i].time, kFrames[i].time);
    EXPECT_EQ(outcome.frames[i].number, i + 1);
    EXPECT_EQ(outcome.frames[i].data, kFrames[i].data);
    EXPECT_EQ(outcome.frames[i].wire_length,
              kFrames[i].wire_length ? kFrames[i].wire_length : kFrames[i].data.size());
  }
}

TEST(Pcap, ReadsBothByteOrdersAndBothResolutions) {
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const Outcome outcome =
          drain(pcap(kFrames, {.big_endian = big_endian, .nanoseconds = nanoseconds, .link = 113}));
      expect_frames(outcome);
      EXPECT_EQ(outcome.status, SourceStatus::kEnd);
      EXPECT_EQ(outcome.frames[0].link, 113U);
    }
  }
}

TEST(Pcap, KeepsNanoseconds) {
  const Outcome outcome = drain(pcap({{1'700'000'000'123'456'789, {}}}, {.nanoseconds = true}));
  EXPECT_EQ(outcome.frames.at(0).time, 1'700'000'000'123'456'789);
}

TEST(Pcap, ReadsRecordsOfModifiedPcap) {
  Buffer contents =
      le32(0xA1B2CD34) + le16(2) + le16(4) + le32(0) + le32(0) + le32(65535) + le32(1);
  contents = contents + le32(5) + le32(6) + le32(2) + le32(2) + le32(0) + le32(0) + "ab";
  const Outcome outcome = drain(contents);
  ASSERT_EQ(outcome.frames.size(), 1U);
  EXPECT_EQ(outcome.frames[0].time, 5'000'006'000);
  EXPECT_EQ(outcome.frames[0].data, bytes("ab"));
}

TEST(Pcap, IgnoresTheBitsAboveTheLinkType) {
  EXPECT_EQ(drain(pcap(kFrames, {.link = 0x30000001})).frames.at(0).link, 1U);
  EXPECT_EQ(drain(pcap(kFrames, {.link = 0x04000065})).frames.at(0).link, 101U);
}

TEST(Pcap, OutOfWhatWasCutEverythingWholeIsRead) {
  const Buffer whole = pcap(kFrames);
  std::vector<std::size_t> ends = {24};
  for (const TimedFrame& frame : kFrames)
    ends.push_back(ends.back() + 16 + frame.data.size());
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const Outcome outcome = drain(cut);
    const auto at_record = std::ranges::find(ends, length) != ends.end();
    if (length < 4) {
      EXPECT_EQ(outcome.status, SourceStatus::kNotACapture) << length;
    } else {
      EXPECT_EQ(outcome.status, at_record ? SourceStatus::kEnd : SourceStatus::kTruncated)
          << length;
    }
    const auto readable = static_cast<std::uint64_t>(
        std::ranges::count_if(ends, [&](std::size_t end) { return end > 24 && end <= length; }));
    expect_frames(outcome, readable);
    if (outcome.status == SourceStatus::kTruncated && length > 24) {
      EXPECT_EQ(outcome.fault.offset_bytes, ends[readable]) << "where the cut record starts";
      EXPECT_NE(outcome.fault.message.find("the file ends inside"), std::string::npos);
    }
  }
}

TEST(Pcap, BoundsLengthsThatLie) {
  Buffer contents = pcap({kFrames[0]});
  contents = contents + le32(0) + le32(0) + le32(0x7FFFFFFF) + le32(0x7FFFFFFF) + Buffer(100);
  const Outcome outcome = drain(contents);
  expect_frames(outcome, 1);
  EXPECT_EQ(outcome.status, SourceStatus::kBroken);
  EXPECT_EQ(outcome.fault.message, "a packet claims to hold 2147483647 bytes");
}

TEST(Pcap, SaysWhatElseTheFileIs) {
  const auto message = [](const Buffer& contents) {
    const Outcome outcome = drain(contents);
    EXPECT_EQ(outcome.status, SourceStatus::kNotACapture);
    EXPECT_TRUE(outcome.frames.empty());
    return outcome.fault.message;
  };
  EXPECT_EQ(message({}), "not a capture file: the file is empty");
  EXPECT_NE(message(from_hex("1f8b0800")).find("gzip"), std::string::npos);
  EXPECT_NE(message(from_hex("28b52ffd")).find("zstd"), std::string::npos);
  EXPECT_NE(message(bytes("snoop\0\0\0")).find("editcap"), std::string::npos);
  EXPECT_EQ(message(bytes("#!/usr/bin/env node, a text of some length")),
            "not a capture file: it starts neither as pcap nor as pcapng");
}

TEST(Pcap, RefusesLinkTypesByNumber) {
  const Outcome outcome = drain(pcap(kFrames, {.link = 147}));
  EXPECT_EQ(outcome.status, SourceStatus::kUnsupportedLinkType);
  EXPECT_EQ(outcome.fault.message, "link type 147 is not supported");
}

TEST(Pcap, ReadsFilesLargerThanTheBuffer) {
  const Buffer frame(60'000, 0x5A);
  std::vector<TimedFrame> frames(50, TimedFrame{0, frame, 0});
  const TempFile stored(pcap(frames));
  PcapFile file(stored.path());
  const Outcome outcome = drain(file, 64);
  EXPECT_EQ(outcome.status, SourceStatus::kEnd);
  ASSERT_EQ(outcome.frames.size(), 50U);
  for (const Seen& seen : outcome.frames)
    EXPECT_EQ(seen.data, frame);
  EXPECT_EQ(file.offset_bytes(), file.total_bytes());
}

TEST(Pcap, ReadsWhatAPipeGivesInPieces) {
  const Buffer contents = pcap(std::vector<TimedFrame>(300, kFrames[2]));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < contents.size(); at += 101) {
      const std::size_t size = std::min<std::size_t>(101, contents.size() - at);
      EXPECT_EQ(::write(ends[1], contents.data() + at, size), static_cast<ssize_t>(size));
    }
    ::close(ends[1]);
  });
  {
    PcapFile file("/dev/fd/" + std::to_string(ends[0]));
    const Outcome outcome = drain(file);
    EXPECT_EQ(outcome.status, SourceStatus::kEnd);
    EXPECT_EQ(outcome.frames.size(), 300U);
    EXPECT_EQ(file.total_bytes(), 0U);
  }
  writer.join();
  ::close(ends[0]);
}

TEST(Pcap, TellsWhyAFileCannotBeOpenedOrRead) {
  PcapFile missing("/nonexistent/file.pcap");
  const Outcome outcome = drain(missing);
  EXPECT_EQ(outcome.status, SourceStatus::kFailed);
  EXPECT_EQ(outcome.fault.error_number, ENOENT);
  EXPECT_EQ(outcome.fault.message, "cannot open: No such file or directory");
  PcapFile folder("/tmp");
  EXPECT_EQ(drain(folder).fault.error_number, EISDIR);
}

TEST(Pcapng, ReadsAllPacketBlocksInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    const Pcapng ng{big_endian};
    const Outcome outcome = drain(
        ng.section() + ng.interface(1, {}, 6) + ng.interface(101) +
        ng.block(0x0BAD, bytes("unknown")) +
        ng.enhanced(0, 1'700'000'000'000'001, bytes("abc"), 90) + ng.simple(bytes("shorte"), 1000) +
        ng.obsolete(1, 1'700'000'000'000'002, bytes("old")) + ng.block(5, Buffer(20)));
    EXPECT_EQ(outcome.status, SourceStatus::kEnd);
    ASSERT_EQ(outcome.frames.size(), 3U);
    EXPECT_EQ(outcome.frames[0].time, 1'700'000'000'000'001'000);
    EXPECT_EQ(outcome.frames[0].data, bytes("abc"));
    EXPECT_EQ(outcome.frames[0].wire_length, 90U);
    EXPECT_EQ(outcome.frames[0].link, 1U);
    EXPECT_EQ(outcome.frames[1].data, bytes("shorte"));
    EXPECT_EQ(outcome.frames[1].wire_length, 1000U);
    EXPECT_EQ(outcome.frames[1].time, outcome.frames[0].time) << "has none of its own";
    EXPECT_EQ(outcome.frames[2].link, 101U);
    EXPECT_EQ(outcome.frames[2].data, bytes("old"));
    EXPECT_EQ(outcome.frames[2].number, 3U);
  }
}

TEST(Pcapng, ConvertsEveryTimeResolution) {
  const Pcapng ng;
  struct Case {
    std::uint8_t resolution;
    std::uint64_t ticks;
    TimestampNs nanoseconds;
  };
  for (const Case& c : {Case{9, 1'700'000'000'123'456'789, 1'700'000'000'123'456'789},
                        Case{3, 1'700'000'000'123, 1'700'000'000'123'000'000},
                        Case{0, 1'700'000'000, 1'700'000'000'000'000'000},
                        Case{12, 1'700'000'123'456'789'012, 1'700'000'123'456'789},
                        Case{0x80 | 10, 1024 * 5 + 512, 5'500'000'000},
                        Case{0x80 | 32, (7ULL << 32) + (1ULL << 30), 7'250'000'000},
                        Case{0xFF, 5, 0}, Case{0x7F, 5, 0}}) {
    const Outcome outcome =
        drain(ng.section() + ng.interface(1, ng.option(9, {c.resolution}) + ng.option(0, {})) +
              ng.enhanced(0, c.ticks, bytes("x")));
    EXPECT_EQ(outcome.frames.at(0).time, c.nanoseconds) << int{c.resolution};
  }
}

TEST(Pcapng, AddsTheTimeOffset) {
  const Pcapng ng;
  const Buffer options = ng.option(2, bytes("eth0")) + ng.option(14, ng.w32(100) + ng.w32(0));
  const Outcome outcome =
      drain(ng.section() + ng.interface(1, options) + ng.enhanced(0, 1'000'000, bytes("x")));
  EXPECT_EQ(outcome.frames.at(0).time, 101'000'000'000);
}

TEST(Pcapng, EachSectionHasItsOwnInterfacesAndByteOrder) {
  const Pcapng little;
  const Pcapng big{true};
  const Outcome outcome =
      drain(little.section() + little.interface(1) + little.enhanced(0, 1, bytes("a")) +
            big.section() + big.interface(113) + big.enhanced(0, 2, bytes("b")) + little.section() +
            little.enhanced(0, 3, bytes("c")));
  ASSERT_EQ(outcome.frames.size(), 2U);
  EXPECT_EQ(outcome.frames[1].link, 113U);
  EXPECT_EQ(outcome.frames[1].time, 2000);
  EXPECT_EQ(outcome.status, SourceStatus::kBroken);
  EXPECT_EQ(outcome.fault.message, "a packet of interface 0, which the file does not describe");
}

TEST(Pcapng, SkipsInterfacesOfUnknownLinkTypesAndSaysSoWhereThereIsNothingElse) {
  const Pcapng ng;
  const Buffer start = ng.section() + ng.interface(147) + ng.interface(1);
  const Outcome mixed =
      drain(start + ng.enhanced(0, 1, bytes("a")) + ng.enhanced(1, 1, bytes("b")));
  ASSERT_EQ(mixed.frames.size(), 1U);
  EXPECT_EQ(mixed.frames[0].number, 2U);
  EXPECT_EQ(mixed.status, SourceStatus::kEnd);
  EXPECT_EQ(mixed.skipped, 1U);
  EXPECT_EQ(drain(start + ng.enhanced(0, 1, bytes("a"))).status,
            SourceStatus::kUnsupportedLinkType);
}

TEST(Pcapng, OutOfWhatWasCutEverythingWholeIsRead) {
  const Pcapng ng;
  const Buffer start = ng.section() + ng.interface(1);
  const Buffer whole = start + ng.enhanced(0, 1, bytes("abc")) + ng.block(99, Buffer(40));
  for (std::size_t length = 4; length < whole.size(); ++length) {
    const Outcome outcome =
        drain(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_EQ(outcome.frames.size(), length >= start.size() + 36 ? 1U : 0U) << length;
    EXPECT_TRUE(outcome.status == SourceStatus::kTruncated || outcome.status == SourceStatus::kEnd);
  }
}

TEST(Pcapng, BoundsLengthsThatLie) {
  const Pcapng ng;
  const Buffer start = ng.section() + ng.interface(1);
  EXPECT_EQ(drain(start + le32(6) + le32(8) + le32(8)).status, SourceStatus::kBroken);
  EXPECT_EQ(drain(start + le32(6) + le32(0xFFFFFFFF) + Buffer(64)).status,
            SourceStatus::kTruncated);
  EXPECT_EQ(drain(start + le32(99) + le32(0xFFFFFFF0) + Buffer(64)).status,
            SourceStatus::kTruncated);
  const Buffer liar =
      ng.block(6, le32(0) + le32(0) + le32(0) + le32(5000) + le32(5000) + Buffer(8));
  const Outcome outcome = drain(start + ng.enhanced(0, 1, bytes("a")) + liar);
  EXPECT_EQ(outcome.frames.size(), 1U);
  EXPECT_EQ(outcome.status, SourceStatus::kBroken);
  EXPECT_EQ(drain(ng.block(0x0A0D0D0A, le32(0x11223344) + Buffer(16))).status,
            SourceStatus::kBroken);
}

TEST(Pcapng, SkipsBlocksLargerThanTheBuffer) {
  const Pcapng ng;
  const TempFile stored(ng.section() + ng.interface(1) + ng.enhanced(0, 1, bytes("a")) +
                        ng.block(99, Buffer(3 * kBufferBytes)) + ng.enhanced(0, 2, bytes("b")));
  PcapFile file(stored.path());
  const Outcome outcome = drain(file, 64);
  EXPECT_EQ(outcome.status, SourceStatus::kEnd);
  EXPECT_EQ(outcome.frames.size(), 2U);
}

TEST(Pcapng, BoundsTheNumberOfInterfaces) {
  const Pcapng ng;
  Buffer contents = ng.section();
  const Buffer interface = ng.interface(1);
  for (std::size_t i = 0; i <= kMaxInterfaces; ++i)
    contents = std::move(contents) + interface;
  EXPECT_EQ(drain(contents).status, SourceStatus::kBroken);
}

}  // namespace
}  // namespace netmoth::capture
