// Buffers of DNS messages. Source: Suricata 8 user guide, "DNS Keywords".
#include "detect/buffers.h"
#include "protocols/dns_message.h"

namespace netmoth::detect {
namespace {

using protocols::DnsMessage;
using protocols::DnsRecord;

const DnsMessage& dns(const TxView& tx) {
  return static_cast<const DnsMessage&>(*tx.record);
}

bool is_of(const TxView& tx, Direction side) {
  return dns(tx).is_response() == (side == Direction::kToClient);
}

void questions(const TxView& tx, Direction side, BufferValues& out) {
  if (!is_of(tx, side)) return;
  for (const protocols::DnsQuestion& question : dns(tx).questions)
    out.add(dns(tx).text(question.name));
}

template <std::vector<DnsRecord> DnsMessage::*kSection>
void records(const TxView& tx, Direction side, BufferValues& out) {
  if (!is_of(tx, side)) return;
  for (const DnsRecord& record : dns(tx).*kSection)
    out.add(dns(tx).text(record.name));
}

// Names of the question and of all records, and the names those lead to.
void response_names(const TxView& tx, Direction side, BufferValues& out) {
  if (!is_of(tx, side)) return;
  questions(tx, side, out);
  for (const auto* section : {&dns(tx).answers, &dns(tx).authorities, &dns(tx).additionals}) {
    for (const DnsRecord& record : *section) {
      out.add(dns(tx).text(record.name));
      if (record.target.length > 0) out.add(dns(tx).text(record.target));
    }
  }
}

constexpr std::uint32_t kBoth =
    kind_bit(protocols::RecordKind::kDns) | kind_bit(protocols::RecordKind::kMdns);
constexpr std::uint32_t kMdns = kind_bit(protocols::RecordKind::kMdns);

constexpr BufferRow kRows[] = {
    {"dns.additionals.rrname", kBoth, Side::kAny, records<&DnsMessage::additionals>},
    {"dns.answer.name", kBoth, Side::kAny, records<&DnsMessage::answers>},
    {"dns.answers.rrname", kBoth, Side::kAny, records<&DnsMessage::answers>},
    {"dns.authorities.rrname", kBoth, Side::kAny, records<&DnsMessage::authorities>},
    {"dns.queries.rrname", kBoth, Side::kAny, questions},
    {"dns.query", kBoth, Side::kToServer, questions},
    {"dns.query.name", kBoth, Side::kAny, questions},
    {"dns.response.rrname", kBoth, Side::kToClient, response_names},
    {"mdns.additionals.rrname", kMdns, Side::kAny, records<&DnsMessage::additionals>},
    {"mdns.answers.rrname", kMdns, Side::kAny, records<&DnsMessage::answers>},
    {"mdns.authorities.rrname", kMdns, Side::kAny, records<&DnsMessage::authorities>},
    {"mdns.queries.rrname", kMdns, Side::kAny, questions},
    {"mdns.response.rrname", kMdns, Side::kAny, response_names},
};

}  // namespace

std::span<const BufferRow> dns_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
