#include "stream/overlap_policy.h"

namespace netmoth::stream {
namespace {

bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace

bool later_wins(OverlapPolicy policy, Extent earlier, Extent later) {
  const bool starts_before = before(later.start, earlier.start);
  const bool starts_equal = later.start == earlier.start;
  const bool ends_beyond = before(earlier.end, later.end);
  const bool ends_at_least = ends_beyond || earlier.end == later.end;
  switch (policy) {
    case OverlapPolicy::kLast:
      return true;
    case OverlapPolicy::kFirst:
    case OverlapPolicy::kVista:
    case OverlapPolicy::kBsdRight:
      return false;
    case OverlapPolicy::kLinux:
      return starts_before || (starts_equal && ends_beyond);
    case OverlapPolicy::kOldLinux:
      return starts_before || (starts_equal && ends_at_least);
    case OverlapPolicy::kSolaris:
    case OverlapPolicy::kHpux11:
      return starts_before || starts_equal ? ends_at_least : ends_beyond;
    case OverlapPolicy::kBsd:
    case OverlapPolicy::kHpux10:
    case OverlapPolicy::kIrix:
    case OverlapPolicy::kMacos:
    case OverlapPolicy::kWindows:
    case OverlapPolicy::kWindows2003:
      return starts_before;
  }
  return false;
}

bool takes_exact_resets_only(OverlapPolicy policy) {
  switch (policy) {
    case OverlapPolicy::kLinux:
    case OverlapPolicy::kOldLinux:
    case OverlapPolicy::kSolaris:
    case OverlapPolicy::kHpux11:
      return false;
    default:
      return true;
  }
}

}  // namespace netmoth::stream
