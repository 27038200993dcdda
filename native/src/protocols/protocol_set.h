// Protocols by transport, one bit each: those a configuration switches off.
#pragma once

#include <array>
#include <bitset>
#include <optional>

#include "protocols/parser.h"

namespace netmoth::protocols {

// Room for every AppProto.
inline constexpr std::size_t kProtocolBits = 128;

class ProtocolSet {
 public:
  void add(AppProto proto, Transport transport) { bits_of(transport).set(index_of(proto)); }
  [[nodiscard]] bool has(AppProto proto, Transport transport) const {
    return bits_[static_cast<std::size_t>(transport)].test(index_of(proto));
  }

 private:
  static constexpr std::size_t index_of(AppProto proto) {
    return static_cast<std::size_t>(proto) % kProtocolBits;
  }
  std::bitset<kProtocolBits>& bits_of(Transport transport) {
    return bits_[static_cast<std::size_t>(transport)];
  }

  std::array<std::bitset<kProtocolBits>, 3> bits_;
};

// The protocol of an EVE name; nothing where none has it.
inline std::optional<AppProto> app_proto_of(std::string_view name) {
  for (std::size_t i = 0; i < kProtocolBits; ++i) {
    const auto proto = static_cast<AppProto>(i);
    if (app_proto_name(proto) == name) return proto;
  }
  return std::nullopt;
}

}  // namespace netmoth::protocols
