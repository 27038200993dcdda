// Many literal patterns in one pass: what the prefilter of a group of rules runs.
//
// Two engines with the same results (a test runs both): Vectorscan, where the library is there, and
// a scalar one that hashes the first octets of patterns. Invariant: immutable once built, so
// workers share it; scanning allocates nothing, PatternScratch of the worker has the room.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <vector>

#include "base/types.h"

struct hs_database;
struct hs_scratch;

namespace netmoth::detect {

struct Pattern {
  Bytes bytes;  // not empty; outlives the matcher
  bool nocase = false;
};

class PatternListener {
 public:
  virtual ~PatternListener() = default;
  // May be told of one pattern several times.
  virtual void on_pattern(std::size_t pattern) = 0;
};

// The scalar engine.
class ScalarMatcher {
 public:
  explicit ScalarMatcher(std::vector<Pattern> patterns);
  void scan(Bytes data, PatternListener& listener) const;

 private:
  static constexpr unsigned kKeyOctets = 3;  // by which patterns are found
  struct Entry {
    std::uint32_t key = 0;
    std::uint32_t pattern = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  void look(std::uint32_t key, const std::vector<Entry>& entries, Bytes data, std::size_t at,
            PatternListener& listener) const;

  std::vector<Pattern> patterns_;
  std::array<std::vector<Entry>, kKeyOctets> entries_;  // by octets of the key, less one
  std::array<std::bitset<65536>, kKeyOctets> present_;  // of hashes of keys
};

class PatternScratch;

class PatternMatcher {
 public:
  // `scalar`: not by the library, even where it is there.
  PatternMatcher(std::vector<Pattern> patterns, bool scalar);
  ~PatternMatcher();
  PatternMatcher(const PatternMatcher&) = delete;
  PatternMatcher& operator=(const PatternMatcher&) = delete;

  // `scratch` has had prepare() called for this matcher.
  void scan(Bytes data, PatternScratch& scratch, PatternListener& listener) const;

 private:
  friend class PatternScratch;
  hs_database* database_ = nullptr;
  std::unique_ptr<ScalarMatcher> scalar_;
};

class PatternScratch {
 public:
  PatternScratch() = default;
  ~PatternScratch();
  PatternScratch(const PatternScratch&) = delete;
  PatternScratch& operator=(const PatternScratch&) = delete;
  [[nodiscard]] bool prepare(const PatternMatcher& matcher);

 private:
  friend class PatternMatcher;
  hs_scratch* scratch_ = nullptr;
};

}  // namespace netmoth::detect
