#include "capture/pcap_live.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "capture/pcap_library.h"

namespace netmoth::capture {
namespace {

constexpr std::size_t kBatch = 32;
// libpcap hands over a block that is not full after this time.
constexpr int kTimeoutMs = 20;
// Of pcap_create's handle, by pcap-linktype(7): DLT_RAW is 12 on Linux, the decoder knows 101.
constexpr int kDltRaw = 12;
constexpr decode::LinkType kRawIp = 101;

bool refuse(LiveFault& fault, LiveProblem problem, std::string message) {
  fault = {problem, 0, std::move(message)};
  return false;
}

}  // namespace

PcapLive::PcapLive(std::shared_ptr<const PcapLibrary> library, std::string interface)
    : library_(std::move(library)), interface_(std::move(interface)) {}

PcapLive::~PcapLive() {
  if (handle_ != nullptr) library_->close(handle_);
}

std::unique_ptr<PcapLive> PcapLive::open(const LiveSettings& settings, LiveFault& fault) {
  fault = {};
  std::string error;
  auto library = PcapLibrary::load(settings.pcap_library, error);
  if (library == nullptr) {
    refuse(fault, LiveProblem::kSystem, std::move(error));
    return nullptr;
  }
  std::unique_ptr<PcapLive> capture(new PcapLive(std::move(library), settings.interface));
  if (!capture->activate(settings, fault) || !capture->set_filter(settings, fault)) return nullptr;
  return capture;
}

bool PcapLive::activate(const LiveSettings& settings, LiveFault& fault) {
  char error[PCAP_ERRBUF_SIZE] = {};
  handle_ = library_->create(interface_.c_str(), error);
  if (handle_ == nullptr) return refuse(fault, LiveProblem::kSystem, error);
  library_->set_snaplen(handle_, static_cast<int>(settings.snap_length));
  library_->set_promisc(handle_, settings.promiscuous ? 1 : 0);
  library_->set_timeout(handle_, kTimeoutMs);
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  library_->set_buffer_size(handle_, static_cast<int>(std::min(settings.ring_bytes, kMost)));
  (void)library_->set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO);
  const int status = library_->activate(handle_);
  if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
    return refuse(fault, LiveProblem::kNoPermission,
                  "capturing on " + interface_ + " needs the capability CAP_NET_RAW");
  }
  if (status < 0) {
    const std::string words = library_->geterr(handle_);
    return refuse(fault, LiveProblem::kSystem,
                  "libpcap does not capture on " + interface_ +
                      (words.empty() ? " (status " + std::to_string(status) + ")" : ": " + words));
  }
  if (library_->setnonblock(handle_, 1, error) != 0)
    return refuse(fault, LiveProblem::kSystem, error);
  const int link = library_->datalink(handle_);
  link_ = link == kDltRaw ? kRawIp : static_cast<decode::LinkType>(link);
  nanoseconds_ = library_->get_tstamp_precision(handle_) == PCAP_TSTAMP_PRECISION_NANO;
  descriptor_ = library_->get_selectable_fd(handle_);
  copies_.resize(kBatch * settings.snap_length);
  return true;
}

bool PcapLive::set_filter(const LiveSettings& settings, LiveFault& fault) {
  if (settings.filter.empty()) return true;
  bpf_program program{};
  const bool compiled =
      library_->compile(handle_, &program, settings.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (!compiled) {
    return refuse(
        fault, LiveProblem::kBadFilter,
        "the filter \"" + settings.filter + "\" does not compile: " + library_->geterr(handle_));
  }
  const bool set = library_->setfilter(handle_, &program) == 0;
  library_->freecode(&program);
  return set || refuse(fault, LiveProblem::kSystem, library_->geterr(handle_));
}

SourceStatus PcapLive::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  if (fault_.status != SourceStatus::kEnd) return fault_.status;
  out_ = frames.first(std::min(frames.size(), kBatch));
  for (int tries = 0; tries < 2; ++tries) {
    out_count_ = 0;
    copied_ = 0;
    const int got = library_->dispatch(handle_, static_cast<int>(out_.size()), &PcapLive::on_packet,
                                       reinterpret_cast<std::uint8_t*>(this));
    if (got < 0) return end(library_->geterr(handle_));
    if (out_count_ > 0) {
      count = out_count_;
      return SourceStatus::kFrames;
    }
    if (!waits() || tries > 0) break;
    pollfd waiting{descriptor_, POLLIN | POLLERR, 0};
    (void)::poll(&waiting, 1, kPollMs);
  }
  return SourceStatus::kIdle;
}

void PcapLive::on_packet(std::uint8_t* self, const pcap_pkthdr* header, const std::uint8_t* bytes) {
  auto& capture = *reinterpret_cast<PcapLive*>(self);
  const std::size_t length =
      std::min<std::size_t>(header->caplen, capture.copies_.size() - capture.copied_);
  if (capture.out_count_ == capture.out_.size()) return;
  std::uint8_t* const copy = capture.copies_.data() + capture.copied_;
  std::memcpy(copy, bytes, length);
  capture.copied_ += length;
  decode::Frame& frame = capture.out_[capture.out_count_++];
  frame = decode::Frame{};
  const TimestampNs fraction = header->ts.tv_usec;
  frame.time = static_cast<TimestampNs>(header->ts.tv_sec) * 1'000'000'000 +
               (capture.nanoseconds_ ? fraction : fraction * 1000);
  frame.wire_length = header->len;
  frame.link = capture.link_;
  frame.data = {copy, length};
  // libpcap does not tell which sums the hardware is still to make.
  frame.checksum_not_ready = true;
}

KernelCounters PcapLive::counters() {
  const std::lock_guard lock(stats_mutex_);
  pcap_stat stats{};
  if (library_->stats(handle_, &stats) != 0) return {};
  return {.packets = stats.ps_recv, .drops = stats.ps_drop};
}

SourceStatus PcapLive::end(const std::string& message) {
  fault_ = {SourceStatus::kFailed, 0, 0, "capture on " + interface_ + " ended: " + message};
  return SourceStatus::kFailed;
}

}  // namespace netmoth::capture
