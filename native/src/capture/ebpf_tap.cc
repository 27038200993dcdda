// Loading by libbpf's skeleton, attaching by the bpf(2) call itself (libbpf 1.1 knows no tcx).
//
// Invariant: see ebpf_tap.h. What the kernel writes into a ring is trusted no further than the ring
// reaches.
#include "capture/ebpf_tap.h"

#ifdef NETMOTH_EBPF
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "capture/bpf/tap_record.h"
#include "capture/capabilities.h"
#include "capture/clsact.h"
#include "tap.skel.h"

namespace netmoth::capture {
namespace {

// bpf(2): BPF_LINK_CREATE with the attach types of Linux 6.6.
constexpr int kLinkCreate = 28;
constexpr std::uint32_t kTcxIngress = 46;
constexpr std::uint32_t kTcxEgress = 47;
struct LinkCreate {
  std::uint32_t program;
  std::uint32_t interface_index;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint64_t rest[6];  // relative to no other program
};

// Holds the longest record.
constexpr std::size_t kMinRingBytes = std::size_t{256} << 10;
// <linux/bpf.h>: of a record's header in the ring.
constexpr std::uint32_t kBusy = 1U << 31;
constexpr std::uint32_t kDiscarded = 1U << 30;
constexpr std::size_t kRecordHeader = 8;

bool refuse(LiveFault& fault, const char* what, int error_number) {
  if (error_number == EPERM || error_number == EACCES) {
    constexpr std::array kNeeded{Capability::kBpf, Capability::kNetAdmin, Capability::kPerfmon};
    fault = {LiveProblem::kNoPermission, error_number,
             capability_words("tapping by eBPF", kNeeded)};
  } else {
    fault = {LiveProblem::kSystem, error_number,
             std::string(what) + ": " + std::strerror(error_number)};
  }
  return false;
}

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

int quiet(libbpf_print_level, const char*, va_list) {
  return 0;  // faults are told by their numbers
}

}  // namespace

struct EbpfTap::State {
  ~State() {
    links.clear();
    filters.clear();
    rings.clear();
    if (tap != nullptr) tap::destroy(tap);
  }
  ::tap* tap = nullptr;
  unsigned cpus = 0;
  std::vector<std::vector<TapRing>> rings;  // by lane, then CPU
  std::map<unsigned, std::vector<Descriptor>> links;
  std::map<unsigned, std::unique_ptr<ClsactFilter>> filters;
  bool clsact = false;  // the kernel has no tcx, or is treated as if
};

TapRing::TapRing(TapRing&& other) noexcept
    : consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      bytes_(other.bytes_) {}

TapRing::~TapRing() {
  if (consumer_ != nullptr) ::munmap(consumer_, page_bytes());
  if (producer_ != nullptr) ::munmap(producer_, page_bytes() + 2 * bytes_);
}

bool TapRing::map(int descriptor, std::size_t bytes) {
  bytes_ = bytes;
  const std::size_t page = page_bytes();
  void* const consumer = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (consumer == MAP_FAILED) return false;
  consumer_ = static_cast<std::uint8_t*>(consumer);
  void* const producer = ::mmap(nullptr, page + 2 * bytes, PROT_READ, MAP_SHARED, descriptor,
                                static_cast<off_t>(page));
  if (producer == MAP_FAILED) return false;
  producer_ = static_cast<std::uint8_t*>(producer);
  return true;
}

Bytes TapRing::peek() {
  const std::uint8_t* const data = producer_ + page_bytes();
  for (;;) {
    // Acquire: the records in front of it are seen as they were submitted.
    const std::uint64_t written =
        __atomic_load_n(reinterpret_cast<const std::uint64_t*>(producer_), __ATOMIC_ACQUIRE);
    if (read_ >= written) return {};
    const std::uint8_t* const record = data + (read_ & (bytes_ - 1));
    // Acquire: once it is not busy, its bytes are there.
    const std::uint32_t header =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(record), __ATOMIC_ACQUIRE);
    if ((header & kBusy) != 0) return {};
    const std::size_t length = header & ~(kBusy | kDiscarded);
    const std::uint64_t step = (kRecordHeader + length + 7) & ~std::uint64_t{7};
    if (step > bytes_) return {};
    if ((header & kDiscarded) != 0) {
      read_ += step;
      continue;
    }
    step_ = step;
    return {record + kRecordHeader, length};
  }
}

