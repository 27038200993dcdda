#include "detect/indicators/entry_text.h"

#include <algorithm>
#include <bit>

#include "base/hex.h"
#include "base/text.h"

namespace netmoth::detect {
namespace {

constexpr std::size_t kIpv4Octets = 4;

void append_address(std::string& out, Bytes octets) {
  Address address;
  std::copy_n(octets.begin(), std::min(octets.size(), address.octets.size()),
              address.octets.begin());
  base::append_address(out, address, octets.size() == kIpv4Octets ? 4 : 6);
}

// How many leading bits `first` and `last` share, where they are the ends of a network; -1 of any
// other range.
int prefix_of(Bytes first, Bytes last) {
  constexpr int kOctetBits = 8;
  int bits = 0;
  std::size_t at = 0;
  while (at < first.size() && first[at] == last[at]) {
    bits += kOctetBits;
    ++at;
  }
  if (at == first.size()) return bits;
  const auto differing = static_cast<std::uint8_t>(first[at] ^ last[at]);
  const auto host = static_cast<std::uint8_t>(0xff >> std::countl_zero(differing));
  if ((first[at] & host) != 0 || (last[at] & host) != host) return -1;
  const bool whole =
      std::ranges::all_of(first.subspan(at + 1), [](std::uint8_t o) { return o == 0; }) &&
      std::ranges::all_of(last.subspan(at + 1), [](std::uint8_t o) { return o == 0xff; });
  return whole ? bits + std::countl_zero(differing) : -1;
}

std::string range_text(Bytes key) {
  const Bytes first = key.first(key.size() / 2);
  const Bytes last = key.subspan(key.size() / 2);
  std::string text;
  append_address(text, first);
  if (std::ranges::equal(first, last)) return text;
  const int prefix = first.size() == last.size() ? prefix_of(first, last) : -1;
  if (prefix >= 0) return text + '/' + std::to_string(prefix);
  text.push_back('-');
  append_address(text, last);
  return text;
}

std::string address_port_text(Bytes key) {
  constexpr std::size_t kPortOctets = 2;
  if (key.size() <= kPortOctets) return {};
  const Bytes address = key.first(key.size() - kPortOctets);
  const unsigned port = unsigned{key[key.size() - 2]} << 8 | key[key.size() - 1];
  const bool bare = address.size() == kIpv4Octets;
  std::string text = bare ? "" : "[";
  append_address(text, address);
  return text + (bare ? ":" : "]:") + std::to_string(port);
}

// The labels of `key`, each with a dot behind it, from the last to the first.
std::string domain_text(std::string_view key) {
  std::string text;
  while (!key.empty()) {
    key.remove_suffix(1);
    const std::size_t start = key.rfind('.') + 1;  // npos + 1 is 0
    if (!text.empty()) text += '.';
    text += key.substr(start);
    key = key.substr(0, start);
  }
  return text;
}

}  // namespace

std::string text_of_entry(IndicatorKind kind, Bytes key) {
  switch (kind) {
    case IndicatorKind::kIpv4:
    case IndicatorKind::kIpv6:
      return range_text(key);
    case IndicatorKind::kIpv4Port:
    case IndicatorKind::kIpv6Port:
      return address_port_text(key);
    case IndicatorKind::kDomain:
      return domain_text(as_text(key));
    case IndicatorKind::kJa4:
    case IndicatorKind::kUrl:
      return std::string(as_text(key));
    default:
      return base::to_hex(key);
  }
}

}  // namespace netmoth::detect
