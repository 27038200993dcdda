// Tests of what is known of a packet's or flow's addresses. Source: Suricata 8 user guide, "IP
// Reputation Keyword", "IP Keywords" (geoip); docs/bundle.md, "Meaning".
#include <array>

#include "detect/address_table.h"
#include "detect/fields.h"
#include "detect/rule_index.h"

namespace netmoth::detect {
namespace {

constexpr FieldRow kRows[] = {
    {.name = "any", .scope = FieldScope::kAddress},
    {.name = "both", .scope = FieldScope::kAddress, .every = true},
    {.name = "dst", .scope = FieldScope::kAddress, .side = Side::kToClient},
    {.name = "src", .scope = FieldScope::kAddress, .side = Side::kToServer},
};

bool address_passes(const FieldTest& test, const Address& address, int ip_version) {
  const std::optional<std::uint8_t> known = test.addresses->score(address, ip_version);
  if (!known) return test.test.never_passes();  // asks that nothing is known
  return test.test.passes(*known);
}

}  // namespace

const FieldRow* find_address_field(std::string_view field, AddressField& parts) {
  const std::size_t first = field.find('.');
  if (first == std::string_view::npos) return nullptr;
  const std::size_t second = field.find('.', first + 1);
  parts.keyword = field.substr(0, first);
  if (second == std::string_view::npos || (parts.keyword != "iprep" && parts.keyword != "geoip"))
    return nullptr;
  parts.what = field.substr(second + 1);
  const std::string_view side = field.substr(first + 1, second - first - 1);
  for (const FieldRow& row : kRows) {
    if (row.name == side) return &row;
  }
  return nullptr;
}

bool addresses_pass(const FieldTest& test, const Ends& ends) {
  if (ends.ip_version == 0) return false;
  const auto of = [&](const Address* address) {
    return address_passes(test, *address, ends.ip_version);
  };
  switch (test.row->side) {
    case Side::kToServer:
      return of(ends.source);
    case Side::kToClient:
      return of(ends.destination);
    case Side::kAny:
      break;
  }
  if (test.row->every) return of(ends.source) && of(ends.destination);
  return of(ends.source) || of(ends.destination);
}

}  // namespace netmoth::detect
