// See quic_parser.h.
#include "protocols/quic_parser.h"

#include <algorithm>

#include "base/heap_balance.h"
#include "base/reader.h"
#include "protocols/frame.h"
#include "protocols/quic_packet.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kMaxConnectionId = 20;
// Packets of which no salt is known that are tried with all of them.
constexpr unsigned kMaxGuesses = 3;

bool is_version2(std::uint32_t version) {
  return version == 0x6b3343cf || version == 0x709a50c4;
}

// One per worker thread; holds the frames of the packet being read. From the heap, because what the
// addon keeps for each thread has to be small (base/heap_balance.cc).
std::span<std::uint8_t> plain_text() {
  constexpr std::size_t kOctets = 65'536;
  thread_local const std::unique_ptr<std::uint8_t[]> buffer = [] {
    const base::HeapAside aside;  // not the session's
    return std::make_unique<std::uint8_t[]>(kOctets);
  }();
  return {buffer.get(), kOctets};
}

}  // namespace

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
    const std::uint64_t token = quic_varint(reader);
    if (token > reader.remaining()) return false;
    reader.skip(static_cast<std::size_t>(token));
  }
  const std::uint64_t length = quic_varint(reader);
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
  if (suite_ || guesses_ == kMaxGuesses) return std::nullopt;
  ++guesses_;
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

void QuicParser::on_packet(Direction direction, const LongHeader& header, Bytes packet,
                           TransactionSink& sink) {
  if (header.version == 0 || header.retry) {
    // The client begins anew: another version, or another destination and a token.
    if (direction == Direction::kToServer || client_reported_) return;
    retried_ = true;
    crypto_[0].clear();
    read_[0] = 0;
    return;
  }
  if (!header.initial) return;
  bool from_client = true;
  const auto frames = open(direction, header, packet, from_client);
  if (!frames) {
    const bool expected =
        direction == Direction::kToServer && !suite_ && quic_suite(header.version).has_value();
    if (expected) raise(kFailedDecrypt, direction, sink);
    return;
  }
  if (!read_frames(from_client, *frames)) raise(kErrorOnData, direction, sink);
  read_messages(from_client, sink);
}

void QuicParser::raise(Event event, Direction direction, TransactionSink& sink) {
  if ((events_ & event) != 0) return;
  events_ = static_cast<std::uint8_t>(events_ | event);
  sink.on_anomaly(AppProto::kQuic, event == kErrorOnData ? "error_on_data" : "failed_decrypt",
                  direction);
}

// The unit is what is left of the datagram, as in Suricata; the header ends before the packet's
// number, and what is behind it is protected.
void QuicParser::tell_frames(Direction direction, const LongHeader& header, Bytes data,
                             TransactionSink& sink) {
  tell_frame("quic.pdu", direction, data, sink);
  if (header.number_offset == 0) return;
  tell_frame("quic.hdr", direction, data.first(header.number_offset), sink);
  const Bytes rest = data.first(header.end).subspan(header.number_offset);
  if (!rest.empty()) tell_frame("quic.data", direction, rest, sink);
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
    if (sink.content().frames) tell_frames(direction, header, data, sink);
    const Bytes packet = data.first(header.end);
    data = data.subspan(header.end);
    on_packet(direction, header, packet, sink);
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
