// The blocks of pcapng.
//
// Invariant: see pcap_file.h. A block is held only as far as kMaxBlockBytes; the rest is skipped.
#include "capture/endian_reader.h"
#include "capture/pcap_file.h"
#include "decode/decoder.h"

namespace netmoth::capture {
namespace {

constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr std::size_t kBlockHeadBytes = 8;    // type, total length
constexpr std::size_t kBlockFrameBytes = 12;  // and the total length again at the end
constexpr std::size_t kSectionHeadBytes = 16;
constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionTimeResolution = 9;
constexpr std::uint16_t kOptionTimeOffset = 14;

constexpr bool is_packet(std::uint32_t type) {
  return type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket;
}

__extension__ using Wide = unsigned __int128;

// Ticks of if_tsresol since the epoch as nanoseconds.
std::uint64_t to_nanoseconds(std::uint64_t ticks, std::uint8_t resolution) {
  const unsigned exponent = resolution & 0x7FU;
  if ((resolution & 0x80) != 0) {
    if (exponent > 63) return 0;
    return static_cast<std::uint64_t>(static_cast<Wide>(ticks) * 1'000'000'000U >> exponent);
  }
  std::uint64_t value = ticks;
  for (unsigned i = 9; i < exponent && value != 0; ++i)
    value /= 10;
  for (unsigned i = exponent; i < 9; ++i)
    value *= 10;
  return value;
}

}  // namespace

PcapFile::Step PcapFile::next_block(decode::Frame& frame, bool batch_empty) {
  using Fill = ByteSource::Fill;
  if (skip_bytes_ > 0) {
    const Fill some = input_.fill(1, batch_empty);
    if (some == Fill::kMustMove) return Step::kFlush;
    if (some == Fill::kShort) return cut("a block");
    const auto now = std::min<std::uint64_t>(skip_bytes_, input_.available().size());
    input_.consume(static_cast<std::size_t>(now));
    skip_bytes_ -= now;
    return Step::kAgain;
  }
  const Fill head = input_.fill(kBlockFrameBytes, batch_empty);
  if (head == Fill::kMustMove) return Step::kFlush;
  if (head == Fill::kShort) {
    return input_.available().empty() ? at_end() : cut("the header of a block");
  }
  if (base::Reader(input_.available()).u32() == kPcapngSectionHeader) {
    const Fill section = input_.fill(kSectionHeadBytes, batch_empty);
    if (section == Fill::kMustMove) return Step::kFlush;
    if (section == Fill::kShort) return cut("a section header");
    return section_header(input_.available().first(kSectionHeadBytes));
  }
  EndianReader fields(input_.available(), big_endian_);
  const std::uint32_t type = fields.u32();
  // Writers that forget the padding exist; the next block starts on a multiple of four regardless.
  const std::uint64_t length = (std::uint64_t{fields.u32()} + 3) & ~std::uint64_t{3};
  if (length < kBlockFrameBytes) {
    return stop(SourceStatus::kBroken, "a block claims a length of " + std::to_string(length));
  }
  if (!is_packet(type) && type != kInterfaceDescription) {
    skip_bytes_ = length;
    return Step::kAgain;
  }
  const auto held = static_cast<std::size_t>(std::min<std::uint64_t>(length, kMaxBlockBytes));
  const Fill whole = input_.fill(held, batch_empty);
  if (whole == Fill::kMustMove) return Step::kFlush;
  if (whole == Fill::kShort) return cut("a block");
  const std::size_t body_end = held == length ? held - 4 : held;
  const Bytes body = input_.available().first(body_end).subspan(kBlockHeadBytes);
  const Step step =
      type == kInterfaceDescription ? interface_description(body) : packet_block(type, body, frame);
  if (step != Step::kStop) {
    input_.consume(held);
    skip_bytes_ = length - held;
  }
  return step;
}

PcapFile::Step PcapFile::section_header(Bytes head) {
  base::Reader order(head);
  order.seek(8);
  const std::uint32_t magic = order.u32();
  big_endian_ = magic == kByteOrderMagic;
  if (!big_endian_ && magic != __builtin_bswap32(kByteOrderMagic)) {
    return stop(SourceStatus::kBroken, "a section has no byte order");
  }
  EndianReader fields(head, big_endian_);
  fields.skip(4);
  const std::uint32_t length = fields.u32();
  fields.skip(4);
  const std::uint16_t major = fields.u16();
  if (major != 1 || length < 28) {
    return stop(SourceStatus::kBroken,
                major != 1 ? "unknown version " + std::to_string(major) + " of pcapng"
                           : "a section header is too short");
  }
  interfaces_.clear();
  skip_bytes_ = (std::uint64_t{length} + 3) & ~std::uint64_t{3};
  return Step::kAgain;
}

PcapFile::Step PcapFile::interface_description(Bytes body) {
  EndianReader fields(body, big_endian_);
  Interface interface;
  interface.link = fields.u16();
  fields.skip(2);
  interface.snap_length = fields.u32();
  if (!fields.ok()) return stop(SourceStatus::kBroken, "an interface block is too short");
  if (interfaces_.size() == kMaxInterfaces) {
    return stop(SourceStatus::kBroken,
                "more than " + std::to_string(kMaxInterfaces) + " interfaces");
  }
  interface.supported = decode::Decoder::supports(interface.link);
  while (fields.remaining() >= 4) {
    const std::uint16_t code = fields.u16();
    const std::uint16_t length = fields.u16();
    if (code == kOptionEnd) break;
    const Bytes value = fields.bytes(length);
    fields.skip((4 - length % 4) % 4);
    if (value.size() != length) break;
    if (code == kOptionTimeResolution && length == 1) interface.resolution = value[0];
    if (code == kOptionTimeOffset && length == 8) {
      interface.offset_seconds = static_cast<std::int64_t>(EndianReader(value, big_endian_).u64());
    }
  }
  interfaces_.push_back(interface);
  return Step::kAgain;
}

PcapFile::Step PcapFile::packet_block(std::uint32_t type, Bytes body, decode::Frame& frame) {
  EndianReader fields(body, big_endian_);
  std::uint32_t interface_id = 0;
  std::uint64_t ticks = 0;
  std::uint32_t captured = 0;
  std::uint32_t wire = 0;
  if (type == kSimplePacket) {
    wire = fields.u32();
  } else {
    if (type == kEnhancedPacket) {
      interface_id = fields.u32();
    } else {
      interface_id = fields.u16();
      fields.skip(2);  // drops
    }
    ticks = std::uint64_t{fields.u32()} << 32;
    ticks |= fields.u32();
    captured = fields.u32();
    wire = fields.u32();
  }
  if (!fields.ok()) return stop(SourceStatus::kBroken, "a packet block is too short");
  if (interface_id >= interfaces_.size()) {
    return stop(SourceStatus::kBroken, "a packet of interface " + std::to_string(interface_id) +
                                           ", which the file does not describe");
  }
  const Interface& interface = interfaces_[interface_id];
  if (type == kSimplePacket) {
    captured = interface.snap_length == 0 ? wire : std::min(wire, interface.snap_length);
  }
  if (captured > kMaxFrameBytes || captured > fields.remaining()) {
    return stop(SourceStatus::kBroken,
                "a packet claims to hold " + std::to_string(captured) + " bytes");
  }
  ++frames_;
  if (!interface.supported) {
    ++skipped_frames_;
    skipped_link_ = interface.link;
    return Step::kAgain;
  }
  if (type != kSimplePacket) {  // which has no time: it keeps the one before
    const std::uint64_t offset =
        static_cast<std::uint64_t>(interface.offset_seconds) * 1'000'000'000U;
    last_time_ = static_cast<TimestampNs>(to_nanoseconds(ticks, interface.resolution) + offset);
  }
  frame = decode::Frame{};
  frame.time = last_time_;
  frame.number = frames_;
  frame.wire_length = std::max(wire, captured);
  frame.link = interface.link;
  frame.data = fields.bytes(captured);
  return Step::kFrame;
}

}  // namespace netmoth::capture
