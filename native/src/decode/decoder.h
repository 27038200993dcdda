// From a frame to IP packets: link layer, tags and labels, IP, transport header, and tunnels
// inside.
//
// Invariant: every frame gives at least one Packet (ip_version 0 where it carries no readable IP)
// and whatever is wrong with it is a named DecodeEvent; decode() never reads outside the frame,
// never throws, and allocates for fragments alone. Views in the result point into the frame and
// live as long as its bytes do; those of a datagram put together from fragments point into the
// DecodedFrame and live until it is decoded into again.
//
// A tunnel gives one Packet per IP datagram, outermost first: the outer UDP/GRE/IP packet with
// tunnel_depth 0, then what it carries with 1, 2, …, at most kMaxTunnelDepth.
//
// A fragment gives a Packet with is_fragment, without ports or payload. The one that completes its
// datagram gives the datagram instead, at its own time, counted as Suricata counts it: the octets
// of the first fragment's headers and of all the data. Tunnels in it are followed, and fragments in
// them wait at their own depth.
#pragma once

#include <array>
#include <cstddef>

#include "decode/decode_event.h"
#include "decode/defragment.h"
#include "decode/packet.h"

namespace netmoth::decode {

inline constexpr std::size_t kMaxTunnelDepth = 4;
inline constexpr std::size_t kMaxPacketsPerFrame = kMaxTunnelDepth + 1;
// Headers of any kind one frame may stack up before the rest is left unread (too_many_layers).
inline constexpr std::size_t kMaxLayers = 24;
inline constexpr std::size_t kMaxAnomaliesPerFrame = 8;

struct DecoderOptions {
  // Check IPv4, TCP, UDP, ICMP and ICMPv6 checksums into Packet::checksum_valid.
  bool validate_checksums = true;
  bool decode_tunnels = true;
  DefragOptions defrag = {};
  // Of fragments: for all receivers, and for those of a network.
  DefragPolicy defrag_policy = DefragPolicy::kLinux;
  base::HostPolicies host_policies = {};
};

struct Anomaly {
  DecodeEvent event = DecodeEvent::kEthernetTooSmall;
  std::uint8_t packet = 0;  // index into DecodedFrame::packets(): whose addresses it is told with
};

// The decoder's output, owned by the caller, who may keep several to work on frames in batches.
class DecodedFrame {
 public:
  [[nodiscard]] std::span<const Packet> packets() const { return {packets_.data(), packet_count_}; }
  // Each event at most once a packet.
  [[nodiscard]] std::span<const Anomaly> anomalies() const {
    return {anomalies_.data(), anomaly_count_};
  }
  // Something of it could not be read: counts as decoder.invalid in EVE stats.
  [[nodiscard]] bool invalid() const { return invalid_; }

 private:
  friend class FrameContext;
  std::array<Packet, kMaxPacketsPerFrame> packets_;
  std::array<Anomaly, kMaxAnomaliesPerFrame> anomalies_{};
  std::uint8_t packet_count_ = 0;
  std::uint8_t anomaly_count_ = 0;
  bool invalid_ = false;
  std::array<std::unique_ptr<DatagramBuffer>, kMaxPacketsPerFrame> reassembled_;  // by packet
};

// Since construction; tunnelled packets count as well as those that carry them.
struct DecoderCounters {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;    // captured
  std::uint64_t invalid = 0;  // frames with something that could not be read
  std::uint64_t ipv4 = 0;
  std::uint64_t ipv6 = 0;
  std::uint64_t tcp = 0;
  std::uint64_t udp = 0;
  std::uint64_t sctp = 0;
  std::uint64_t icmp = 0;
  std::uint64_t icmpv6 = 0;
  std::uint64_t fragments = 0;
  std::uint64_t vlan = 0;
  std::uint64_t tunneled = 0;
  std::uint64_t truncated = 0;  // cut by the snap length
  std::uint64_t bad_checksums = 0;
  std::uint64_t anomalies_dropped = 0;  // more than kMaxAnomaliesPerFrame in one frame
  std::array<std::uint64_t, kDecodeEventCount> events{};
};

class Decoder {
 public:
  explicit Decoder(const DecoderOptions& options)
      : options_(options), defragmenter_(options.defrag) {}

  void decode(const Frame& frame, DecodedFrame& out);

  // Time passed without a frame: gives up datagrams whose fragments have not come.
  void expire(TimestampNs now) { defragmenter_.expire(now); }

  [[nodiscard]] const DecoderCounters& counters() const { return counters_; }
  [[nodiscard]] const DefragCounters& defrag_counters() const { return defragmenter_.counters(); }
  [[nodiscard]] std::size_t defrag_bytes() const { return defragmenter_.held_bytes(); }

  // True where decode() knows the link type; frames of others give one packet without IP and
  // decoder.link.unsupported_type.
  [[nodiscard]] static bool supports(LinkType link);

 private:
  DecoderOptions options_;
  DecoderCounters counters_;
  Defragmenter defragmenter_;
};

}  // namespace netmoth::decode
