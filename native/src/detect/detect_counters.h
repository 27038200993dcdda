// What detection has counted.
#pragma once

#include <cstdint>

namespace netmoth::detect {

// Of a worker, or of several.
struct DetectCounters {
  std::uint64_t alerts = 0;
  std::uint64_t alerts_suppressed = 0;  // by suppressions and rates
  std::uint64_t alerts_discarded = 0;   // beyond what is told of one packet
  std::uint64_t rules_checked = 0;
  std::uint64_t packets_tagged = 0;
  std::uint64_t tags_refused = 0;         // for want of room
  std::uint64_t octets_dropped = 0;       // of bodies, not looked at for want of room
  std::uint64_t stream_octets_early = 0;  // looked at before their time for want of room
  std::uint64_t names_refused = 0;        // flow bits and integers a flow had no room for

  DetectCounters& operator+=(const DetectCounters& other) {
    alerts += other.alerts;
    alerts_suppressed += other.alerts_suppressed;
    alerts_discarded += other.alerts_discarded;
    rules_checked += other.rules_checked;
    packets_tagged += other.packets_tagged;
    tags_refused += other.tags_refused;
    octets_dropped += other.octets_dropped;
    names_refused += other.names_refused;
    stream_octets_early += other.stream_octets_early;
    return *this;
  }
};

// Of what rules remember of hosts: one table a run.
struct HostCounters {
  std::uint64_t entries = 0;
  std::uint64_t evicted = 0;  // before they were over
};

}  // namespace netmoth::detect
