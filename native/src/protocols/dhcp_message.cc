// Reads DHCP messages. See dhcp_message.h.
#include "protocols/dhcp_message.h"

#include <algorithm>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint32_t kMagicCookie = 0x63825363;
constexpr std::size_t kHardwareField = 16;
constexpr std::size_t kServerNameField = 64;
constexpr std::size_t kFileField = 128;

// Returns whether the end option was reached.
bool read_options(Bytes field, DhcpMessage& message) {
  constexpr std::uint8_t kPad = 0;
  constexpr std::uint8_t kEnd = 255;
  base::Reader reader(field);
  while (!reader.at_end()) {
    const std::uint8_t code = reader.u8();
    if (code == kPad) continue;
    if (code == kEnd) return true;
    const std::size_t length = reader.u8();
    const Bytes data = reader.bytes(length);
    if (!reader.ok() || message.option_count == kMaxDhcpOptions) return false;
    message.options[message.option_count++] = {code, data};
  }
  return false;
}

}  // namespace

bool parse_dhcp(Bytes datagram, DhcpMessage& message) {
  base::Reader reader(datagram);
  message.option_count = 0;
  message.opcode = reader.u8();
  reader.skip(1);  // hardware type
  const std::size_t hardware_length = reader.u8();
  reader.skip(1);  // hops
  message.id = reader.u32();
  reader.skip(4);  // seconds, flags
  message.client_ip = reader.bytes(4);
  message.your_ip = reader.bytes(4);
  message.next_server_ip = reader.bytes(4);
  message.relay_ip = reader.bytes(4);
  message.client_hardware = reader.bytes(kHardwareField)
                                .first(reader.ok() ? std::min(hardware_length, kHardwareField) : 0);
  const Bytes server_name = reader.bytes(kServerNameField);
  const Bytes file = reader.bytes(kFileField);
  const std::uint32_t cookie = reader.u32();
  if (!reader.ok() || cookie != kMagicCookie) return false;
  if (message.opcode != 1 && message.opcode != 2) return false;
  message.options_cut = !read_options(reader.rest(), message);
  if (const DhcpOption* overload = message.find(dhcp_option::kOverload);
      overload != nullptr && overload->data.size() == 1) {
    const std::uint8_t fields = overload->data[0];
    if ((fields & 1) != 0) (void)read_options(file, message);
    if ((fields & 2) != 0) (void)read_options(server_name, message);
  }
  return true;
}

}  // namespace netmoth::protocols