std::size_t TapRing::release() {
  if (released_ == read_) return 0;
  const std::size_t octets = read_ - std::exchange(released_, read_);
  // Release: our reads of the records come before the kernel may write over them.
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(consumer_), read_, __ATOMIC_RELEASE);
  return octets;
}

std::size_t TapRing::waiting() const {
  // Relaxed: nothing behind it is read.
  const auto* const written = reinterpret_cast<const std::uint64_t*>(producer_);
  return __atomic_load_n(written, __ATOMIC_RELAXED) - released_;
}

EbpfTap::EbpfTap() : state_(std::make_unique<State>()) {}
EbpfTap::~EbpfTap() = default;

std::unique_ptr<EbpfTap> EbpfTap::load(const Settings& settings, LiveFault& fault) {
  fault = {};
  ::libbpf_set_print(quiet);
  std::unique_ptr<EbpfTap> made(new EbpfTap());
  State& state = *made->state_;
  state.tap = tap::open(nullptr);
  if (state.tap == nullptr) {
    refuse(fault, "the eBPF program cannot be opened", errno);
    return nullptr;
  }
  const int cpus = ::libbpf_num_possible_cpus();
  state.cpus = static_cast<unsigned>(std::max(cpus, 1));
  // The last class of sizes in tap.bpf.c.
  constexpr std::uint32_t kLongest = 65536;
  state.tap->rodata->snap_length = std::min(settings.snap_length, kLongest);
  state.tap->rodata->lanes = settings.lanes;
  state.tap->rodata->shunt_snap_length = state.tap->rodata->snap_length;
  if (settings.shunt != nullptr) {
    const ShuntMap::Maps& maps = settings.shunt->maps();
    (void)::bpf_map__reuse_fd(state.tap->maps.shunt_flows, maps.flows);
    (void)::bpf_map__reuse_fd(state.tap->maps.shunt_counts, maps.counts);
    (void)::bpf_map__reuse_fd(state.tap->maps.shunt_total, maps.total);
  }
  (void)::bpf_map__set_max_entries(state.tap->maps.rings, state.cpus * settings.lanes);
  (void)::bpf_map__set_max_entries(state.tap->maps.counters, settings.lanes);
  if (const int status = tap::load(state.tap); status != 0) {
    refuse(fault, "the kernel refused the eBPF program", -status);
    return nullptr;
  }
  if (!made->make_rings(settings, fault)) return nullptr;
  return made;
}

bool EbpfTap::make_rings(const Settings& settings, LiveFault& fault) {
  State& state = *state_;
  const std::size_t bytes =
      std::max(std::bit_floor(settings.ring_bytes / state.cpus), kMinRingBytes);
  const int outer = ::bpf_map__fd(state.tap->maps.rings);
  state.rings.resize(settings.lanes);
  for (std::uint32_t cpu = 0; cpu < state.cpus; ++cpu) {
    for (std::uint32_t lane = 0; lane < settings.lanes; ++lane) {
      const Descriptor ring(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "netmoth_ring", 0, 0,
                                             static_cast<std::uint32_t>(bytes), nullptr));
      if (ring.get() < 0) return refuse(fault, "cannot allocate a ring", errno);
      const std::uint32_t index = cpu * settings.lanes + lane;
      const int descriptor = ring.get();
      if (::bpf_map_update_elem(outer, &index, &descriptor, BPF_ANY) != 0)
        return refuse(fault, "cannot set a ring", errno);
      TapRing mapped;
      if (!mapped.map(descriptor, bytes)) return refuse(fault, "cannot map a ring", errno);
      state.rings[lane].push_back(std::move(mapped));
    }
  }
  return true;
}

