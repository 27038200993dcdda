// Judges whether bytes are a DNS message. See dns_probe.h.
//
// Invariant: nothing is called DNS whose header contradicts its content; away from DNS ports the
// whole message must parse to its last octet and its first question must be of a kind in real use.
#include "protocols/dns_probe.h"

#include "base/reader.h"
#include "protocols/dns_message.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kMaxCounted = 512;  // records per section in a believable header

struct Header {
  std::uint16_t flags, questions, answers, authorities, additionals;
};

bool believable(const Header& h) {
  const unsigned opcode = h.flags >> 11 & 0xf;
  if (opcode > 6 || opcode == 3) return false;
  const bool response = (h.flags & 0x8000) != 0;
  if (h.questions == 0 && h.answers == 0 && h.authorities == 0 && h.additionals == 0) {
    // Error responses may be a bare header; nothing else is.
    return response && (h.flags & 0xf) != 0;
  }
  if (h.questions > 64 || h.answers > kMaxCounted || h.authorities > kMaxCounted ||
      h.additionals > kMaxCounted) {
    return false;
  }
  if (!response && opcode == 0 && (h.flags & 0xf) != 0) return false;
  return response || h.questions > 0;
}

bool known_class(std::uint16_t klass) {
  const unsigned base = klass & 0x7fff;  // mDNS's top bit: unicast response wanted, cache flush
  return base == 1 || base == 3 || base == 4 || base == 254 || base == 255;
}

bool known_type(std::uint16_t type) {
  return !dns_type_name(type).empty() || type >= 65280;
}

// NetBIOS name service (RFC 1002) has DNS's frame but 32 letters A–P for a name.
bool is_netbios_name(std::string_view name, std::uint16_t type) {
  if (name.size() < 32 || (type != 32 && type != 33)) return false;
  for (const char c : name.substr(0, 32)) {
    if (c < 'A' || c > 'P') return false;
  }
  return true;
}

bool printable(std::string_view name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20) return false;
  }
  return true;
}

Header read_header(Bytes wire) {
  base::Reader reader(wire);
  reader.skip(2);
  Header h{};
  h.flags = reader.u16();
  h.questions = reader.u16();
  h.answers = reader.u16();
  h.authorities = reader.u16();
  h.additionals = reader.u16();
  return h;
}

DnsMessage& scratch_message() {
  thread_local DnsMessage message;
  return message;
}

}  // namespace

DnsLook looks_like_dns(Bytes wire, bool lenient) {
  if (wire.size() < kDnsHeaderLength) return {};
  const Header header = read_header(wire);
  const bool response = (header.flags & 0x8000) != 0;
  const bool sound_header = believable(header);
  if (!sound_header && !lenient) return {};
  DnsMessage& message = scratch_message();
  parse_dns(wire, message);
  if (lenient && !sound_header) {
    // Counts that cannot be, but a question that can: somebody speaks DNS badly.
    if (message.questions.empty()) return {};
    const DnsQuestion& first = message.questions.front();
    const bool asked =
        known_class(first.klass) && known_type(first.type) && printable(message.text(first.name));
    return asked ? DnsLook{Certainty::kCertain, response} : DnsLook{};
  }
  // On its own port what loops is an attack on resolvers, elsewhere it is something else.
  if (message.fault == DnsFault::kQuestions || (message.pointer_loop && !lenient)) return {};
  for (const DnsQuestion& question : message.questions) {
    if (is_netbios_name(message.text(question.name), question.type)) return {};
    if (!known_class(question.klass) && !lenient) return {};
  }
  if (lenient) {
    if (message.questions.empty() && message.fault != DnsFault::kNone) return {};
    return {Certainty::kCertain, response};
  }
  if (message.fault != DnsFault::kNone || message.consumed != wire.size()) return {};
  if (header.questions == 0 && header.answers == 0) return {};
  for (const DnsQuestion& question : message.questions) {
    if (!known_type(question.type) || !printable(message.text(question.name))) return {};
  }
  for (const DnsRecord& answer : message.answers) {
    if (!answer.valid || !known_type(answer.type)) return {};
  }
  return {Certainty::kCertain, response};
}

DnsLook looks_like_dns_stream(Bytes data, bool lenient) {
  constexpr std::size_t kPrefix = 2;
  if (data.size() < kPrefix) return {Certainty::kUnsure, false};
  const std::size_t length = base::Reader(data).u16();
  if (length < kDnsHeaderLength) return {};
  if (data.size() < kPrefix + kDnsHeaderLength) return {Certainty::kUnsure, false};
  const Bytes wire = data.subspan(kPrefix);
  if (wire.size() >= length) return looks_like_dns(wire.first(length), lenient);
  const Header header = read_header(wire);
  if (!believable(header)) return {};
  // The message is not whole yet. Only what is missing at the end may be wrong with it.
  DnsMessage& message = scratch_message();
  parse_dns(wire, message);
  const bool response = (header.flags & 0x8000) != 0;
  if (message.questions.empty()) {
    if (message.fault == DnsFault::kQuestions && wire.size() > 300) return {};
    return {Certainty::kUnsure, response};
  }
  const DnsQuestion& first = message.questions.front();
  if (!known_class(first.klass) || !known_type(first.type)) return {};
  return {lenient ? Certainty::kCertain : Certainty::kUnsure, response};
}

}  // namespace netmoth::protocols
