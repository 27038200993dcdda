// A DNS message (RFC 1035 §4) as read from the wire: header, questions and the three record
// sections.
//
// Invariant: names are decoded into one arena that is bounded by the message's size and reused from
// message to message; records keep views of the wire bytes and live as long as those. A name takes
// at most kMaxNameSteps labels and pointers, a message at most kMaxMessageSteps, so no message
// costs more than its size allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

namespace dns_type {
inline constexpr std::uint16_t kA = 1;
inline constexpr std::uint16_t kNs = 2;
inline constexpr std::uint16_t kCname = 5;
inline constexpr std::uint16_t kSoa = 6;
inline constexpr std::uint16_t kNull = 10;
inline constexpr std::uint16_t kPtr = 12;
inline constexpr std::uint16_t kMx = 15;
inline constexpr std::uint16_t kTxt = 16;
inline constexpr std::uint16_t kAaaa = 28;
inline constexpr std::uint16_t kSrv = 33;
inline constexpr std::uint16_t kDname = 39;
inline constexpr std::uint16_t kOpt = 41;
inline constexpr std::uint16_t kSshfp = 44;
inline constexpr std::uint16_t kIxfr = 251;
inline constexpr std::uint16_t kAxfr = 252;
}  // namespace dns_type

// A decoded name: labels joined by dots, octets as they were, no trailing dot. Empty for the root.
struct DnsName {
  std::uint32_t offset = 0;  // into DnsMessage::arena
  std::uint16_t length = 0;
  bool truncated = false;  // longer than kMaxNameLength: cut there
};

struct DnsQuestion {
  DnsName name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
};

struct DnsRecord {
  DnsName name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::uint32_t ttl = 0;
  bool valid = false;  // rdata has the form its type demands
  Bytes rdata;         // as on the wire, names compressed
  DnsName target;      // NS, CNAME, DNAME, PTR, MX exchange, SRV target, SOA mname
  DnsName mailbox;     // SOA rname
  Bytes fixed;         // what has no names: SOA's five numbers, SRV's three, MX's preference
};

// What was wrong with a message, from harmless to hopeless.
enum class DnsFault : std::uint8_t {
  kNone,
  kAdditionals,  // additional section cut or broken; the rest is sound
  kAuthorities,
  kAnswers,
  kQuestions,
  kHeader,  // shorter than a header
};

// Whether an answer belongs to a question of the same flow.
enum class DnsAsked : std::uint8_t { kUnknown, kAsked, kUnasked };

// Of kind kDns or kMdns, as its parser says.
struct DnsMessage : Record {
  DnsMessage() : Record(RecordKind::kDns) {}
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint64_t tx_id = 0;  // number of the message within its flow, from 0
  DnsFault fault = DnsFault::kNone;
  bool name_truncated = false;
  bool pointer_loop = false;
  bool too_many_labels = false;
  DnsAsked asked = DnsAsked::kUnknown;  // of a response, said by its parser
  TimestampNs response_time = 0;        // with kAsked: since the question
  std::size_t steps = 0;                // labels and pointers gone through
  std::size_t consumed = 0;             // octets of the wire message that were understood
  std::vector<DnsQuestion> questions;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
  std::vector<DnsRecord> additionals;
  std::string arena;

  [[nodiscard]] bool is_response() const { return (flags & 0x8000) != 0; }
  [[nodiscard]] std::uint8_t opcode() const { return (flags >> 11) & 0xf; }
  [[nodiscard]] std::uint8_t rcode() const { return flags & 0xf; }
  [[nodiscard]] std::string_view text(const DnsName& name) const {
    return std::string_view(arena).substr(name.offset, name.length);
  }
};

inline constexpr std::size_t kDnsHeaderLength = 12;
inline constexpr std::size_t kMaxNameLength = 1025;  // as Suricata cuts them
// Labels and pointers of one name: an honest one has 127 labels at most (RFC 1035 §3.1).
inline constexpr std::size_t kMaxNameSteps = 255;
inline constexpr std::size_t kMaxMessageSteps = 65'536;
// Octets of names by the size of the message: the shortest record (13 octets with a pointer for
// its name) may be called by 255.
inline constexpr std::size_t kNameArenaBase = 4096;
inline constexpr std::size_t kNameArenaPerOctet = 24;
inline constexpr std::size_t kMaxNameArena = 512 * 1024;

// Reads `wire` (without TCP's length prefix) into `message`, replacing what was there but keeping
// its memory. Sections after the first broken one stay empty. Views point into `wire`.
void parse_dns(Bytes wire, DnsMessage& message);

// Names as EVE spells them; the number in decimal where there is none.
std::string_view dns_type_name(std::uint16_t type);   // empty where unknown
std::string_view dns_rcode_name(std::uint8_t rcode);  // empty where unknown

}  // namespace netmoth::protocols
