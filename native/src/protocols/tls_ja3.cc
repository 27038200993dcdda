// JA3 and JA3S. See tls_fingerprint.h.
#include <charconv>

#include "base/digest.h"
#include "base/hex.h"
#include "base/reader.h"
#include "protocols/tls_fingerprint.h"

namespace netmoth::protocols {
namespace {

void append_number(std::string& out, unsigned value) {
  char buffer[8];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

// Appends values joined by '-' after a ','.
class Field {
 public:
  explicit Field(std::string& out) : out_(out) { out_.push_back(','); }
  void add(std::uint16_t value) {
    if (is_grease(value)) return;
    if (!first_) out_.push_back('-');
    first_ = false;
    append_number(out_, value);
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_point_formats(std::string& out, const ClientHello& hello) {
  Field field(out);
  const auto formats = hello.extensions.find(tls_extension::kPointFormats);
  if (!formats) return;
  base::Reader outer(*formats);
  const std::size_t total = outer.u8();
  base::Reader values(outer.bytes(std::min(total, outer.remaining())));
  while (!values.at_end())
    field.add(values.u8());
}

}  // namespace

std::string ja3_string(const ClientHello& hello) {
  std::string out;
  out.reserve(256);
  append_number(out, hello.legacy_version);
  Field ciphers(out);
  if (hello.ssl2) {
    base::Reader reader(hello.ciphers);
    while (reader.remaining() >= 3) {
      const std::uint32_t cipher = reader.u24();
      if (cipher <= 0xffff) ciphers.add(static_cast<std::uint16_t>(cipher));
    }
  } else {
    for_each_u16(hello.ciphers, 0, [&](std::uint16_t value) { ciphers.add(value); });
  }
  Field extensions(out);
  for (const TlsExtension& extension : hello.extensions)
    extensions.add(extension.type);
  Field groups(out);
  if (const auto list = hello.extensions.find(tls_extension::kGroups); list) {
    for_each_u16(*list, 2, [&](std::uint16_t value) { groups.add(value); });
  }
  append_point_formats(out, hello);
  return out;
}

std::string ja3s_string(const ServerHello& hello) {
  std::string out;
  append_number(out, hello.legacy_version);
  out.push_back(',');
  append_number(out, hello.cipher);
  Field extensions(out);
  for (const TlsExtension& extension : hello.extensions)
    extensions.add(extension.type);
  return out;
}

std::string ja3_hash(std::string_view text) {
  const auto digest = base::md5(as_bytes(text));
  return base::to_hex(digest);
}

}  // namespace netmoth::protocols
