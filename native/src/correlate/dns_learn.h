// What a DNS answer teaches: which addresses the asked name leads to, and which name a PTR gives an
// address.
//
// Invariant: the name that is learnt is the one that was ASKED for, whatever chain of CNAMEs leads
// to the addresses; records that the chain does not reach teach nothing. Work is bounded by
// kMaxRecordsRead and kMaxChain whatever the message says.
#pragma once

#include "correlate/dns_cache.h"
#include "protocols/dns_message.h"

namespace netmoth::correlate {

inline constexpr std::size_t kMaxRecordsRead = 128;  // of the answer section
inline constexpr std::size_t kMaxChain = 16;

// `client` is who the message was sent to. Anything but a successful response to a standard query
// teaches nothing.
void learn_from(const protocols::DnsMessage& message, const Host& client, TimestampNs at,
                DnsCache& cache);

// "4.3.2.1.in-addr.arpa" → 1.2.3.4, "….ip6.arpa" → an IPv6 address (RFC 1035 §3.5, RFC 3596 §2.5).
// False for anything else. Any case.
[[nodiscard]] bool parse_reverse_name(std::string_view name, Host& address);

// ASCII lower case into a buffer of kMaxDomainLength; empty for names that are empty, too long or
// no text. A final dot is dropped.
class LowerName {
 public:
  explicit LowerName(std::string_view name);
  [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }

 private:
  std::array<char, kMaxDomainLength> text_;
  std::size_t length_ = 0;
};

}  // namespace netmoth::correlate
