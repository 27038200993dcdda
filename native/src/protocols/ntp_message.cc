// Reads NTP. See ntp_message.h.
#include "protocols/ntp_message.h"

#include <algorithm>
#include <array>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

using base::Reader;

// Message authentication codes: the key's number and the digest behind it.
constexpr std::size_t kCryptoNak = 4;      // the number alone (RFC 5905 §9.2)
constexpr std::size_t kMacDes = 12;        // RFC 1305 appendix C
constexpr std::size_t kMacMd5 = 20;        // RFC 5905 §7.3
constexpr std::size_t kMacSha1 = 24;       // the longest one of version 4 (RFC 7822)
constexpr std::size_t kMacMicrosoft = 72;  // [MS-SNTP] §2.2.3, ExtendedAuthenticator
constexpr std::size_t kMinExtension = 16;  // RFC 7822 §7.5

bool is_mac(std::size_t length, std::uint8_t version) {
  if (length == kMacMd5 || length == kMacSha1) return true;
  return version == 4 ? length == kCryptoNak : length == kMacDes || length == kMacMicrosoft;
}

// Extension fields, then a code. What is longer than the longest code is a field.
bool parse_trailer(Reader& reader, NtpMessage& message) {
  while (message.version == 4 && reader.remaining() > kMacSha1) {
    reader.skip(2);
    const std::size_t length = reader.u16();
    if (length < kMinExtension || length % 4 != 0) return false;
    reader.skip(length - 4);
    if (!reader.ok()) return false;
    ++message.extensions;
  }
  if (reader.at_end()) return true;
  if (!is_mac(reader.remaining(), message.version)) return false;
  message.has_mac = true;
  message.key_id = reader.u32();
  return true;
}

bool parse_clock(Reader& reader, NtpMessage& message) {
  message.leap = reader.u8() >> 6;
  message.stratum = reader.u8();
  message.poll = static_cast<std::int8_t>(reader.u8());
  message.precision = static_cast<std::int8_t>(reader.u8());
  message.root_delay = reader.u32();
  message.root_dispersion = reader.u32();
  message.reference_id = reader.bytes(4);
  message.reference = reader.u64();
  message.origin = reader.u64();
  message.receive = reader.u64();
  message.transmit = reader.u64();
  if (!reader.ok()) return false;
  message.sound = parse_trailer(reader, message);
  return true;
}

// RFC 9327 §2.
bool parse_control(Reader& reader, NtpMessage& message) {
  NtpManagement& told = message.management;
  reader.skip(1);
  const std::uint8_t flags = reader.u8();
  told.response = (flags & 0x80) != 0;
  told.error = (flags & 0x40) != 0;
  told.opcode = flags & 0x1f;
  told.sequence = reader.u16();
  reader.skip(2);  // status
  told.association = reader.u16();
  reader.skip(2);  // offset
  const std::size_t count = reader.u16();
  message.sound = reader.ok() && count <= reader.remaining();
  return reader.ok();
}

// No RFC: ntpd's ntp_request.h. Requests may end behind their header's first half.
bool parse_private(Reader& reader, NtpMessage& message) {
  NtpManagement& told = message.management;
  told.response = (reader.u8() & 0x80) != 0;
  reader.skip(1);  // authenticated, sequence
  told.implementation = reader.u8();
  told.request_code = reader.u8();
  const std::size_t items = reader.u16() & 0xfff;
  const std::size_t item_size = reader.u16() & 0xfff;
  message.sound = reader.ok() && items * item_size <= reader.remaining();
  return reader.ok();
}

}  // namespace

bool parse_ntp(Bytes datagram, NtpMessage& message) {
  Reader reader(datagram);
  const std::uint8_t first = reader.peek_u8();
  message.version = first >> 3 & 7;
  message.mode = first & 7;
  if (message.version < 1 || message.version > 4) return false;
  if (message.mode == ntp_mode::kControl) return parse_control(reader, message);
  if (message.mode == ntp_mode::kPrivate) return parse_private(reader, message);
  return parse_clock(reader, message);
}

std::string_view ntp_mode_name(std::uint8_t mode) {
  constexpr std::array<std::string_view, 8> kNames{
      "reserved", "symmetric_active", "symmetric_passive", "client",
      "server",   "broadcast",        "control",           "private"};
  return mode < kNames.size() ? kNames[mode] : std::string_view();
}

std::optional<TimestampNs> ntp_time(std::uint64_t stamp, TimestampNs captured) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  constexpr std::uint32_t kUnixEpoch = 2'208'988'800;  // 1970 in seconds since 1900
  constexpr std::int64_t kLastSecond = INT64_MAX / kNsPerSecond - 1;
  if (stamp == 0) return std::nullopt;
  const std::int64_t now = captured / kNsPerSecond;
  const auto seconds = static_cast<std::uint32_t>(stamp >> 32);
  // Modulo 2^32: the way to the nearest second that is written so.
  const auto away =
      static_cast<std::int32_t>(seconds - (static_cast<std::uint32_t>(now) + kUnixEpoch));
  const std::int64_t second = std::clamp(now + away, -kLastSecond, kLastSecond);
  const std::uint64_t fraction = (stamp & UINT32_MAX) * kNsPerSecond >> 32;
  return second * kNsPerSecond + static_cast<std::int64_t>(fraction);
}

}  // namespace netmoth::protocols
