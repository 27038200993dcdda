#include "detect/address_table.h"

#include <cstring>

namespace netmoth::detect {
namespace {

bool before(Bytes a, Bytes b) {
  return std::memcmp(a.data(), b.data(), a.size()) < 0;
}

}  // namespace

bool AddressTable::Rows::sorted() const {
  for (std::size_t i = 0; i < count(); ++i) {
    if (before(high(i), low(i)) || (i > 0 && !before(high(i - 1), low(i)))) return false;
  }
  return true;
}

AddressTable::Rows AddressTable::rows(RecordReader& in, std::size_t width) {
  const std::size_t count = in.count();
  return {width, in.octets(count * (2 * width + 1))};
}

bool AddressTable::read(RecordReader& in) {
  name_ = in.text();
  v4_ = rows(in, v4_.width);
  v6_ = rows(in, v6_.width);
  return in.ok() && in.at_end() && v4_.sorted() && v6_.sorted();
}

std::optional<std::uint8_t> AddressTable::score(const Address& address, int ip_version) const {
  if (ip_version == 0) return std::nullopt;
  const Rows& rows = ip_version == 4 ? v4_ : v6_;
  const Bytes wanted = Bytes(address.octets).first(rows.width);
  // The first row that ends at the address or behind it.
  std::size_t from = 0;
  std::size_t to = rows.count();
  while (from < to) {
    const std::size_t middle = from + (to - from) / 2;
    if (before(rows.high(middle), wanted))
      from = middle + 1;
    else
      to = middle;
  }
  if (from == rows.count() || before(wanted, rows.low(from))) return std::nullopt;
  return rows.score(from);
}

}  // namespace netmoth::detect
