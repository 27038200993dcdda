// What the layers of one frame share while it is decoded. Private to decode/.
//
// Invariant: the only place that adds packets and anomalies to a DecodedFrame, and so the only one
// that has to keep their bounds; a frame can enter kMaxLayers layers at most, whatever it nests.
#pragma once

#include <optional>
#include <utility>

#include "base/reader.h"
#include "decode/decoder.h"

namespace netmoth::decode {

class FrameContext {
 public:
  FrameContext(const Frame& frame, DecodedFrame& out, const DecoderOptions& decoder_options,
               DecoderCounters& decoder_counters, Defragmenter& defragmenter)
      : options(decoder_options),
        counters(decoder_counters),
        frame_(frame),
        out_(out),
        defragmenter_(defragmenter),
        carried_(frame.data) {
    out_.packet_count_ = 0;
    out_.anomaly_count_ = 0;
    out_.invalid_ = false;
    if (frame.vlan_present) push_vlan(frame.vlan_tci);
  }
  FrameContext(const FrameContext&) = delete;
  FrameContext& operator=(const FrameContext&) = delete;

  // Each decode_… function of a header calls this first and returns where it says no.
  [[nodiscard]] bool enter_layer() {
    if (++layers_ <= kMaxLayers) return true;
    if (layers_ == kMaxLayers + 1) fail(DecodeEvent::kTooManyLayers);
    return false;
  }

  // A packet with what the layers below say; nullptr where the frame holds too many.
  [[nodiscard]] Packet* add_packet(Bytes datagram);

  // Sets `packet` aside as a fragment. Where it was the one that was missing, `packet` becomes the
  // datagram (protocol and ttl those of its first fragment) and what follows its headers comes
  // back. The caller fills in all of `fragment` but key, ttl and protocol.
  [[nodiscard]] std::optional<Bytes> join(Packet& packet, std::uint32_t identification,
                                          Fragment fragment);

  // Something odd that does not keep the packet from being understood.
  void note(DecodeEvent event);
  // Something that does: the frame counts as invalid.
  void fail(DecodeEvent event) {
    note(event);
    out_.invalid_ = true;
  }
  void fail(Packet& packet, DecodeEvent event) {
    fail(event);
    packet.invalid = true;
  }

  // The frame was cut by the snap length, so lengths may exceed what is there.
  [[nodiscard]] bool snapped() const { return frame_.wire_length > frame_.data.size(); }
  [[nodiscard]] bool validate_checksums() const {
    return options.validate_checksums && !frame_.checksum_not_ready;
  }
  [[nodiscard]] bool has_packets() const { return out_.packet_count_ > 0; }
  [[nodiscard]] bool invalid() const { return out_.invalid_; }
  [[nodiscard]] const Frame& frame() const { return frame_; }

  // Octets in front of an IP header that count as the packet's: the link layer's.
  [[nodiscard]] std::uint32_t link_bytes(Bytes datagram) const {
    return static_cast<std::uint32_t>(datagram.data() - carried_.data());
  }

  void push_vlan(std::uint16_t tci) {
    if (vlan_count < kMaxVlanTags) {
      vlan[vlan_count++] = tci & 0x0FFF;
    } else {
      note(DecodeEvent::kVlanTooManyLayers);
    }
  }
  void set_macs(Bytes destination, Bytes source) {
    std::memcpy(destination_mac.data(), destination.data(), destination_mac.size());
    std::memcpy(source_mac.data(), source.data(), source_mac.size());
    has_mac = true;
  }

  // Runs `decode_inner` one tunnel further in; what is inside is marked as come out of `origin`.
  // `carried` is all the tunnel carries: a link layer in it counts as the inner packet's.
  template <typename DecodeInner>
  void in_tunnel(PacketOrigin inner_origin, Bytes carried, DecodeInner decode_inner) {
    if (!options.decode_tunnels) return;
    if (tunnel_depth == kMaxTunnelDepth) return fail(DecodeEvent::kTooManyLayers);
    const PacketOrigin outer_origin = std::exchange(origin, inner_origin);
    const Bytes outer_carried = std::exchange(carried_, carried);
    const bool outer_mac = std::exchange(has_mac, false);
    ++tunnel_depth;
    decode_inner();
    --tunnel_depth;
    origin = outer_origin;
    carried_ = outer_carried;
    has_mac = outer_mac;
  }

  const DecoderOptions& options;
  DecoderCounters& counters;
  MacAddress source_mac{};
  MacAddress destination_mac{};
  bool has_mac = false;
  std::uint16_t ether_type = 0;
  std::uint8_t vlan_count = 0;
  std::uint8_t tunnel_depth = 0;
  PacketOrigin origin = PacketOrigin::kWire;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};

 private:
  const Frame& frame_;
  DecodedFrame& out_;
  Defragmenter& defragmenter_;
  Bytes carried_;  // the frame, or what the innermost tunnel carries
  std::size_t layers_ = 0;
};

}  // namespace netmoth::decode
