// Many literal patterns in one pass: what the prefilter of a group of rules runs.
//
// Two engines with the same results (a test runs both): Vectorscan, where the library is there, and
// a scalar one that hashes the first octets of patterns. Vectorscan 5.4.9 misses matches in two
// cases that are kept from it here: sets with patterns of one octet (of the whole set, anywhere),
// and, where few pairs of octets begin all patterns, the last octets of what is searched.
// Invariant: workers share a matcher, each with a PatternScratch of its own; once it is ready for a
// worker, scanning allocates nothing.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/types.h"
#include "detect/pattern_store.h"

struct hs_scratch;

namespace netmoth::detect {

// How rules are found by their patterns; with all of them the same rules match.
enum class PatternSearch : std::uint8_t {
  kLibrary,  // Vectorscan, where it is there
  kScalar,   // without it
  kNone,     // rules are not looked for but tested wherever they might match: for comparison
};

struct SearchOptions {
  PatternSearch search = PatternSearch::kLibrary;
  // What was compiled before and is to be kept; nullptr: nothing. Outlives the set.
  std::shared_ptr<const PatternStore> store;
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
  // `scalar`: not by the library, even where it is there. Not compiled yet: a hundred matchers take
  // a second, and a short capture asks few of them. `store`, where there is one, outlives it.
  PatternMatcher(std::vector<Pattern> patterns, bool scalar, const PatternStore* store = nullptr);
  ~PatternMatcher();
  PatternMatcher(const PatternMatcher&) = delete;
  PatternMatcher& operator=(const PatternMatcher&) = delete;

  // Among those that share a scratch: its place there.
  void set_number(std::size_t number) { number_ = number; }
  // Compiles, and makes `scratch` ready, where that is still to be done. Without memory for it
  // nothing is found.
  void scan(Bytes data, PatternScratch& scratch, PatternListener& listener) const;
  // Of the library's database. Not while another thread may compile.
  [[nodiscard]] std::size_t compiled_octets() const;

 private:
  friend class PatternScratch;
  void compile() const;
  [[nodiscard]] hs_database* find_or_compile(const std::vector<Pattern>& patterns) const;
  void set_lone_octets_apart() const;
  void search(Bytes data, PatternScratch& scratch, PatternListener& listener) const;

  mutable std::once_flag compiled_;
  mutable std::vector<Pattern> patterns_;  // until it is compiled
  mutable hs_database* database_ = nullptr;
  mutable std::unique_ptr<ScalarMatcher> scalar_;  // of all without a database, else of lone octets
  // Where there are lone octets: places of what each engine searches for.
  mutable std::vector<std::uint32_t> lone_;
  mutable std::vector<std::uint32_t> others_;
  mutable std::size_t longest_ = 0;  // pattern of the database
  bool wants_scalar_;
  const PatternStore* store_;
  std::size_t number_ = 0;
};

class PatternScratch {
 public:
  PatternScratch() = default;
  ~PatternScratch();
  PatternScratch(PatternScratch&& other) noexcept
      : scratch_(std::exchange(other.scratch_, nullptr)), ready_(std::move(other.ready_)) {}
  PatternScratch& operator=(PatternScratch&& other) noexcept {
    std::swap(scratch_, other.scratch_);
    ready_.swap(other.ready_);
    return *this;
  }
  // Compiles the matcher too. False: no memory.
  [[nodiscard]] bool prepare(const PatternMatcher& matcher);
  [[nodiscard]] std::size_t octets() const;

 private:
  friend class PatternMatcher;
  [[nodiscard]] bool is_ready(std::size_t number) const {
    return number < ready_.size() && ready_[number];
  }
  hs_scratch* scratch_ = nullptr;
  std::vector<bool> ready_;  // by the matcher's number, of one set
};

}  // namespace netmoth::detect
