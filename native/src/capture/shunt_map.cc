#include "capture/shunt_map.h"

#ifdef NETMOTH_EBPF
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "capture/bpf/shunt.h"
#include "capture/filter_program.h"
#include "shunt.skel.h"

namespace netmoth::capture {
namespace {

constexpr const char* kPrivilege = "shunting flows needs the capability CAP_BPF";

bool refuse(LiveFault& fault, const char* what, int error_number) {
  const bool denied = error_number == EPERM || error_number == EACCES;
  fault = {denied ? LiveProblem::kNoPermission : LiveProblem::kSystem, error_number,
           denied ? kPrivilege : std::string(what) + ": " + std::strerror(error_number)};
  return false;
}

TimestampNs clock_ns(clockid_t clock) {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  return TimestampNs{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int quiet(libbpf_print_level, const char*, va_list) {
  return 0;  // faults are told by their numbers
}

std::uint16_t network_order(std::uint16_t port) {
  return static_cast<std::uint16_t>(port << 8 | port >> 8);
}

}  // namespace

struct ShuntMap::Program {
  ~Program() {
    if (next >= 0) ::close(next);
    if (skeleton != nullptr) shunt::destroy(skeleton);
  }
  ::shunt* skeleton = nullptr;
  int next = -1;  // a map of programs, with this one in it
};

struct ShuntMap::Entry {
  shunt_key key{};
  bool source_is_low = true;
};

ShuntMap::ShuntMap(IndexOf index_of)
    : index_of_(std::move(index_of)),
      program_(std::make_unique<Program>()),
      entries_(std::make_unique<std::vector<Entry>>(SHUNT_FLOWS + 1)) {}

ShuntMap::~ShuntMap() {
  if (counted_ != nullptr) ::munmap(counted_, counted_bytes_);
  for (const int each : {maps_.flows, maps_.counts, maps_.total}) {
    if (each >= 0) ::close(each);
  }
}

std::unique_ptr<ShuntMap> ShuntMap::create(IndexOf index_of, LiveFault& fault) {
  fault = {};
  ::libbpf_set_print(quiet);
  std::unique_ptr<ShuntMap> made(new ShuntMap(std::move(index_of)));
  return made->make(fault) ? std::move(made) : nullptr;
}

bool ShuntMap::make(LiveFault& fault) {
  cpus_ = static_cast<unsigned>(std::max(::libbpf_num_possible_cpus(), 1));
  maps_.flows = ::bpf_map_create(BPF_MAP_TYPE_HASH, "shunt_flows", sizeof(shunt_key),
                                 sizeof(std::uint32_t), SHUNT_FLOWS, nullptr);
  if (maps_.flows < 0) return refuse(fault, "cannot make a map of flows", errno);
  bpf_map_create_opts shared{};
  shared.sz = sizeof shared;
  shared.map_flags = BPF_F_MMAPABLE;
  maps_.counts = ::bpf_map_create(BPF_MAP_TYPE_ARRAY, "shunt_counts", sizeof(std::uint32_t),
                                  sizeof(shunt_count), SHUNT_FLOWS + 1, &shared);
  if (maps_.counts < 0) return refuse(fault, "cannot make a map of counts", errno);
  maps_.total = ::bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "shunt_total", sizeof(std::uint32_t),
                                 sizeof(shunt_totals), 1, nullptr);
  if (maps_.total < 0) return refuse(fault, "cannot make a map of sums", errno);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  counted_bytes_ = (sizeof(shunt_count) * (SHUNT_FLOWS + 1) + page - 1) / page * page;
  void* const mapped =
      ::mmap(nullptr, counted_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, maps_.counts, 0);
  if (mapped == MAP_FAILED) return refuse(fault, "cannot map the counts", errno);
  counted_ = static_cast<std::uint8_t*>(mapped);
  return true;
}

bool ShuntMap::load_filter(std::uint32_t snap_length, LiveFault& fault) {
  ::shunt* const skeleton = shunt::open(nullptr);
  if (skeleton == nullptr) return refuse(fault, "the filter cannot be opened", errno);
  program_->skeleton = skeleton;
  skeleton->rodata->shunt_snap_length = snap_length;
  int status = ::bpf_map__reuse_fd(skeleton->maps.shunt_flows, maps_.flows);
  if (status == 0) status = ::bpf_map__reuse_fd(skeleton->maps.shunt_counts, maps_.counts);
  if (status == 0) status = ::bpf_map__reuse_fd(skeleton->maps.shunt_total, maps_.total);
  if (status == 0) status = shunt::load(skeleton);
  if (status != 0) return refuse(fault, "the kernel refused the filter of shunted flows", -status);
  program_->next = ::bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "shunt_next", sizeof(std::uint32_t),
                                    sizeof(std::uint32_t), 1, nullptr);
  if (program_->next < 0) return refuse(fault, "cannot make a map of programs", errno);
  const std::uint32_t first = 0;
  const int behind = ::bpf_program__fd(skeleton->progs.shunt);
  return ::bpf_map_update_elem(program_->next, &first, &behind, BPF_ANY) == 0 ||
         refuse(fault, "cannot set the program behind a filter", errno);
}

// The programs live on with the socket; the map between them with us, and empty without us.
bool ShuntMap::attach_to(int socket, std::span<const sock_filter> filter, LiveFault& fault) const {
  const auto attach = [&](int program) {
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program) == 0 ||
           refuse(fault, "the kernel refused the program of shunted flows", errno);
  };
  if (filter.empty()) return attach(::bpf_program__fd(program_->skeleton->progs.shunt));
  const std::vector<std::uint64_t> code =
      chain_filter(filter, program_->next, program_->skeleton->rodata->shunt_snap_length);
  if (code.empty()) return refuse(fault, "the filter cannot be chained", EOPNOTSUPP);
  const int chained =
      ::bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "netmoth_filter", "Dual MIT/GPL",
                      reinterpret_cast<const bpf_insn*>(code.data()), code.size(), nullptr);
  if (chained < 0) return refuse(fault, "the kernel refused the chained filter", errno);
  const bool attached = attach(chained);
  ::close(chained);
  return attached;
}

