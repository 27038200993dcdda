// What a run matches traffic against, from a bundle file (docs/bundle.md).
//
// Invariant: immutable; the file stays mapped as long as anything of it is used, so it is replaced
// by renaming another one over it, never written to.
#pragma once

#include <memory>
#include <string>

#include "detect/indicators/indicator_set.h"
#include "detect/rule_set.h"

namespace netmoth::pipeline {

struct Signatures {
  std::string digest;  // "sha256:…"
  std::uint64_t indicator_entries = 0;
  std::shared_ptr<const detect::IndicatorSet> indicators;  // nullptr where there are none
  std::shared_ptr<const detect::RuleSet> rules;            // the same
  detect::LoadReport report;                               // of the rules
  // Of the heap, without compiled patterns; the file is mapped beside it.
  std::uint64_t heap_octets = 0;
  std::uint64_t file_octets = 0;

  // All of it, with what is compiled by now; without workers' room for matching.
  [[nodiscard]] std::size_t octets() const {
    return heap_octets + file_octets + (rules == nullptr ? 0 : rules->compiled_octets());
  }
};

// Empty where `loaded` is what the file holds; else why it is not: "BUNDLE_DIGEST" (one of
// contracts/src/bundle-faults.ts) or what the system said.
std::string load_signatures(const std::string& path, Signatures& loaded,
                            const detect::SearchOptions& options = {});

// ET Open's compiled patterns take 5 MB.
inline constexpr std::uint64_t kPatternCacheOctets = std::uint64_t{64} << 20;
// With compiled patterns kept in the folder; with nothing kept where it is empty.
detect::SearchOptions search_with_cache(const std::string& folder);

}  // namespace netmoth::pipeline
