// Addresses with a number each, as rules ask for them: reputations of a category, addresses of
// countries. Source: docs/bundle.md, "address table".
//
// Invariant: rows stay in the bundle's octets; read() has seen that they are sorted and lie apart,
// so that a look-up is one search.
#pragma once

#include <optional>
#include <string_view>

#include "detect/record_reader.h"

namespace netmoth::detect {

class AddressTable {
 public:
  // False where the record is broken.
  [[nodiscard]] bool read(RecordReader& in);

  // "iprep.CnC", "geoip.US": what a field's name has but for its side.
  [[nodiscard]] std::string_view name() const { return name_; }
  // nullopt where no row has the address.
  [[nodiscard]] std::optional<std::uint8_t> score(const Address& address, int ip_version) const;

 private:
  // First and last address, most significant octet first, then the number.
  struct Rows {
    std::size_t width = 0;  // of an address
    Bytes octets;

    [[nodiscard]] std::size_t count() const { return octets.size() / (2 * width + 1); }
    [[nodiscard]] Bytes low(std::size_t at) const {
      return octets.subspan(at * (2 * width + 1), width);
    }
    [[nodiscard]] Bytes high(std::size_t at) const {
      return octets.subspan(at * (2 * width + 1) + width, width);
    }
    [[nodiscard]] std::uint8_t score(std::size_t at) const {
      return octets[at * (2 * width + 1) + 2 * width];
    }
    [[nodiscard]] bool sorted() const;
  };
  static Rows rows(RecordReader& in, std::size_t width);

  std::string_view name_;
  Rows v4_{4, {}};
  Rows v6_{16, {}};
};

}  // namespace netmoth::detect
