#include "detect/dataset.h"

namespace netmoth::detect {

bool Dataset::read(RecordReader& in) {
  name_ = in.text();
  number_ = name_number(name_);
  kind_ = static_cast<Kind>(in.u8_below(static_cast<std::uint8_t>(Kind::kCount)));
  const std::size_t count = in.count();
  if (!in.ok()) return false;
  std::vector<std::string_view> listed;
  listed.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i)
    listed.push_back(as_text(in.bytes()));
  const std::size_t reputations = in.count();
  if (!in.ok() || (reputations != 0 && reputations != count)) return false;
  rated_ = reputations > 0;
  values_.reserve(count);
  for (const std::string_view value : listed)
    values_.emplace(value, rated_ ? in.varint() : 0);
  return in.ok() && in.at_end();
}

bool Dataset::fits(std::size_t octets) const {
  switch (kind_) {
    case Kind::kMd5:
      return octets == 16;
    case Kind::kSha256:
      return octets == 32;
    case Kind::kIpv4:
      return octets == 4;
    case Kind::kIp:
      return octets == 4 || octets == 16;
    case Kind::kString:
    case Kind::kCount:
      return true;
  }
  return true;
}

std::optional<std::uint64_t> Dataset::reputation(Bytes value) const {
  const auto found = values_.find(as_text(value));
  if (!rated_ || found == values_.end()) return std::nullopt;
  return found->second;
}

bool reputation_passes(const ReputationMatch& match, Bytes value) {
  const std::optional<std::uint64_t> known = match.dataset->reputation(value);
  if (!known) return false;
  switch (match.comparison) {
    case Comparison::kLess:
      return *known < match.value;
    case Comparison::kGreater:
      return *known > match.value;
    default:
      return *known == match.value;
  }
}

}  // namespace netmoth::detect