bool EbpfTap::attach(unsigned interface_index, bool loopback, LiveFault& fault) {
  if (state_->clsact) return attach_by_clsact(interface_index, loopback, fault);
  std::vector<Descriptor> made;
  for (const std::uint32_t direction : {kTcxIngress, kTcxEgress}) {
    if (loopback && direction == kTcxEgress) continue;
    LinkCreate request{};
    request.program = static_cast<std::uint32_t>(::bpf_program__fd(state_->tap->progs.tap));
    request.interface_index = interface_index;
    request.attach_type = direction;
    const long link = ::syscall(SYS_bpf, kLinkCreate, &request, sizeof request);
    if (link < 0) {
      if (errno != EINVAL) return refuse(fault, "cannot attach to the interface", errno);
      use_clsact();  // there is no tcx
      return attach_by_clsact(interface_index, loopback, fault);
    }
    made.emplace_back(static_cast<int>(link));
  }
  state_->links[interface_index] = std::move(made);
  return true;
}

bool EbpfTap::attach_by_clsact(unsigned interface_index, bool loopback, LiveFault& fault) {
  auto filter = std::make_unique<ClsactFilter>(interface_index);
  const int program = ::bpf_program__fd(state_->tap->progs.tap);
  if (const int error_number = filter->attach(program, loopback); error_number != 0)
    return refuse(fault,
                  error_number == EBUSY
                      ? "the kernel has no tcx, and on clsact another's filter comes first"
                      : "the kernel has no tcx, and no clsact",
                  error_number);
  state_->filters[interface_index] = std::move(filter);
  return true;
}

void EbpfTap::use_clsact() {
  state_->clsact = true;
}

void EbpfTap::detach(unsigned interface_index) {
  state_->filters.erase(interface_index);
  state_->links.erase(interface_index);
}

std::span<TapRing> EbpfTap::rings(unsigned lane) {
  return state_->rings[lane];
}

KernelCounters EbpfTap::counters(unsigned lane) const {
  std::vector<tap_counters> by_cpu(state_->cpus);
  if (::bpf_map_lookup_elem(::bpf_map__fd(state_->tap->maps.counters), &lane, by_cpu.data()) != 0)
    return {};
  KernelCounters all;
  for (const tap_counters& each : by_cpu) {
    all.packets += each.packets;
    all.drops += each.drops;
  }
  return all;
}

}  // namespace netmoth::capture

#else

namespace netmoth::capture {

struct EbpfTap::State {};
TapRing::TapRing(TapRing&&) noexcept {}
TapRing::~TapRing() = default;
bool TapRing::map(int, std::size_t) {
  return false;
}
Bytes TapRing::peek() {
  return {};
}
std::size_t TapRing::release() {
  return 0;
}
std::size_t TapRing::waiting() const {
  return 0;
}
EbpfTap::EbpfTap() = default;
EbpfTap::~EbpfTap() = default;
std::unique_ptr<EbpfTap> EbpfTap::load(const Settings&, LiveFault& fault) {
  fault = {LiveProblem::kSystem, 0, "built without clang, bpftool or libbpf"};
  return nullptr;
}
bool EbpfTap::make_rings(const Settings&, LiveFault&) {
  return false;
}
bool EbpfTap::attach(unsigned, bool, LiveFault&) {
  return false;
}
bool EbpfTap::attach_by_clsact(unsigned, bool, LiveFault&) {
  return false;
}
void EbpfTap::use_clsact() {}
void EbpfTap::detach(unsigned) {}
std::span<TapRing> EbpfTap::rings(unsigned) {
  return {};
}
KernelCounters EbpfTap::counters(unsigned) const {
  return {};
}

}  // namespace netmoth::capture
#endif
