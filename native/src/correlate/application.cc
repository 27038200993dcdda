#include "correlate/application.h"

#include <algorithm>
#include <array>

#include "correlate/name_pool.h"

namespace netmoth::correlate {
namespace {

struct NameRule {
  std::string_view suffix;
  ApplicationId application;
};
struct FingerprintRule {
  std::string_view fingerprint;
  ApplicationId application;
};

// kApplications, kNameRules, kFingerprintRules: made by native/cmake/applications.cmake.
#include "applications.inc"

constexpr std::uint32_t kHashStart = 2'166'136'261U;  // FNV-1a

// A name is hashed from its end, so that every suffix of it is met on one walk.
constexpr std::uint32_t hash_step(std::uint32_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
}

constexpr std::uint32_t hash_of(std::string_view suffix) {
  std::uint32_t hash = kHashStart;
  for (std::size_t i = suffix.size(); i > 0; --i)
    hash = hash_step(hash, suffix[i - 1]);
  return hash;
}

constexpr std::size_t kSlots = 4096;
constexpr std::size_t slot_of(std::uint32_t hash) {
  return (hash ^ hash >> 16) % kSlots;
}
static_assert(std::size(kNameRules) * 2 < kSlots);

// Open addressing; a slot holds 1 + the index of a rule.
constexpr std::array<std::uint16_t, kSlots> make_slots() {
  std::array<std::uint16_t, kSlots> slots{};
  for (std::size_t rule = 0; rule < std::size(kNameRules); ++rule) {
    std::size_t slot = slot_of(hash_of(kNameRules[rule].suffix));
    while (slots[slot] != 0)
      slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<std::uint16_t>(rule + 1);
  }
  return slots;
}
constexpr auto kSuffixSlots = make_slots();

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

ApplicationId rule_of(std::uint32_t hash, std::string_view suffix) {
  for (std::size_t slot = slot_of(hash); kSuffixSlots[slot] != 0; slot = (slot + 1) % kSlots) {
    const NameRule& rule = kNameRules[kSuffixSlots[slot] - 1];
    if (std::ranges::equal(rule.suffix, suffix, {}, {}, lower)) return rule.application;
  }
  return kUnknownApplication;
}

}  // namespace

ApplicationId application_by_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxDomainLength) return kUnknownApplication;
  ApplicationId found = kUnknownApplication;
  std::uint32_t hash = kHashStart;
  for (std::size_t i = host.size(); i > 0; --i) {
    hash = hash_step(hash, lower(host[i - 1]));
    if (i > 1 && host[i - 2] != '.') continue;
    const ApplicationId id = rule_of(hash, host.substr(i - 1));
    if (id != kUnknownApplication) found = id;
  }
  return found;
}

ApplicationId application_by_fingerprint(std::string_view fingerprint) {
  const auto* rule =
      std::ranges::lower_bound(kFingerprintRules, fingerprint, {}, &FingerprintRule::fingerprint);
  return rule != std::end(kFingerprintRules) && rule->fingerprint == fingerprint
             ? rule->application
             : kUnknownApplication;
}

Application application(ApplicationId id) {
  return id < std::size(kApplications) ? kApplications[id] : kApplications[0];
}

std::size_t application_count() {
  return std::size(kApplications) - 1;
}

}  // namespace netmoth::correlate
