#include "detect/pcre.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

namespace netmoth::detect {
namespace {

// `O` lifts the limits of a rule, not those of the machine.
constexpr std::uint32_t kUnlimitedMatches = 10'000'000;

}  // namespace

PcreScratch::PcreScratch()
    : data_(pcre2_match_data_create(kMaxGroups, nullptr)),
      limited_(pcre2_match_context_create(nullptr)),
      unlimited_(pcre2_match_context_create(nullptr)) {
  pcre2_set_match_limit(limited_, kMatchLimit);
  pcre2_set_depth_limit(limited_, kDepthLimit);
  pcre2_set_match_limit(unlimited_, kUnlimitedMatches);
}

PcreScratch::~PcreScratch() {
  pcre2_match_data_free(data_);
  pcre2_match_context_free(limited_);
  pcre2_match_context_free(unlimited_);
}

Pcre::Pcre(Bytes pattern, std::uint32_t options, bool unlimited) : unlimited_(unlimited) {
  int fault = 0;
  PCRE2_SIZE at = 0;
  code_ = pcre2_compile(pattern.data(), pattern.size(), options, &fault, &at, nullptr);
}

Pcre::~Pcre() {
  pcre2_code_free(code_);
}

PcreFound Pcre::find(Bytes subject, PcreScratch& scratch, bool cut) const {
  if (code_ == nullptr) return {};
  std::call_once(translated_, [this] { (void)pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE); });
  // An empty view has no address, which PCRE2 does not take.
  const std::uint8_t* const start =
      subject.empty() ? reinterpret_cast<const std::uint8_t*>("") : subject.data();
  const int found = pcre2_match(code_, start, subject.size(), 0, cut ? PCRE2_NOTBOL : 0,
                                scratch.data_, unlimited_ ? scratch.unlimited_ : scratch.limited_);
  if (found < 0) return {};
  const PCRE2_SIZE* const places = pcre2_get_ovector_pointer(scratch.data_);
  PcreFound result;
  result.found = true;
  result.begin = std::min<std::size_t>(places[0], places[1]);  // \K may exchange them
  result.end = places[1];
  result.groups = found == 0 ? kMaxGroups : static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < result.groups; ++i)
    result.at[i] = {places[2 * i], places[2 * i + 1]};
  return result;
}

}  // namespace netmoth::detect