std::optional<FlowShunt::Place> ShuntMap::free_place() {
  if (used_ < SHUNT_FLOWS) return ++used_;
  if (freed_.empty() || clock_ns(CLOCK_MONOTONIC) - freed_.front().at < kQuarantineNs)
    return std::nullopt;
  const Place place = freed_.front().place;
  freed_.pop_front();
  return place;
}

std::optional<FlowShunt::Place> ShuntMap::add(const ShuntEnds& ends) {
  const unsigned index = index_of_(ends.interface);
  if (index == 0) return std::nullopt;
  // Octets as they lie in the header; of IPv4 the first four.
  std::array<std::uint32_t, 4> source{};
  std::array<std::uint32_t, 4> destination{};
  std::memcpy(source.data(), ends.source.octets.data(), sizeof source);
  std::memcpy(destination.data(), ends.destination.octets.data(), sizeof destination);
  const std::uint16_t from = network_order(ends.source_port);
  const std::uint16_t to = network_order(ends.destination_port);
  Entry entry;
  entry.source_is_low = shunt_end_is_lower(source.data(), from, destination.data(), to) != 0;
  shunt_key& key = entry.key;
  const bool low = entry.source_is_low;
  std::memcpy(key.low, low ? source.data() : destination.data(), sizeof key.low);
  std::memcpy(key.high, low ? destination.data() : source.data(), sizeof key.high);
  key.low_port = low ? from : to;
  key.high_port = low ? to : from;
  key.protocol = ends.protocol;
  key.ip_version = ends.ip_version;
  key.ifindex = index;
  const std::lock_guard lock(mutex_);
  const auto place = free_place();
  if (!place) {
    ++refused_;
    return std::nullopt;
  }
  std::memset(counted_ + *place * sizeof(shunt_count), 0, sizeof(shunt_count));
  const std::uint32_t value = *place;
  // Never one that is there: two workers do not have the same flow.
  if (::bpf_map_update_elem(maps_.flows, &key, &value, BPF_NOEXIST) != 0) {
    freed_.push_front({*place, 0});
    ++refused_;
    return std::nullopt;
  }
  (*entries_)[*place] = entry;
  ++added_;
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(counted_), ++active_, __ATOMIC_RELAXED);
  return place;
}

ShuntCounts ShuntMap::read(Place place) const {
  const auto* const count =
      reinterpret_cast<const shunt_count*>(counted_ + place * sizeof(shunt_count));
  const bool low = (*entries_)[place].source_is_low;
  const auto value = [](const unsigned long long& from) {
    return std::uint64_t{__atomic_load_n(&from, __ATOMIC_RELAXED)};
  };
  ShuntCounts counts;
  for (const std::size_t way : {std::size_t{0}, std::size_t{1}}) {
    counts.packets[way] = value(count->packets[low ? way : 1 - way]);
    counts.octets[way] = value(count->octets[low ? way : 1 - way]);
  }
  const auto last = static_cast<TimestampNs>(value(count->last));
  if (last != 0) counts.last = last + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
  return counts;
}

ShuntCounts ShuntMap::counts(Place place) const {
  const std::lock_guard lock(mutex_);
  return read(place);
}

ShuntCounts ShuntMap::remove(Place place) {
  const std::lock_guard lock(mutex_);
  (void)::bpf_map_delete_elem(maps_.flows, &(*entries_)[place].key);
  freed_.push_back({place, clock_ns(CLOCK_MONOTONIC)});
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(counted_), --active_, __ATOMIC_RELAXED);
  return read(place);
}

ShuntMap::Totals ShuntMap::totals() const {
  std::vector<shunt_totals> by_cpu(cpus_);
  const std::uint32_t first = 0;
  Totals all;
  if (::bpf_map_lookup_elem(maps_.total, &first, by_cpu.data()) == 0) {
    for (const shunt_totals& each : by_cpu) {
      all.packets += each.packets;
      all.octets += each.octets;
    }
  }
  const std::lock_guard lock(mutex_);
  all.flows = added_;
  all.refused = refused_;
  return all;
}

}  // namespace netmoth::capture

#else

namespace netmoth::capture {

struct ShuntMap::Program {};
struct ShuntMap::Entry {};
ShuntMap::ShuntMap(IndexOf) {}
ShuntMap::~ShuntMap() = default;
std::unique_ptr<ShuntMap> ShuntMap::create(IndexOf, LiveFault& fault) {
  fault = {LiveProblem::kSystem, 0, "built without clang, bpftool or libbpf"};
  return nullptr;
}
std::optional<FlowShunt::Place> ShuntMap::add(const ShuntEnds&) {
  return std::nullopt;
}
ShuntCounts ShuntMap::counts(Place) const {
  return {};
}
ShuntCounts ShuntMap::remove(Place) {
  return {};
}
bool ShuntMap::load_filter(std::uint32_t, LiveFault&) {
  return false;
}
bool ShuntMap::attach_to(int, std::span<const sock_filter>, LiveFault&) const {
  return false;
}
ShuntMap::Totals ShuntMap::totals() const {
  return {};
}

}  // namespace netmoth::capture
#endif
