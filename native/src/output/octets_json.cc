#include "output/octets_json.h"

#include <string>

#include "base/base64.h"

namespace netmoth::output {

void write_base64(base::JsonWriter& json, std::string_view name, Bytes octets) {
  std::string text;
  base::append_base64(text, octets);
  json.member_plain(name, text);
}

void write_printable(base::JsonWriter& json, std::string_view name, Bytes octets) {
  std::string text;
  for (const std::uint8_t octet : octets) {
    const bool shown = (octet >= ' ' && octet <= '~') || octet == '\r' || octet == '\n';
    text.push_back(shown ? static_cast<char>(octet) : '.');
  }
  json.member(name, text);
}

}  // namespace netmoth::output
