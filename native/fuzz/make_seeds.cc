// make_seeds OUT_DIR CAPTURE…: fuzz seeds from real traffic.
//
// For every connection whose protocol has a parser: its first octets in the form of
// protocol_driver.h, as OUT_DIR/<app_proto>/<hash> (<app_proto>.datagram for UDP); small captures
// whole, as OUT_DIR/capture/<hash>. Merge them into a corpus with
// libFuzzer's -merge=1, which keeps what adds coverage. Streams are taken in the order of capture,
// retransmissions left out: a seed need not be perfect.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "capture/pcap_file.h"
#include "decode/decoder.h"
#include "flow/flow_key.h"
#include "protocols/parser.h"

namespace {

using namespace netmoth;
namespace fs = std::filesystem;

constexpr std::size_t kMaxSeedBytes = 8192;
constexpr std::size_t kMaxWholeCapture = 32768;
constexpr std::size_t kMaxConnections = 200'000;

// Control octets as play_stream() of protocol_driver.h reads them.
constexpr std::uint8_t kToClientBit = 0x80;
constexpr std::size_t kControlUnit = 4;
constexpr std::size_t kMaxControl = 0x7e;

struct Connection {
  flow::FlowKey key;  // source is who was seen first: side 0
  protocols::AppProto proto = protocols::AppProto::kUnknown;
  std::vector<std::uint8_t> seed;
  std::array<std::uint32_t, 2> next{};
  std::array<bool, 2> started{};
  std::size_t client = 0;  // its side
};

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void keep(std::string_view kind, Bytes bytes) {
    const std::size_t hash = std::hash<std::string_view>{}(as_text(bytes));
    if (!seen_.insert(hash).second) return;
    const fs::path place = folder_ / kind;
    fs::create_directories(place);
    std::ofstream file(place / std::to_string(hash), std::ios::binary);
    file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  fs::path folder_;
  std::set<std::size_t> seen_;
  std::size_t count_ = 0;
};

protocols::AppProto detect(const decode::Packet& packet, Bytes data, bool& to_client) {
  const auto transport =
      packet.protocol == ip_proto::kUdp ? protocols::Transport::kUdp : protocols::Transport::kTcp;
  const auto found = protocols::probe(
      {transport, packet.source_port, packet.destination_port, Direction::kToServer, data});
  if (found.certainty != protocols::Certainty::kCertain) return protocols::AppProto::kUnknown;
  to_client = found.reversed;
  return found.proto;
}

void append_chunks(std::vector<std::uint8_t>& seed, bool to_client, Bytes data) {
  while (!data.empty() && seed.size() < kMaxSeedBytes) {
    const std::size_t control = std::min((data.size() - 1) / kControlUnit, kMaxControl);
    const std::size_t length = std::min(control * kControlUnit + 1, data.size());
    seed.push_back(static_cast<std::uint8_t>(control | (to_client ? kToClientBit : 0U)));
    seed.insert(seed.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length));
    data = data.subspan(length);
  }
}

class Extractor {
 public:
  explicit Extractor(Seeds& seeds) : seeds_(seeds) {}

  void on_packet(const decode::Packet& packet) {
    if (packet.invalid || packet.is_fragment || packet.payload.empty()) return;
    if (packet.protocol == ip_proto::kUdp) return on_datagram(packet);
    if (packet.protocol == ip_proto::kTcp) on_segment(packet);
  }
  void finish() {
    for (const auto& [hash, connection] : connections_) {
      if (connection.proto == protocols::AppProto::kUnknown) continue;
      if (protocols::make_parser(connection.proto, protocols::Transport::kTcp) == nullptr) continue;
      seeds_.keep(protocols::app_proto_name(connection.proto), connection.seed);
    }
    connections_.clear();
  }

 private:
  void on_datagram(const decode::Packet& packet) {
    bool to_client = false;
    const auto proto = detect(packet, packet.payload, to_client);
    if (protocols::make_parser(proto, protocols::Transport::kUdp) != nullptr)
      seeds_.keep(std::string(protocols::app_proto_name(proto)) + ".datagram", packet.payload);
  }
  void on_segment(const decode::Packet& packet) {
    const flow::FlowKey key = flow::key_of(packet);
    const std::uint64_t hash = flow::hash_of(key, 0);
    if (connections_.size() >= kMaxConnections && !connections_.contains(hash)) return;
    const auto [place, fresh] = connections_.try_emplace(hash);
    Connection& connection = place->second;
    if (fresh) connection.key = key;
    if (connection.seed.size() >= kMaxSeedBytes) return;
    const bool forth =
        key.source == connection.key.source && key.source_port == connection.key.source_port;
    const std::size_t side = forth ? 0 : 1;
    if (connection.started[side] &&
        static_cast<std::int32_t>(packet.tcp.sequence - connection.next[side]) < 0)
      return;
    connection.started[side] = true;
    connection.next[side] = packet.tcp.sequence + static_cast<std::uint32_t>(packet.payload.size());
    bool to_client = false;
    if (connection.proto == protocols::AppProto::kUnknown) {
      connection.proto = detect(packet, packet.payload, to_client);
      connection.client = to_client ? 1 - side : side;
    }
    append_chunks(connection.seed, side != connection.client, packet.payload);
  }

  Seeds& seeds_;
  std::map<std::uint64_t, Connection> connections_;
};

void read_capture(const char* path, Seeds& seeds) {
  if (fs::file_size(path) <= kMaxWholeCapture) {
    std::ifstream file(path, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(file)), {});
    seeds.keep("capture", as_bytes(whole));
  }
  capture::PcapFile source{std::string(path)};
  decode::Decoder decoder({});
  decode::DecodedFrame decoded;
  Extractor extractor(seeds);
  std::array<decode::Frame, 32> frames;
  std::size_t count = 0;
  while (source.next_batch(frames, count) == capture::SourceStatus::kFrames) {
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      decoder.decode(frame, decoded);
      for (const decode::Packet& packet : decoded.packets())
        extractor.on_packet(packet);
    }
  }
  extractor.finish();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: make_seeds OUT_DIR CAPTURE...\n");
    return 2;
  }
  Seeds seeds(arguments[1]);
  for (int i = 2; i < count; ++i)
    read_capture(arguments[i], seeds);
  std::printf("%zu seeds in %s\n", seeds.count(), arguments[1]);
  return 0;
}
