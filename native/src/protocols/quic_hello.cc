// What QUIC's Initial packets say: frames, the CRYPTO stream and the hellos in it, and Google's own
// handshake. See quic_parser.h.
#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/hex.h"
#include "base/reader.h"
#include "protocols/quic_packet.h"
#include "protocols/quic_parser.h"
#include "protocols/tls_fingerprint.h"
#include "protocols/tls_hello.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kHandshakeHeader = 4;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kServerHello = 2;

std::vector<QuicExtension> extensions_of(const TlsExtensions& extensions) {
  std::vector<QuicExtension> out;
  for (const TlsExtension& extension : extensions) {
    if (out.size() == kMaxQuicExtensions) break;
    out.push_back({extension.type, {}});
  }
  return out;
}

void add_value(std::vector<QuicExtension>& extensions, std::uint16_t type, std::string_view value) {
  const auto at = std::ranges::find(extensions, type, &QuicExtension::type);
  if (at != extensions.end()) at->values.emplace_back(value);
}

// CYU (Salesforce): version and tags of Google's client hello.
std::string_view cyu_version(std::uint32_t version) {
  switch (version) {
    case 0x51303433:
      return "43";
    case 0x51303434:
    case 0x51303435:
      return "44";
    case 0x51303436:
      return "46";
    default:
      return {};
  }
}

}  // namespace

bool QuicParser::read_frames(bool from_client, Bytes frames) {
  constexpr std::uint64_t kPadding = 0x00;
  constexpr std::uint64_t kPing = 0x01;
  constexpr std::uint64_t kAck = 0x02;
  constexpr std::uint64_t kAckEcn = 0x03;
  constexpr std::uint64_t kCrypto = 0x06;
  constexpr std::uint64_t kGoogleCrypto = 0x08;  // Q050, T050 and T051 keep Google's numbers
  constexpr std::uint64_t kGooglePing = 0x07;
  const bool google = version_ >> 24 == 'Q' || version_ >> 24 == 'T';
  base::Reader reader(frames);
  while (reader.ok() && !reader.at_end()) {
    const std::uint64_t type = quic_varint(reader);
    if (type == kPadding || type == kPing || (google && type == kGooglePing)) continue;
    if (type == kAck || type == kAckEcn) {
      (void)quic_varint(reader);  // largest
      (void)quic_varint(reader);  // delay
      std::uint64_t ranges = quic_varint(reader);
      (void)quic_varint(reader);
      while (reader.ok() && ranges-- > 0) {
        (void)quic_varint(reader);
        (void)quic_varint(reader);
      }
      for (int i = 0; type == kAckEcn && i < 3; ++i)
        (void)quic_varint(reader);
    } else if (type == kCrypto || (google && type == kGoogleCrypto)) {
      const std::uint64_t offset = quic_varint(reader);
      const std::uint64_t length = quic_varint(reader);
      if (length > reader.remaining()) return false;
      const Bytes data = reader.bytes(static_cast<std::size_t>(length));
      if (!reader.ok()) return false;
      const bool wanted = !(from_client ? client_reported_ : server_reported_);
      if (wanted && !crypto_[from_client ? 0 : 1].add(offset, data)) return false;
    } else {
      return true;  // CONNECTION_CLOSE and what Initials may not carry
    }
  }
  return reader.ok() || google;  // whose other frames have shapes of their own
}

// The handshake messages at the front of the stream, each once.
void QuicParser::read_messages(bool from_client, TransactionSink& sink) {
  const std::size_t side = from_client ? 0 : 1;
  while (!(from_client ? client_reported_ : server_reported_)) {
    const Bytes message = crypto_[side].contiguous().subspan(read_[side]);
    if (message.size() < kHandshakeHeader) return;
    if (as_text(message.first(4)) == "CHLO") {  // Q050: Google's handshake inside CRYPTO frames
      if (read_chlo(message, sink)) client_reported_ = true;
      return;
    }
    base::Reader reader(message);
    const std::uint8_t type = reader.u8();
    const std::size_t length = reader.u24();
    if (reader.remaining() < length) return;
    if (!read_hello(type, reader.bytes(length), sink)) return;
    read_[side] += kHandshakeHeader + length;
  }
  crypto_[side].clear();
}

