// Regular expressions of rules, by PCRE2.
//
// Invariant: compiled once, when the set is loaded; the machine code is made at first use, by one
// thread while others wait. Matching allocates nothing: PcreScratch of the worker has the room.
// Bounded by kMatchLimit steps and kDepthLimit nested ones, as Suricata's defaults are.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/types.h"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;

namespace netmoth::detect {

inline constexpr std::uint32_t kMatchLimit = 3500;
inline constexpr std::uint32_t kDepthLimit = 1500;
// Groups whose places are told.
inline constexpr std::size_t kMaxGroups = 16;

// Room for one match at a time; one of a worker.
class PcreScratch {
 public:
  PcreScratch();
  ~PcreScratch();
  PcreScratch(const PcreScratch&) = delete;
  PcreScratch& operator=(const PcreScratch&) = delete;

 private:
  friend class Pcre;
  pcre2_real_match_data_8* data_;
  pcre2_real_match_context_8* limited_;
  pcre2_real_match_context_8* unlimited_;
};

struct PcreFound {
  bool found = false;
  std::size_t begin = 0;  // of the whole match
  std::size_t end = 0;
  std::size_t groups = 0;  // with the whole one
  std::array<std::pair<std::size_t, std::size_t>, kMaxGroups> at{};
};

class Pcre {
 public:
  Pcre(Bytes pattern, std::uint32_t options, bool unlimited);
  ~Pcre();
  Pcre(const Pcre&) = delete;
  Pcre& operator=(const Pcre&) = delete;

  [[nodiscard]] bool valid() const { return code_ != nullptr; }
  // Not found also where a limit ended the search. `cut`: no line begins with the subject.
  PcreFound find(Bytes subject, PcreScratch& scratch, bool cut = false) const;

 private:
  pcre2_real_code_8* code_ = nullptr;
  mutable std::once_flag translated_;
  bool unlimited_;
};

// All of a set.
class PcreStore {
 public:
  const Pcre* add(Bytes pattern, std::uint32_t options, bool unlimited) {
    return all_.emplace_back(std::make_unique<Pcre>(pattern, options, unlimited)).get();
  }

 private:
  std::vector<std::unique_ptr<Pcre>> all_;
};

}  // namespace netmoth::detect
