// Keeps the list of interfaces to capture on true while they come, go, are renamed and change.
//
// Invariant: an interface once chosen stays as long as its index is there, whatever it is called.
// A slot stands for one interface at a time; the slot freed longest ago is the next to be used, so
// that flows of the former one have ended. Bounds: kMaxWatched, kMaxChanges (older ones first to
// go, all are counted). Threads: one of its own; all else may be called from any.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/types.h"
#include "capture/interface_choice.h"

namespace netmoth::capture {

inline constexpr std::size_t kMaxWatched = 200;
inline constexpr std::size_t kMaxChanges = 256;

struct WatchedInterface {
  std::uint8_t slot = 0;
  Link link;
};

enum class ChangeKind : std::uint8_t { kAdded, kRemoved, kRenamed, kUp, kDown, kMtu, kOverBound };
std::string_view change_name(ChangeKind kind);

struct InterfaceChange {
  TimestampNs time = 0;  // by the wall clock
  ChangeKind kind = ChangeKind::kAdded;
  std::string name;
  std::string detail;  // kRenamed: its name before; kMtu: from and to
};

struct NicCounters {
  std::uint64_t packets = 0;  // received and sent by the interfaces while they were captured on
  std::uint64_t drops = 0;
};

class InterfaceWatch {
 public:
  explicit InterfaceWatch(InterfaceChoice choice) : choice_(std::move(choice)) {}
  ~InterfaceWatch();
  InterfaceWatch(const InterfaceWatch&) = delete;
  InterfaceWatch& operator=(const InterfaceWatch&) = delete;

  // The first look, on the calling thread; what it finds is no change.
  void look();
  // Watches from here on.
  void start();
  void stop();

  // Moves whenever interfaces() does, but for state and counters.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::vector<WatchedInterface> interfaces() const;
  [[nodiscard]] std::vector<std::string> missing() const;
  [[nodiscard]] const InterfaceChoice& choice() const { return choice_; }
  [[nodiscard]] NicCounters nic() const;
  // Since the last call.
  std::vector<InterfaceChange> take_changes();
  [[nodiscard]] std::uint64_t changes() const;

 private:
  void watch();
  void compare(const std::vector<Link>& links);
  void update(WatchedInterface& known, const Link& link);
  void add(const Link& link);
  void note(ChangeKind kind, const std::string& name, std::string detail = {});
  [[nodiscard]] int free_slot() const;

  const InterfaceChoice choice_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  // Release and acquire: who sees the number sees the list it stands for (which a lock guards too).
  std::atomic<std::uint64_t> version_{0};
  mutable std::mutex mutex_;  // guards all below
  std::vector<WatchedInterface> watched_;
  std::vector<std::string> missing_;
  std::array<std::uint64_t, kMaxWatched> freed_{};  // when, by turn_; 0: never used
  std::array<bool, kMaxWatched> taken_{};
  std::uint64_t turn_ = 0;
  NicCounters nic_;
  std::vector<InterfaceChange> changes_;
  std::uint64_t change_count_ = 0;
  bool looked_ = false;
  bool over_bound_ = false;
};

}  // namespace netmoth::capture
