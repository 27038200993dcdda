// DNS messages built in code for tests: one question, answers written out without compression.
//
//   Buffer answer = dns_answer({"www.example.com"}, {a("www.example.com", "192.0.2.1", 300)});
#pragma once

#include "testing/packet_builder.h"

namespace netmoth::testing {

inline constexpr std::uint16_t kTypeA = 1, kTypeCname = 5, kTypePtr = 12, kTypeAaaa = 28;

// Labels behind their lengths; an empty text is the root.
inline Buffer dns_name(std::string_view text) {
  Buffer out;
  while (!text.empty()) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    out.push_back(static_cast<std::uint8_t>(dot));
    out = std::move(out) + text.substr(0, dot);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  out.push_back(0);
  return out;
}

struct DnsAsked {
  std::string_view name;
  std::uint16_t type = kTypeA;
};

inline Buffer dns_record(std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                         const Buffer& data) {
  return dns_name(owner) + be16(type) + be16(1) + be32(ttl) + be16(data.size()) + data;
}
inline Buffer a(std::string_view owner, const std::string& address, std::uint32_t ttl) {
  return dns_record(owner, kTypeA, ttl, address_bytes(address));
}
inline Buffer aaaa(std::string_view owner, const std::string& address, std::uint32_t ttl) {
  return dns_record(owner, kTypeAaaa, ttl, address_bytes(address));
}
inline Buffer cname(std::string_view owner, std::string_view target, std::uint32_t ttl) {
  return dns_record(owner, kTypeCname, ttl, dns_name(target));
}
inline Buffer ptr(std::string_view owner, std::string_view target, std::uint32_t ttl) {
  return dns_record(owner, kTypePtr, ttl, dns_name(target));
}

// `flags` 0x8180: a successful response.
inline Buffer dns_answer(DnsAsked asked, const std::vector<Buffer>& answers, int flags = 0x8180) {
  Buffer out = be16(0x1234) + be16(static_cast<std::uint64_t>(flags)) + be16(1) +
               be16(answers.size()) + be16(0) + be16(0) + dns_name(asked.name) + be16(asked.type) +
               be16(1);
  for (const Buffer& answer : answers)
    out = std::move(out) + answer;
  return out;
}
inline Buffer dns_query(DnsAsked asked) {
  return be16(0x1234) + be16(0x0100) + be16(1) + be16(0) + be16(0) + be16(0) +
         dns_name(asked.name) + be16(asked.type) + be16(1);
}

}  // namespace netmoth::testing
