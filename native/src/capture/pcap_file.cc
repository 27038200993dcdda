// pcap, and what both formats share; blocks of pcapng are in pcapng.cc.
//
// Invariant: see pcap_file.h. Lengths out of the file are compared with the bounds before they are
// used.
#include "capture/pcap_file.h"

#include <cstring>

#include "capture/endian_reader.h"
#include "decode/decoder.h"

namespace netmoth::capture {
namespace {

constexpr std::uint32_t kMagicMicroseconds = 0xA1B2C3D4;
constexpr std::uint32_t kMagicNanoseconds = 0xA1B23C4D;
constexpr std::uint32_t kMagicModified = 0xA1B2CD34;  // A. Kuznetsov's, 8 more octets a record
constexpr std::size_t kPcapHeaderBytes = 24;
constexpr std::size_t kModifiedRecordHeaderBytes = 24;
// The upper bits say whether frames end with a frame check sequence; IP lengths cut it off anyway.
constexpr std::uint32_t kLinkTypeMask = 0x03FFFFFF;

constexpr bool is_pcap_magic(std::uint32_t magic) {
  return magic == kMagicMicroseconds || magic == kMagicNanoseconds || magic == kMagicModified;
}

std::string what_it_is_instead(Bytes head) {
  const auto starts = [&](std::string_view magic) { return as_text(head).starts_with(magic); };
  if (head.empty()) return "the file is empty";
  if (starts("\x1f\x8b")) return "it is compressed with gzip: unpack it first";
  if (starts("\x28\xb5\x2f\xfd")) return "it is compressed with zstd: unpack it first";
  if (starts("\xfd"
             "7zXZ"))
    return "it is compressed with xz: unpack it first";
  if (starts("snoop")) return "it is a snoop file: convert it with editcap -F pcapng";
  return "it starts neither as pcap nor as pcapng";
}

}  // namespace

SourceStatus PcapFile::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  while (!stopped_ && count < frames.size()) {
    const Step what = step(frames[count], count == 0);
    if (what == Step::kFrame) ++count;
    if (what == Step::kFlush || what == Step::kStop) break;
  }
  return count > 0 ? SourceStatus::kFrames : fault_.status;
}

PcapFile::Step PcapFile::step(decode::Frame& frame, bool batch_empty) {
  switch (format_) {
    case Format::kPcap:
      return next_pcap(frame, batch_empty);
    case Format::kPcapng:
      return next_block(frame, batch_empty);
    case Format::kUnknown:
      return open_format();
  }
  return Step::kStop;
}

PcapFile::Step PcapFile::open_format() {
  if (!input_.opened()) {
    fault_.error_number = input_.error_number();
    return stop(SourceStatus::kFailed,
                std::string("cannot open: ") + std::strerror(fault_.error_number));
  }
  (void)input_.fill(kPcapHeaderBytes, true);
  const Bytes head = input_.available();
  if (input_.error_number() != 0) return cut("the start of the file");
  const std::uint32_t magic = base::Reader(head).u32();
  if (magic == kPcapngSectionHeader) {
    format_ = Format::kPcapng;
    return Step::kAgain;
  }
  big_endian_ = is_pcap_magic(magic);
  if (!big_endian_ && !is_pcap_magic(__builtin_bswap32(magic))) {
    return stop(SourceStatus::kNotACapture, "not a capture file: " + what_it_is_instead(head));
  }
  if (head.size() < kPcapHeaderBytes) return cut("its first header");
  return open_pcap(head);
}

PcapFile::Step PcapFile::open_pcap(Bytes head) {
  EndianReader fields(head.first(kPcapHeaderBytes), big_endian_);
  const std::uint32_t magic = fields.u32();
  const std::uint16_t major = fields.u16();
  const std::uint16_t minor = fields.u16();
  fields.skip(8);
  Interface interface;
  interface.snap_length = fields.u32();
  interface.link = fields.u32() & kLinkTypeMask;
  if (major != 2) {
    return stop(SourceStatus::kBroken, "unknown version " + std::to_string(major) + "." +
                                           std::to_string(minor) + " of pcap");
  }
  if (!decode::Decoder::supports(interface.link)) {
    return stop(SourceStatus::kUnsupportedLinkType,
                "link type " + std::to_string(interface.link) + " is not supported");
  }
  swapped_lengths_ = minor < 3;
  if (magic == kMagicNanoseconds) fraction_to_ns_ = 1;
  if (magic == kMagicModified) record_header_bytes_ = kModifiedRecordHeaderBytes;
  interfaces_ = {interface};
  input_.consume(kPcapHeaderBytes);
  format_ = Format::kPcap;
  return Step::kAgain;
}

PcapFile::Step PcapFile::next_pcap(decode::Frame& frame, bool batch_empty) {
  using Fill = ByteSource::Fill;
  const Fill header = input_.fill(record_header_bytes_, batch_empty);
  if (header == Fill::kMustMove) return Step::kFlush;
  if (header == Fill::kShort) {
    return input_.available().empty() ? at_end() : cut("the header of a packet");
  }
  EndianReader fields(input_.available(), big_endian_);
  const std::uint64_t seconds = fields.u32();
  const std::uint64_t fraction = fields.u32();
  std::uint32_t captured = fields.u32();
  std::uint32_t wire = fields.u32();
  if (swapped_lengths_) std::swap(captured, wire);
  if (captured > kMaxFrameBytes) {
    return stop(SourceStatus::kBroken,
                "a packet claims to hold " + std::to_string(captured) + " bytes");
  }
  const std::size_t size = record_header_bytes_ + captured;
  const Fill whole = input_.fill(size, batch_empty);
  if (whole == Fill::kMustMove) return Step::kFlush;
  if (whole == Fill::kShort) return cut("a packet");
  frame = decode::Frame{};
  frame.time = static_cast<TimestampNs>(seconds * 1'000'000'000 + fraction * fraction_to_ns_);
  frame.number = ++frames_;
  frame.wire_length = std::max(wire, captured);
  frame.link = interfaces_.front().link;
  frame.data = input_.available().subspan(record_header_bytes_, captured);
  input_.consume(size);
  return Step::kFrame;
}

PcapFile::Step PcapFile::at_end() {
  if (input_.error_number() != 0) return cut("the file");
  if (skipped_frames_ > 0 && skipped_frames_ == frames_) {
    return stop(SourceStatus::kUnsupportedLinkType,
                "link type " + std::to_string(skipped_link_) + " is not supported");
  }
  return stop(SourceStatus::kEnd, "");
}

PcapFile::Step PcapFile::stop(SourceStatus status, std::string message) {
  fault_.status = status;
  fault_.offset_bytes = input_.offset_bytes();
  fault_.message = std::move(message);
  stopped_ = true;
  return Step::kStop;
}

// The input ended, or failed, inside of something.
PcapFile::Step PcapFile::cut(const char* where) {
  fault_.error_number = input_.error_number();
  if (fault_.error_number != 0) {
    return stop(SourceStatus::kFailed,
                std::string("cannot read: ") + std::strerror(fault_.error_number));
  }
  return stop(SourceStatus::kTruncated, std::string("the file ends inside ") + where + ", " +
                                            std::to_string(frames_) + " packets were read before");
}

}  // namespace netmoth::capture
