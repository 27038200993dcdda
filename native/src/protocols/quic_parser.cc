// See quic_parser.h.
#include "protocols/quic_parser.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/quic_packet.h"
#include "protocols/tls_fingerprint.h"
#include "protocols/tls_hello.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kMaxConnectionId = 20;
constexpr std::size_t kHandshakeHeader = 4;

// Variable-length integer (RFC 9000 §16).
std::uint64_t varint(base::Reader& reader) {
  const std::uint8_t first = reader.u8();
  std::uint64_t value = first & 0x3f;
  for (int more = (1 << (first >> 6)) - 1; more > 0; --more)
    value = value << 8 | reader.u8();
  return value;
}

bool is_version2(std::uint32_t version) {
  return version == 0x6b3343cf || version == 0x709a50c4;
}

// One per worker thread; holds the frames of the packet being read.
std::span<std::uint8_t> plain_text() {
  thread_local std::array<std::uint8_t, 65536> buffer;
  return buffer;
}

}  // namespace

bool CryptoStream::add(std::uint64_t offset, Bytes data) {
  if (data.empty()) return true;
  if (offset > kMaxCryptoStream || data.size() > kMaxCryptoStream - offset) return false;
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t end = begin + data.size();
  if (bytes_.size() < end) bytes_.resize(end);
  std::copy(data.begin(), data.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin));
  Piece piece{begin, end};
  std::erase_if(pieces_, [&](const Piece& other) {
    if (other.begin > piece.end || other.end < piece.begin) return false;
    piece = {std::min(piece.begin, other.begin), std::max(piece.end, other.end)};
    return true;
  });
  if (pieces_.size() == kMaxCryptoPieces) return false;
  pieces_.insert(std::upper_bound(pieces_.begin(), pieces_.end(), piece,
                                  [](const Piece& a, const Piece& b) { return a.begin < b.begin; }),
                 piece);
  return true;
}

Bytes CryptoStream::contiguous() const {
  if (pieces_.empty() || pieces_.front().begin != 0) return {};
  return Bytes(bytes_).first(pieces_.front().end);
}

void CryptoStream::clear() {
  bytes_ = {};
  pieces_ = {};
}

// RFC 9000 §17.2. Packets but the last of a datagram say their length.
bool QuicParser::read_long_header(Bytes data, LongHeader& header) {
  base::Reader reader(data);
  const std::uint8_t first = reader.u8();
  if ((first & 0x80) == 0) return false;
  header.version = reader.u32();
  const std::size_t destination_length = reader.u8();
  header.destination = reader.bytes(destination_length);
  const std::size_t source_length = reader.u8();
  reader.skip(source_length);
  if (!reader.ok() || destination_length > kMaxConnectionId || source_length > kMaxConnectionId) {
    return false;
  }
  // Version 2 turned the types by one: Initial 1, 0-RTT 2, Handshake 3, Retry 0.
  const unsigned type = (first >> 4 & 3u) + (is_version2(header.version) ? 3u : 0u);
  header.initial = (type & 3u) == 0;
  header.retry = (type & 3u) == 3;
  if (header.version == 0 || header.retry) {
    header.end = data.size();
    return true;
  }
  if (header.initial) {
    const std::uint64_t token = varint(reader);
    if (token > reader.remaining()) return false;
    reader.skip(static_cast<std::size_t>(token));
  }
  const std::uint64_t length = varint(reader);
  header.number_offset = reader.position();
  if (!reader.ok() || length > reader.remaining()) return false;
  header.end = header.number_offset + static_cast<std::size_t>(length);
  return true;
}

// Keys from this packet's own destination: the version's suite first, then the others, because
// versions nobody registered are in use that keep an older salt. The tag tells.
std::optional<Bytes> QuicParser::open_as_client(const LongHeader& header, Bytes packet) {
  const auto attempt = [&](QuicSuite suite) -> std::optional<Bytes> {
    const QuicKeys keys = derive_initial_keys(suite, header.destination, QuicEnd::kClient);
    auto frames = open_initial(keys, packet, header.number_offset, plain_text());
    if (frames) {
      suite_ = suite;
      client_keys_ = keys;
      server_keys_.reset();
      std::copy(header.destination.begin(), header.destination.end(), connection_id_.begin());
      connection_id_length_ = static_cast<std::uint8_t>(header.destination.size());
    }
    return frames;
  };
  const std::optional<QuicSuite> named = quic_suite(header.version);
  if (named) {
    if (auto frames = attempt(*named)) return frames;
    if (header.version == 1) return std::nullopt;
  }
  if (suite_) return std::nullopt;  // guess for the first packet only
  for (std::size_t i = 0; i < static_cast<std::size_t>(QuicSuite::kCount); ++i) {
    const auto suite = static_cast<QuicSuite>(i);
    if (suite == named) continue;
    if (auto frames = attempt(suite)) return frames;
  }
  return std::nullopt;
}

