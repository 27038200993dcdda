#include "correlate/dns_learn.h"

#include <algorithm>
#include <charconv>

namespace netmoth::correlate {
namespace {

using protocols::DnsMessage;
using protocols::DnsQuestion;
using protocols::DnsRecord;
namespace dns_type = protocols::dns_type;

constexpr std::uint16_t kInternet = 1;  // class IN
constexpr std::uint16_t kAnyType = 255;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// "x.y.suffix" → "x.y"; false where `name` does not end so.
bool strip_suffix(std::string_view& name, std::string_view suffix) {
  if (name.size() <= suffix.size() || !same_name(name.substr(name.size() - suffix.size()), suffix))
    return false;
  name.remove_suffix(suffix.size());
  return true;
}

// Takes the first label off.
std::string_view next_label(std::string_view& name) {
  const std::size_t dot = std::min(name.find('.'), name.size());
  const std::string_view label = name.substr(0, dot);
  name.remove_prefix(std::min(dot + 1, name.size()));
  return label;
}

bool parse_reverse_ipv4(std::string_view name, Host& address) {
  address = {{}, 4};
  for (std::size_t i = 4; i > 0; --i) {
    const std::string_view label = next_label(name);
    const char* const end = label.data() + label.size();
    std::uint8_t octet = 0;
    if (label.empty() || label.size() > 3) return false;
    if (const auto [stop, error] = std::from_chars(label.data(), end, octet);
        error != std::errc() || stop != end)
      return false;
    address.address.octets[i - 1] = octet;
  }
  return name.empty();
}

bool parse_reverse_ipv6(std::string_view name, Host& address) {
  address = {{}, 6};
  for (std::size_t i = 32; i > 0; --i) {
    const std::string_view label = next_label(name);
    if (label.size() != 1) return false;
    const char c = lower(label[0]);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    const int nibble = digit ? c - '0' : c - 'a' + 10;
    std::uint8_t& octet = address.address.octets[(i - 1) / 2];
    octet = static_cast<std::uint8_t>(octet | nibble << (i % 2 == 0 ? 0 : 4));
  }
  return name.empty();
}

// The names from the asked one along its CNAMEs, and the shortest TTL on the way.
struct Chain {
  std::array<std::string_view, kMaxChain> names;
  std::size_t length = 0;
  std::uint32_t ttl = DnsCache::kMaxTtlSeconds;

  [[nodiscard]] bool reaches(std::string_view name) const {
    return std::any_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(length),
                       [name](std::string_view each) { return same_name(each, name); });
  }
};

std::span<const DnsRecord> records_read(const DnsMessage& message) {
  return std::span(message.answers).first(std::min(message.answers.size(), kMaxRecordsRead));
}

// Servers send the chain in its order, but need not.
Chain chain_of(const DnsMessage& message, std::string_view asked) {
  Chain chain;
  chain.names[chain.length++] = asked;
  for (std::size_t at = 0; at < chain.length && chain.length < kMaxChain; ++at) {
    for (const DnsRecord& record : records_read(message)) {
      if (record.type != dns_type::kCname || !record.valid || chain.length == kMaxChain) continue;
      if (!same_name(message.text(record.name), chain.names[at])) continue;
      chain.ttl = std::min(chain.ttl, record.ttl);
      const std::string_view target = message.text(record.target);
      if (!chain.reaches(target)) chain.names[chain.length++] = target;
    }
  }
  return chain;
}

void learn_addresses(const DnsMessage& message, std::string_view asked, const Host& client,
                     TimestampNs at, DnsCache& cache) {
  const LowerName name(asked);
  if (name.view().empty()) return;
  const Chain chain = chain_of(message, asked);
  for (const DnsRecord& record : records_read(message)) {
    const bool wanted = record.type == dns_type::kA || record.type == dns_type::kAaaa;
    if (!wanted || !record.valid || record.klass != kInternet) continue;
    if (!chain.reaches(message.text(record.name))) continue;
    Host address{{}, static_cast<std::uint8_t>(record.type == dns_type::kA ? 4 : 6)};
    std::ranges::copy(record.rdata, address.address.octets.begin());
    cache.learn(client, address, name.view(), at, std::min(chain.ttl, record.ttl));
  }
}

void learn_pointers(const DnsMessage& message, std::string_view asked, TimestampNs at,
                    DnsCache& cache) {
  Host address;
  if (!parse_reverse_name(asked, address)) return;
  const Chain chain = chain_of(message, asked);  // RFC 2317 delegates by CNAME
  for (const DnsRecord& record : records_read(message)) {
    if (record.type != dns_type::kPtr || !record.valid || record.klass != kInternet) continue;
    if (!chain.reaches(message.text(record.name))) continue;
    const LowerName name(message.text(record.target));
    if (!name.view().empty())
      cache.learn_pointer(address, name.view(), at, std::min(chain.ttl, record.ttl));
  }
}

}  // namespace

LowerName::LowerName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > text_.size()) return;
  // A label may hold any octet; one that holds NUL or blanks is nobody's host name.
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
    return;
  std::ranges::transform(name, text_.begin(), lower);
  length_ = name.size();
}

bool parse_reverse_name(std::string_view name, Host& address) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string_view v4 = name;
  if (strip_suffix(v4, ".in-addr.arpa")) return parse_reverse_ipv4(v4, address);
  return strip_suffix(name, ".ip6.arpa") && parse_reverse_ipv6(name, address);
}

void learn_from(const DnsMessage& message, const Host& client, TimestampNs at, DnsCache& cache) {
  if (!message.is_response() || message.opcode() != 0 || message.rcode() != 0) return;
  if (message.questions.size() != 1) return;  // nobody sends another number (RFC 9619)
  const DnsQuestion& question = message.questions[0];
  if (question.klass != kInternet || question.name.truncated) return;
  const std::string_view asked = message.text(question.name);
  switch (question.type) {
    case dns_type::kA:
    case dns_type::kAaaa:
    case kAnyType:
      learn_addresses(message, asked, client, at, cache);
      break;
    case dns_type::kPtr:
      learn_pointers(message, asked, at, cache);
      break;
    default:
      break;
  }
}

}  // namespace netmoth::correlate