// False where the message is no hello: nothing behind it is read.
bool QuicParser::read_hello(std::uint8_t type, Bytes body, TransactionSink& sink) {
  QuicInitial initial;
  initial.version = version_;
  initial.from_client = type == kClientHello;
  if (type == kClientHello && !client_reported_) {
    ClientHello hello;
    if (!parse_client_hello(body, hello)) return false;
    initial.sni = server_name(hello);
    initial.extensions = extensions_of(hello.extensions);
    if (!initial.sni.empty())
      add_value(initial.extensions, tls_extension::kServerName, initial.sni);
    for_each_alpn(hello.extensions, [&](Bytes name) {
      initial.alpns.emplace_back(as_text(name));
      add_value(initial.extensions, tls_extension::kAlpn, as_text(name));
    });
    initial.ja3 = ja3_string(hello);
    initial.ja4 = ja4(hello, Ja4Carrier::kQuic);
    initial.encrypted_hello = encrypted_hello(hello.extensions);
    initial.early_data = hello.extensions.find(tls_extension::kEarlyData).has_value();
    client_reported_ = true;
  } else if (type == kServerHello && !server_reported_) {
    ServerHello hello;
    if (!parse_server_hello(body, hello)) return false;
    if (hello.retry) {
      retried_ = true;
      return true;
    }
    initial.ja3 = ja3s_string(hello);
    initial.extensions = extensions_of(hello.extensions);
    server_reported_ = true;
  } else {
    return false;
  }
  initial.ja3_hash = ja3_hash(initial.ja3);
  initial.retried = retried_;
  sink.on_record(initial.from_client ? Direction::kToServer : Direction::kToClient, initial);
  return true;
}

// Google's message format: tag, number of entries, then (tag, end offset) pairs, then the values.
bool QuicParser::read_chlo(Bytes message, TransactionSink& sink) {
  base::Reader reader(message);
  reader.skip(4);
  const std::size_t entries = reader.u16_le();
  reader.skip(2);
  const std::size_t values = reader.position() + entries * 8;
  if (!reader.ok() || entries > kMaxGoogleTags || values > message.size()) return false;
  QuicInitial initial;
  initial.version = version_;
  std::string tags;
  std::size_t begin = 0;
  bool cut = false;  // the rest of the values is in another packet
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string_view tag = as_text(reader.bytes(4));
    const std::size_t end = reader.u32_le();
    tags.push_back(i == 0 ? ',' : '-');
    tags.append(tag.substr(0, tag.find('\0')));
    cut = cut || end < begin || end > message.size() - values;
    if (cut) continue;
    const std::string_view value = as_text(message.subspan(values + begin, end - begin));
    if (tag == std::string_view("SNI\0", 4)) initial.sni = value;
    if (tag == "UAID") initial.user_agent = value;
    begin = end;
  }
  if (const std::string_view number = cyu_version(version_); !number.empty() && entries > 0) {
    initial.cyu.append(number).append(tags);
    initial.cyu_hash = base::to_hex(base::md5(as_bytes(initial.cyu)));
  }
  initial.retried = retried_;
  sink.on_record(Direction::kToServer, initial);
  return true;
}

void QuicParser::read_gquic(Direction direction, Bytes data, TransactionSink& sink) {
  constexpr std::size_t kFarthest = 128;  // headers before the message are shorter
  if (client_reported_ || direction == Direction::kToClient) return;
  const std::size_t at = as_text(data.first(std::min(data.size(), kFarthest))).find("CHLO");
  if (at != std::string_view::npos && read_chlo(data.subspan(at), sink)) client_reported_ = true;
}

}  // namespace netmoth::protocols
