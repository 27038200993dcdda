// Decode and flow table, as Worker::process does it, and nothing else: what all further work is
// compared with.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "capture/pcap_file.h"
#include "commands.h"
#include "decode/decoder.h"
#include "flow/flow_table.h"
#include "flow/tcp_track.h"
#include "pipeline/worker.h"

namespace netmoth::bench {
namespace {

struct Silent final : flow::FlowEndListener {
  void on_flow_end(flow::Flow&, flow::EndReason) override {}
};

class BareLoop {
 public:
  explicit BareLoop(std::size_t max_flows)
      : decoder_(decode::DecoderOptions{}),
        table_(max_flows, {}, 7, listener_),
        decoded_(pipeline::kBatchFrames) {}

  void process(std::span<const decode::Frame> frames) {
    std::array<std::uint32_t, pipeline::kBatchFrames> hashes{};
    for (std::size_t i = 0; i < frames.size(); ++i) {
      decoder_.decode(frames[i], decoded_[i]);
      hashes[i] = table_.hash(flow::key_of(decoded_[i].packets()[0]));
      table_.prefetch_bucket(hashes[i]);
    }
    for (std::size_t i = 0; i < frames.size(); ++i)
      table_.prefetch_flow(hashes[i]);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const decode::Packet& packet = decoded_[i].packets()[0];
      if (pipeline::belongs_to_a_flow(packet)) count(packet, hashes[i]);
      table_.expire(now_);
    }
  }

  [[nodiscard]] const flow::FlowTable& table() const { return table_; }

 private:
  void count(const decode::Packet& packet, std::uint32_t hash) {
    now_ = std::max(now_, packet.time);
    const flow::FlowKey key = flow::key_of(packet);
    const auto match = table_.find(key, hash);
    flow::Flow& flow = match.flow != nullptr
                           ? *match.flow
                           : table_.create(key, hash, {packet.time, packet.number});
    const std::size_t way = index_of(match.direction);
    ++flow.packets[way];
    flow.bytes[way] += packet.captured_length;
    if (packet.protocol == ip_proto::kTcp)
      flow::track_tcp(flow, match.direction, packet.tcp, packet.payload_length);
    else
      flow::track_datagram(flow);
    table_.touch(flow, packet.time);
  }

  Silent listener_;
  decode::Decoder decoder_;
  flow::FlowTable table_;
  std::vector<decode::DecodedFrame> decoded_;
  TimestampNs now_ = 0;
};

}  // namespace

int bare_loop(Arguments arguments) {
  constexpr std::size_t kDefaultFlows = 1'500'000;
  const std::size_t max_flows =
      arguments.size() > 1 ? static_cast<std::size_t>(std::atoll(arguments[1])) : kDefaultFlows;
  const auto started = std::chrono::steady_clock::now();
  capture::PcapFile source{std::string(arguments[0])};
  BareLoop loop(max_flows);
  std::array<decode::Frame, pipeline::kBatchFrames> frames;
  std::size_t count = 0;
  std::uint64_t packets = 0;
  while (source.next_batch(frames, count) == capture::SourceStatus::kFrames) {
    packets += count;
    loop.process(std::span(frames).first(count));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("{\"packets\":%llu,\"flows\":%llu,\"seconds\":%.6f}\n",
              static_cast<unsigned long long>(packets),
              static_cast<unsigned long long>(loop.table().counters().created), seconds.count());
  return packets > 0 ? 0 : 1;
}

}  // namespace netmoth::bench
