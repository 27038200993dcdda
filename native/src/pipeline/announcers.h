// Which pairs of hosts may announce connections to each other (FTP, see protocols/expectations.h),
// so that of several workers only those wait for the others that could miss an announcement.
//
// Invariant: it sees every TCP packet of a run in order. Two hosts are noted with the first packet
// that could begin a control connection: port 21, or the greeting "220" or a part of it, on any
// port. Protocol detection asks for more than that, so what it calls FTP was noted before. Notes
// are bits by the hash of both addresses and stay to the end: who shares a bit waits in vain,
// nobody is forgotten.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>

#include "flow/flow_key.h"

namespace netmoth::pipeline {

// Whether a connection may have been announced by another one: by none in the capture so far, none
// between its hosts, or perhaps.
enum class Announced : std::uint8_t { kNowhere, kElsewhere, kPerhaps };

class Announcers {
 public:
  // A TCP packet between these ends with `payload`.
  template <typename Key>
  Announced see(const Key& key, Bytes payload) {
    const bool begins = may_begin(key, payload);
    if (!any_ && !begins) return Announced::kNowhere;
    const std::size_t pair = pair_of(key);
    if (begins) any_ = noted_[pair] = true;
    return noted_[pair] ? Announced::kPerhaps : Announced::kElsewhere;
  }

 private:
  static constexpr unsigned kPlaceBits = 16;

  template <typename Key>
  static bool may_begin(const Key& key, Bytes payload) {
    constexpr std::uint16_t kFtp = 21;
    constexpr std::string_view kGreeting = "220";
    if (payload.empty()) return false;
    if (payload[0] == kGreeting[0]) {
      const std::string_view start =
          as_text(payload.first(std::min(payload.size(), kGreeting.size())));
      if (kGreeting.starts_with(start)) return true;
    }
    return key.source_port == kFtp || key.destination_port == kFtp;
  }
  // The same for both directions. Not keyed: who makes pairs collide makes workers wait, no more.
  template <typename Key>
  static std::size_t pair_of(const Key& key) {
    using Halves = std::array<std::uint64_t, 2>;
    const auto source = std::bit_cast<Halves>(key.source.octets);
    const auto destination = std::bit_cast<Halves>(key.destination.octets);
    constexpr std::uint64_t kApart = 31;
    const std::uint64_t pair = (source[0] ^ destination[0]) + kApart * (source[1] ^ destination[1]);
    return (pair * flow::detail::kMultiplier) >> (64 - kPlaceBits);
  }

  std::bitset<1U << kPlaceBits> noted_;
  bool any_ = false;
};

}  // namespace netmoth::pipeline
