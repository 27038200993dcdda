// Compiled searches kept on disk, so that a set loaded before, or one with the same groups, need
// not compile them.
//
// Invariant: a file is used only where it is this user's own and nobody else may write to it, its
// digest is right, and it was made of the same patterns by this version of the library for this
// kind of processor. Any other is as if it were not there, and is made anew. No fault of the disk
// fails a load. Files take at most `most_octets` together; those used longest ago go first.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "base/types.h"

struct hs_database;

namespace netmoth::detect {

struct Pattern {
  Bytes bytes;  // not empty; outlives what searches for it
  bool nocase = false;
};

class PatternStore {
 public:
  using Key = std::array<std::uint8_t, 32>;
  struct Counters {
    std::uint64_t found = 0;    // used instead of compiling
    std::uint64_t refused = 0;  // files that were there and not sound
    std::uint64_t kept = 0;
    std::uint64_t evicted = 0;
  };

  // The folder is made when something is kept. Shared by threads.
  PatternStore(std::string folder, std::uint64_t most_octets)
      : folder_(std::move(folder)), most_octets_(most_octets) {}

  // Of what these patterns, in this order, are compiled to here and now.
  [[nodiscard]] static Key key_of(const std::vector<Pattern>& patterns);
  // nullptr: there is none. The caller frees it.
  [[nodiscard]] hs_database* find(const Key& key) const;
  void keep(const Key& key, const hs_database* database) const;
  [[nodiscard]] Counters counters() const;

 private:
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  [[nodiscard]] std::string path_of(const Key& key) const;
  void make_room(std::uint64_t more) const;

  std::string folder_;
  std::uint64_t most_octets_;
  mutable std::mutex mutex_;               // guards held_
  mutable std::uint64_t held_ = kUnknown;  // octets of files, by what this store knows
  // Counts alone.
  mutable std::atomic<std::uint64_t> found_{0}, refused_{0}, kept_{0}, evicted_{0};
};

}  // namespace netmoth::detect
