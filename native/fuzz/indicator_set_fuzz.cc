// Any octets as a table of indicators: the first says of which kind, the second of how many records
// and how many octets the metas are; then everything is looked up in it.
#include "detect/indicators/indicator_set.h"
#include "test/testing/indicator_bundle.h"

using netmoth::Bytes;
namespace detect = netmoth::detect;
namespace testing = netmoth::testing;

namespace {

void look_up(const detect::IndicatorSet& set, Bytes data) {
  const std::string_view text = netmoth::as_text(data);
  netmoth::Address address;
  std::copy_n(data.begin(), std::min(data.size(), address.octets.size()), address.octets.begin());
  const auto tell = [&](const detect::IndicatorHit& hit) {
    if (hit && hit.meta->list != "feed" && hit.meta->list != "x") __builtin_trap();
    if (hit) (void)set.entry_text(hit);
  };
  for (const std::uint8_t version : {std::uint8_t{4}, std::uint8_t{6}}) {
    tell(set.find_address(address, version, 0));
    tell(set.find_address_port(address, version, 443, 0));
  }
  tell(set.find_domain(text, 0));
  tell(set.find_domain(text.substr(0, std::min<std::size_t>(text.size(), 12)), 0));
  for (std::size_t kind = 0; kind < detect::kIndicatorKinds; ++kind) {
    const auto which = static_cast<detect::IndicatorKind>(kind);
    const std::size_t width = detect::row_of(which).width;
    if (width <= data.size() && kind > 1)
      tell(set.find(which, width == 0 ? data : data.first(width), 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 3;
  if (size < kHead) return 0;
  const Bytes rest(data + kHead, size - kHead);
  const std::size_t metas = std::min<std::size_t>(data[2], rest.size());
  const auto kind = static_cast<std::uint32_t>(data[0] % detect::kIndicatorKinds);
  const std::string file = testing::sealed_bundle(
      {{2, 2, testing::indexed_section({"feed", "x"})},
       {8, 1, testing::indexed_section({std::string(netmoth::as_text(rest.first(metas)))})},
       {16 + kind, data[1], std::string(netmoth::as_text(rest.subspan(metas)))}});
  detect::BundleFile bundle;
  if (bundle.open(netmoth::as_bytes(file)) != detect::BundleFault::kNone) __builtin_trap();
  std::shared_ptr<const detect::IndicatorSet> set;
  if (detect::IndicatorSet::load(bundle, nullptr, size, set) == detect::BundleFault::kNone && set)
    look_up(*set, rest.subspan(metas));
  return 0;
}
