// See x509_name.h.
#include "protocols/x509_name.h"

#include <array>
#include <charconv>

#include "protocols/der.h"

namespace netmoth::protocols {
namespace {

struct AttributeName {
  std::string_view oid;  // DER content octets
  std::string_view name;
};

// Attribute types of names (RFC 4519, RFC 2985) under their short names.
constexpr std::array<AttributeName, 20> kAttributes{{
    {"\x55\x04\x03", "CN"},
    {"\x55\x04\x04", "SN"},
    {"\x55\x04\x05", "serialNumber"},
    {"\x55\x04\x06", "C"},
    {"\x55\x04\x07", "L"},
    {"\x55\x04\x08", "ST"},
    {"\x55\x04\x09", "STREET"},
    {"\x55\x04\x0a", "O"},
    {"\x55\x04\x0b", "OU"},
    {"\x55\x04\x0c", "title"},
    {"\x55\x04\x0d", "description"},
    {"\x55\x04\x0f", "businessCategory"},
    {"\x55\x04\x11", "postalCode"},
    {"\x55\x04\x29", "name"},
    {"\x55\x04\x2a", "givenName"},
    {"\x55\x04\x2b", "initials"},
    {"\x55\x04\x2e", "dnQualifier"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "Email"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
}};

void append_decimal(std::string& out, std::uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

// Dotted decimal of an object identifier (X.690 §8.19).
void append_oid(std::string& out, Bytes oid) {
  std::uint64_t arc = 0;
  bool first = true;
  for (const std::uint8_t octet : oid) {
    arc = (arc & (~std::uint64_t{0} >> 8)) << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (first) {
      const std::uint64_t root = arc < 80 ? arc / 40 : 2;
      append_decimal(out, root);
      out.push_back('.');
      append_decimal(out, arc - root * 40);
      first = false;
    } else {
      out.push_back('.');
      append_decimal(out, arc);
    }
    arc = 0;
  }
}

void append_attribute_name(std::string& out, Bytes oid) {
  for (const AttributeName& attribute : kAttributes) {
    if (as_text(oid) == attribute.oid) {
      out.append(attribute.name);
      return;
    }
  }
  append_oid(out, oid);
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xe0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

void append_value(std::string& out, const DerItem& value) {
  if (value.tag != der_tag::kBmpString) {
    out.append(as_text(value.content));
    return;
  }
  base::Reader reader(value.content);
  while (reader.remaining() >= 2)
    append_utf8(out, reader.u16());
}

// Calls each(first_of_set, oid, value) for every attribute; false where the structure is broken.
template <typename Each>
bool for_each_attribute(Bytes sequence, Each each) {
  DerReader names(sequence);
  while (!names.at_end()) {
    DerReader set(names.expect(der_tag::kSet));
    bool first_of_set = true;
    while (!set.at_end()) {
      DerReader pair(set.expect(der_tag::kSequence));
      const Bytes oid = pair.expect(der_tag::kObjectId);
      const DerItem value = pair.next();
      if (!pair.ok()) return false;
      each(first_of_set, oid, value);
      first_of_set = false;
    }
    if (!set.ok()) return false;
  }
  return names.ok();
}

}  // namespace

bool append_distinguished_name(std::string& out, Bytes sequence) {
  return for_each_attribute(sequence, [&](bool first_of_set, Bytes oid, const DerItem& value) {
    if (!out.empty()) out.append(first_of_set ? ", " : " + ");
    append_attribute_name(out, oid);
    out.push_back('=');
    append_value(out, value);
  });
}

std::string common_name(Bytes sequence) {
  constexpr std::string_view kCommonName = "\x55\x04\x03";
  std::string out;
  (void)for_each_attribute(sequence, [&](bool, Bytes oid, const DerItem& value) {
    if (as_text(oid) != kCommonName) return;
    out.clear();
    append_value(out, value);
  });
  return out;
}

}  // namespace netmoth::protocols