std::optional<Bytes> QuicParser::open(Direction direction, const LongHeader& header, Bytes packet,
                                      bool& from_client) {
  from_client = direction == Direction::kToServer;
  for (int i = 0; suite_ && i < 2; ++i) {
    if (!from_client && !server_keys_) {
      const Bytes connection_id = Bytes(connection_id_).first(connection_id_length_);
      server_keys_ = derive_initial_keys(*suite_, connection_id, QuicEnd::kServer);
    }
    const QuicKeys& keys = from_client ? client_keys_ : *server_keys_;
    if (auto frames = open_initial(keys, packet, header.number_offset, plain_text())) return frames;
    from_client = !from_client;
  }
  // The first packet, or a new destination after a Retry.
  from_client = true;
  return open_as_client(header, packet);
}

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
    const std::uint64_t type = varint(reader);
    if (type == kPadding || type == kPing || (google && type == kGooglePing)) continue;
    if (type == kAck || type == kAckEcn) {
      (void)varint(reader);  // largest
      (void)varint(reader);  // delay
      std::uint64_t ranges = varint(reader);
      (void)varint(reader);
      while (reader.ok() && ranges-- > 0) {
        (void)varint(reader);
        (void)varint(reader);
      }
      for (int i = 0; type == kAckEcn && i < 3; ++i)
        (void)varint(reader);
    } else if (type == kCrypto || (google && type == kGoogleCrypto)) {
      const std::uint64_t offset = varint(reader);
      const std::uint64_t length = varint(reader);
      if (length > reader.remaining()) return false;
      const Bytes data = reader.bytes(static_cast<std::size_t>(length));
      if (!reader.ok() || !crypto_[from_client ? 0 : 1].add(offset, data)) return false;
    } else {
      return true;  // CONNECTION_CLOSE and what Initials may not carry
    }
  }
  return reader.ok();
}

void QuicParser::read_hello(bool from_client, TransactionSink& sink) {
  const Bytes message = crypto_[from_client ? 0 : 1].contiguous();
  if (message.size() < kHandshakeHeader) return;
  base::Reader reader(message);
  const std::uint8_t type = reader.u8();
  const std::size_t length = reader.u24();
  if (as_text(message.first(4)) == "CHLO") {  // Q050: Google's handshake inside CRYPTO frames
    if (read_chlo(message, sink)) client_reported_ = true;
    return;
  }
  if (reader.remaining() < length) return;
  const Bytes body = reader.bytes(length);
  QuicInitial initial;
  initial.version = version_;
  initial.from_client = type == 1;
  if (type == 1 && !client_reported_) {
    ClientHello hello;
    if (!parse_client_hello(body, hello)) return;
    initial.sni = server_name(hello);
    for_each_alpn(hello.extensions, [&](Bytes name) { initial.alpns.emplace_back(as_text(name)); });
    initial.ja3 = ja3_string(hello);
    initial.ja4 = ja4(hello, Ja4Carrier::kQuic);
    client_reported_ = true;
  } else if (type == 2 && !server_reported_) {
    ServerHello hello;
    if (!parse_server_hello(body, hello) || hello.retry) return;
    initial.ja3 = ja3s_string(hello);
    server_reported_ = true;
  } else {
    return;
  }
  initial.ja3_hash = ja3_hash(initial.ja3);
  crypto_[from_client ? 0 : 1].clear();
  sink.on_record(initial.from_client ? Direction::kToServer : Direction::kToClient, initial);
}

// Google's message format: tag, number of entries, then (tag, end offset) pairs, then the values.
bool QuicParser::read_chlo(Bytes message, TransactionSink& sink) {
  base::Reader reader(message);
  reader.skip(4);
  const std::size_t entries = reader.u16_le();
  reader.skip(2);
  const std::size_t values = reader.position() + entries * 8;
  if (!reader.ok() || entries > 128 || values > message.size()) return false;
  QuicInitial initial;
  initial.version = version_;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string_view tag = as_text(reader.bytes(4));
    const std::size_t end = reader.u32_le();
    if (end < begin || end > message.size() - values) break;
    const std::string_view value = as_text(message.subspan(values + begin, end - begin));
    if (tag == std::string_view("SNI\0", 4)) initial.sni = value;
    if (tag == "UAID") initial.user_agent = value;
    begin = end;
  }
  sink.on_record(Direction::kToServer, initial);
  return true;
}

void QuicParser::read_gquic(Direction direction, Bytes data, TransactionSink& sink) {
  if (client_reported_ || direction == Direction::kToClient) return;
  const std::size_t at = as_text(data.first(std::min<std::size_t>(data.size(), 128))).find("CHLO");
  if (at != std::string_view::npos && read_chlo(data.subspan(at), sink)) client_reported_ = true;
}

Verdict QuicParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  ++datagrams_;
  const QuicKind kind = classify_quic(data);
  if (kind == QuicKind::kGquicKnownVersion && version_ == 0) {
    const std::uint8_t first = data[0];
    base::Reader reader(data.subspan((first & 0x80) != 0 ? 1 : 9));
    version_ = reader.u32();
  }
  const bool google = version_ != 0 && (version_ >> 24 == 'Q') && !quic_suite(version_);
  if (google) {
    read_gquic(direction, data, sink);
    return client_reported_ || datagrams_ > kMaxDatagrams ? Verdict::kDone : Verdict::kMore;
  }
  while (!data.empty() && (data[0] & 0x80) != 0) {
    LongHeader header;
    if (!read_long_header(data, header)) break;
    if (header.version != 0 && (version_ == 0 || !client_reported_)) version_ = header.version;
    const Bytes packet = data.first(header.end);
    data = data.subspan(header.end);
    if (!header.initial || header.version == 0) continue;
    bool from_client = true;
    const auto frames = open(direction, header, packet, from_client);
    if (!frames) continue;
    if (!read_frames(from_client, *frames)) {
      sink.on_anomaly(AppProto::kQuic, "error_on_data", direction);
    }
    read_hello(from_client, sink);
  }
  if (client_reported_ && server_reported_) return Verdict::kDone;
  if (datagrams_ < kMaxDatagrams) return Verdict::kMore;
  on_close(sink);
  return Verdict::kDone;
}

void QuicParser::on_close(TransactionSink& sink) {
  if (client_reported_ || version_ == 0) return;
  client_reported_ = true;
  QuicInitial initial;
  initial.version = version_;
  sink.on_record(Direction::kToServer, initial);
}

}  // namespace netmoth::protocols
