#include "capture/interface_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "capture/interfaces.h"

namespace netmoth::capture {
namespace {

// How long stop() may take at most; and how old state and counters are at most.
constexpr int kWaitMs = 100;
constexpr int kLookEvery = 10;
// A change seldom comes alone: `ip link add` tells several times.
constexpr std::chrono::milliseconds kSettle{5};

TimestampNs wall_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

constexpr std::array<std::pair<ChangeKind, std::string_view>, 7> kNames{{
    {ChangeKind::kAdded, "added"},
    {ChangeKind::kRemoved, "removed"},
    {ChangeKind::kRenamed, "renamed"},
    {ChangeKind::kUp, "up"},
    {ChangeKind::kDown, "down"},
    {ChangeKind::kMtu, "mtu"},
    {ChangeKind::kOverBound, "over_bound"},
}};

}  // namespace

std::string_view change_name(ChangeKind kind) {
  for (const auto& [value, name] : kNames) {
    if (value == kind) return name;
  }
  return "added";
}

InterfaceWatch::~InterfaceWatch() {
  stop();
}

void InterfaceWatch::start() {
  thread_ = std::thread([this] { watch(); });
}

void InterfaceWatch::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void InterfaceWatch::watch() {
  LinkMonitor monitor;
  look();  // what changed before the monitor listened
  int quiet = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const bool told = monitor.wait(kWaitMs);
    if (!told && ++quiet < kLookEvery) continue;
    quiet = 0;
    if (told) std::this_thread::sleep_for(kSettle);
    look();
  }
}

void InterfaceWatch::look() {
  const auto links = list_links();
  if (!links) return;  // what is known stays; the next look comes within a second
  const std::lock_guard lock(mutex_);
  compare(*links);
  looked_ = true;
}

void InterfaceWatch::compare(const std::vector<Link>& links) {
  for (auto known = watched_.begin(); known != watched_.end();) {
    const auto link = std::ranges::find(links, known->link.index, &Link::index);
    if (link != links.end()) {
      update(*known, *link);
      ++known;
      continue;
    }
    note(ChangeKind::kRemoved, known->link.name);
    taken_[known->slot] = false;
    freed_[known->slot] = ++turn_;
    known = watched_.erase(known);
    version_.fetch_add(1, std::memory_order_release);
  }
  const auto route = choice_.follows_default() ? default_interface() : std::nullopt;
  for (const Link& link : links) {
    const auto same = [&](const WatchedInterface& each) { return each.link.index == link.index; };
    if (choice_.takes(link, route) && std::ranges::none_of(watched_, same)) add(link);
  }
  missing_ = choice_.missing(links);
}

void InterfaceWatch::update(WatchedInterface& known, const Link& link) {
  nic_.packets += link.packets - std::min(known.link.packets, link.packets);
  nic_.drops += link.drops - std::min(known.link.drops, link.drops);
  if (link.name != known.link.name) {
    note(ChangeKind::kRenamed, link.name, known.link.name);
    version_.fetch_add(1, std::memory_order_release);
  }
  if (link.up != known.link.up) note(link.up ? ChangeKind::kUp : ChangeKind::kDown, link.name);
  if (link.mtu != known.link.mtu) {
    note(ChangeKind::kMtu, link.name,
         std::to_string(known.link.mtu) + " to " + std::to_string(link.mtu));
  }
  known.link = link;
}

void InterfaceWatch::add(const Link& link) {
  const int slot = free_slot();
  if (slot < 0) {
    if (!std::exchange(over_bound_, true)) note(ChangeKind::kOverBound, link.name);
    return;
  }
  over_bound_ = false;
  taken_[static_cast<std::size_t>(slot)] = true;
  watched_.push_back({static_cast<std::uint8_t>(slot), link});
  note(ChangeKind::kAdded, link.name);
  version_.fetch_add(1, std::memory_order_release);
}

int InterfaceWatch::free_slot() const {
  int best = -1;
  for (std::size_t slot = 0; slot < kMaxWatched; ++slot) {
    if (!taken_[slot] && (best < 0 || freed_[slot] < freed_[static_cast<std::size_t>(best)]))
      best = static_cast<int>(slot);
  }
  return best;
}

void InterfaceWatch::note(ChangeKind kind, const std::string& name, std::string detail) {
  if (!looked_) return;
  ++change_count_;
  if (changes_.size() == kMaxChanges) changes_.erase(changes_.begin());
  changes_.push_back({wall_now(), kind, name, std::move(detail)});
}

std::vector<WatchedInterface> InterfaceWatch::interfaces() const {
  const std::lock_guard lock(mutex_);
  return watched_;
}

std::vector<std::string> InterfaceWatch::missing() const {
  const std::lock_guard lock(mutex_);
  return missing_;
}

NicCounters InterfaceWatch::nic() const {
  const std::lock_guard lock(mutex_);
  return nic_;
}

std::vector<InterfaceChange> InterfaceWatch::take_changes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(changes_, {});
}

std::uint64_t InterfaceWatch::changes() const {
  const std::lock_guard lock(mutex_);
  return change_count_;
}

}  // namespace netmoth::capture
