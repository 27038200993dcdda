// Names of the strategies.
//
// Invariant: the same as CAPTURE_STRATEGIES in contracts/src/engine-config.ts.
#include "capture/live_source.h"

#include <array>
#include <utility>

namespace netmoth::capture {
namespace {

constexpr std::array<std::pair<Strategy, std::string_view>, 5> kNames{{
    {Strategy::kAuto, "auto"},
    {Strategy::kAfPacket, "afPacket"},
    {Strategy::kEbpf, "ebpf"},
    {Strategy::kPcap, "pcap"},
    {Strategy::kAfXdp, "afXdp"},
}};

}  // namespace

std::string_view strategy_name(Strategy strategy) {
  for (const auto& [value, name] : kNames) {
    if (value == strategy) return name;
  }
  return "auto";
}

std::optional<Strategy> strategy_of(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace netmoth::capture
