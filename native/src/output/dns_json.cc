// Writes dns events as Suricata 8 does (format detailed and grouped). See dns_json.h.
#include "output/dns_json.h"

#include <array>
#include <charconv>

#include "base/reader.h"
#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::DnsMessage;
using protocols::DnsName;
using protocols::DnsQuestion;
using protocols::DnsRecord;
namespace type = protocols::dns_type;

struct FlagName {
  std::uint16_t bit;
  std::string_view name;
};
constexpr std::array<FlagName, 6> kFlagNames{{{0x8000, "qr"},
                                              {0x0400, "aa"},
                                              {0x0200, "tc"},
                                              {0x0100, "rd"},
                                              {0x0080, "ra"},
                                              {0x0040, "z"}}};

std::string_view decimal(std::uint64_t value, std::array<char, 24>& buffer, int base = 10) {
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base).ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

void write_flags(JsonWriter& json, const DnsMessage& message) {
  std::array<char, 24> buffer;
  json.member_plain("flags", decimal(message.flags, buffer, 16));
  for (const FlagName& flag : kFlagNames) {
    if ((message.flags & flag.bit) != 0) json.member(flag.name, true);
  }
  json.member("opcode", message.opcode());
}

void write_rcode(JsonWriter& json, const DnsMessage& message) {
  std::array<char, 24> buffer;
  const std::string_view name = protocols::dns_rcode_name(message.rcode());
  json.member_plain("rcode", name.empty() ? decimal(message.rcode(), buffer) : name);
}

void write_name(JsonWriter& json, const DnsMessage& message, const DnsName& name) {
  json.member("rrname", message.text(name));
  if (name.truncated) json.member("rrname_truncated", true);
}

void write_question(JsonWriter& json, const DnsMessage& message, const DnsQuestion& question) {
  write_name(json, message, question.name);
  json.key("rrtype");
  write_dns_type(json, question.type);
}

// Calls `each(text)` for every character-string of a TXT record (RFC 1035 §3.3.14).
template <typename Each>
void for_each_text(const DnsRecord& record, Each each) {
  base::Reader reader(record.rdata);
  while (!reader.at_end()) {
    const std::size_t length = reader.u8();
    each(as_text(reader.bytes(std::min(length, reader.remaining()))));
  }
}

bool is_named(std::uint16_t t) {
  return t == type::kNs || t == type::kCname || t == type::kPtr || t == type::kMx ||
         t == type::kDname;
}

void open_detail(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  json.begin_object();
  write_name(json, message, record.name);
  json.key("rrtype");
  write_dns_type(json, record.type);
  json.member("ttl", record.ttl);
}

void write_detail(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  if (record.type == type::kTxt) {
    for_each_text(record, [&](std::string_view text) {
      open_detail(json, message, record);
      json.member("rdata", text);
      json.end_object();
    });
    return;
  }
  open_detail(json, message, record);
  if (!record.valid) {
    json.end_object();
    return;
  }
  if (record.type == type::kA || record.type == type::kAaaa) {
    json.key("rdata");
    write_ip(json, record.rdata);
  } else if (is_named(record.type)) {
    json.member("rdata", message.text(record.target));
    if (record.target.truncated) json.member("rdata_truncated", true);
  } else if (record.type == type::kNull) {
    json.member("rdata", as_text(record.rdata));
  } else if (record.type == type::kSoa) {
    json.key("soa");
    write_dns_soa(json, message, record);
  } else if (record.type == type::kSrv) {
    json.key("srv");
    write_dns_srv(json, message, record);
  } else if (record.type == type::kSshfp) {
    json.key("sshfp");
    write_dns_sshfp(json, record);
  } else if (record.type == type::kOpt) {
    json.key("opt");
    write_dns_options(json, record);
  }
  json.end_object();
}

void write_grouped_value(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  if (record.type == type::kA || record.type == type::kAaaa) return write_ip(json, record.rdata);
  if (is_named(record.type)) return json.text(message.text(record.target));
  if (record.type == type::kNull) return json.text(as_text(record.rdata));
  if (record.type == type::kSoa) return write_dns_soa(json, message, record);
  if (record.type == type::kSrv) return write_dns_srv(json, message, record);
  if (record.type == type::kSshfp) return write_dns_sshfp(json, record);
  for_each_text(record, [&](std::string_view text) { json.text(text); });
}

constexpr std::array<std::uint16_t, 12> kGroupedTypes{
    type::kA,  type::kAaaa, type::kCname, type::kDname, type::kNs,    type::kPtr,
    type::kMx, type::kTxt,  type::kNull,  type::kSoa,   type::kSshfp, type::kSrv};

void write_grouped(JsonWriter& json, const DnsMessage& message) {
  json.key("grouped");
  json.begin_object();
  for (const std::uint16_t group : kGroupedTypes) {
    bool open = false;
    for (const DnsRecord& record : message.answers) {
      if (record.type != group || !record.valid) continue;
      if (!open) {
        json.key(protocols::dns_type_name(group));
        json.begin_array();
        open = true;
      }
      write_grouped_value(json, message, record);
    }
    if (open) json.end_array();
  }
  json.end_object();
}

void write_sections(JsonWriter& json, const DnsMessage& message) {
  if (!message.answers.empty()) {
    json.key("answers");
    json.begin_array();
    for (const DnsRecord& record : message.answers)
      write_detail(json, message, record);
    json.end_array();
    write_grouped(json, message);
  }
  if (!message.authorities.empty()) {
    json.key("authorities");
    json.begin_array();
    for (const DnsRecord& record : message.authorities)
      write_detail(json, message, record);
    json.end_array();
  }
  bool open = false;
  for (const DnsRecord& record : message.additionals) {
    if (record.type == type::kOpt && record.rdata.empty()) continue;  // EDNS without options
    if (!open) {
      json.key("additionals");
      json.begin_array();
      open = true;
    }
    write_detail(json, message, record);
  }
  if (open) json.end_array();
}

}  // namespace

void write_dns_type(JsonWriter& json, std::uint16_t rrtype) {
  std::array<char, 24> buffer;
  const std::string_view name = protocols::dns_type_name(rrtype);
  json.plain(name.empty() ? decimal(rrtype, buffer) : name);
}

void write_dns_soa(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  base::Reader numbers(record.fixed);
  json.begin_object();
  json.member("mname", message.text(record.target));
  json.member("rname", message.text(record.mailbox));
  for (const std::string_view name : {"serial", "refresh", "retry", "expire", "minimum"}) {
    json.member(name, numbers.u32());
  }
  json.end_object();
}

void write_dns_srv(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  base::Reader numbers(record.fixed);
  json.begin_object();
  for (const std::string_view name : {"priority", "weight", "port"}) {
    json.member(name, numbers.u16());
  }
  json.member("name", message.text(record.target));
  json.end_object();
}

void write_dns_sshfp(JsonWriter& json, const DnsRecord& record) {
  base::Reader reader(record.rdata);
  const std::uint8_t algorithm = reader.u8();
  const std::uint8_t fingerprint_type = reader.u8();
  json.begin_object();
  json.key("fingerprint");
  json.hex(reader.rest(), ':');
  json.member("algo", algorithm);
  json.member("type", fingerprint_type);
  json.end_object();
}

void write_dns_options(JsonWriter& json, const DnsRecord& record) {
  base::Reader reader(record.rdata);
  json.begin_array();
  while (!reader.at_end()) {
    const std::uint16_t code = reader.u16();
    const std::uint16_t length = reader.u16();
    const Bytes data = reader.bytes(length);
    if (!reader.ok()) break;
    json.begin_object();
    json.member("code", code);
    json.key("data");
    json.hex(data);
    json.end_object();
  }
  json.end_array();
}

void write_dns_query(JsonWriter& json, const DnsMessage& message, const DnsQuestion& question) {
  json.key("dns");
  json.begin_object();
  json.member_plain("type", "query");
  json.member("id", message.id);
  write_question(json, message, question);
  json.member("tx_id", message.tx_id);
  if ((message.flags & 0x0040) != 0) json.member("z", true);
  json.member("opcode", message.opcode());
  json.end_object();
}

void write_dns_answer(JsonWriter& json, const DnsMessage& message) {
  json.key("dns");
  json.begin_object();
  json.member("version", 2);
  json.member_plain("type", "answer");
  json.member("id", message.id);
  write_flags(json, message);
  if (!message.questions.empty()) write_question(json, message, message.questions.front());
  write_rcode(json, message);
  write_sections(json, message);
  json.end_object();
}

void write_dns_netmoth(JsonWriter& json, const DnsMessage& message) {
  if (message.asked == protocols::DnsAsked::kUnasked) json.member("unsolicited", true);
  if (message.asked != protocols::DnsAsked::kAsked) return;
  constexpr TimestampNs kMicrosecond = 1000;
  json.member("response_time_us", message.response_time / kMicrosecond);
}

void write_dns_message(JsonWriter& json, const DnsMessage& message) {
  json.key("dns");
  json.begin_object();
  json.member("version", 3);
  json.member_plain("type", message.is_response() ? "response" : "request");
  json.member("tx_id", message.tx_id);
  json.member("id", message.id);
  write_flags(json, message);
  write_rcode(json, message);
  if (!message.questions.empty()) {
    json.key("queries");
    json.begin_array();
    for (const DnsQuestion& question : message.questions) {
      json.begin_object();
      write_question(json, message, question);
      json.end_object();
    }
    json.end_array();
  }
  write_sections(json, message);
  json.end_object();
}

}  // namespace netmoth::output
