// Writes mdns events. See mdns_json.h.
#include "output/mdns_json.h"

#include <array>
#include <charconv>
#include <vector>

#include "base/reader.h"
#include "output/dns_json.h"
#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::DnsMessage;
using protocols::DnsRecord;
namespace type = protocols::dns_type;

struct FlagName {
  std::uint16_t bit;
  std::string_view name;
};
constexpr std::array<FlagName, 7> kFlagNames{{{0x0400, "aa"},
                                              {0x0200, "tc"},
                                              {0x0100, "rd"},
                                              {0x0080, "ra"},
                                              {0x0040, "z"},
                                              {0x0020, "ad"},
                                              {0x0010, "cd"}}};

// The type's name in lower case, or its number.
class TypeKey {
 public:
  explicit TypeKey(std::uint16_t rrtype) {
    const std::string_view name = protocols::dns_type_name(rrtype);
    if (name.empty()) {
      const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), rrtype).ptr;
      length_ = static_cast<std::size_t>(end - text_.data());
      return;
    }
    for (const char c : name) {
      text_[length_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), length_}; }

 private:
  std::array<char, 16> text_{};
  std::size_t length_ = 0;
};

void write_texts(JsonWriter& json, const DnsRecord& record) {
  base::Reader reader(record.rdata);
  json.begin_array();
  while (!reader.at_end()) {
    const std::size_t length = reader.u8();
    json.text(as_text(reader.bytes(std::min(length, reader.remaining()))));
  }
  json.end_array();
}

void write_data(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  switch (record.type) {
    case type::kA:
    case type::kAaaa:
      return write_ip(json, record.rdata);
    case type::kCname:
    case type::kDname:
    case type::kMx:
    case type::kNs:
    case type::kPtr:
      return json.text(message.text(record.target));
    case type::kTxt:
      return write_texts(json, record);
    case type::kSoa:
      return write_dns_soa(json, message, record);
    case type::kSshfp:
      return write_dns_sshfp(json, record);
    case type::kSrv:
      return write_dns_srv(json, message, record);
    case type::kOpt:
      return write_dns_options(json, record);
    default:
      return json.text(as_text(record.rdata));
  }
}

void write_record(JsonWriter& json, const DnsMessage& message, const DnsRecord& record) {
  json.begin_object();
  json.member("rrname", message.text(record.name));
  if (record.name.truncated) json.member("rrname_truncated", true);
  if (record.valid) {
    json.key(TypeKey(record.type).text());
    write_data(json, message, record);
    if (record.target.truncated) json.member("rdata_truncated", true);
  }
  json.end_object();
}

void write_section(JsonWriter& json, std::string_view name, const DnsMessage& message,
                   const std::vector<DnsRecord>& records) {
  bool open = false;
  for (const DnsRecord& record : records) {
    if (record.type == type::kOpt && record.rdata.empty()) continue;
    if (!open) {
      json.key(name);
      json.begin_array();
      open = true;
    }
    write_record(json, message, record);
  }
  if (open) json.end_array();
}

void write_header(JsonWriter& json, const DnsMessage& message) {
  bool open = false;
  for (const FlagName& flag : kFlagNames) {
    if ((message.flags & flag.bit) == 0) continue;
    if (!open) {
      json.key("flags");
      json.begin_array();
      open = true;
    }
    json.plain(flag.name);
  }
  if (open) json.end_array();
  json.member("opcode", message.opcode());
  json.member("rcode", message.rcode());
}

}  // namespace

void write_mdns(JsonWriter& json, const DnsMessage& message) {
  json.key("mdns");
  json.begin_object();
  json.member_plain("type", message.is_response() ? "response" : "request");
  json.member("id", message.id);
  write_header(json, message);
  if (!message.questions.empty()) {
    json.key("queries");
    json.begin_array();
    for (const protocols::DnsQuestion& question : message.questions) {
      json.begin_object();
      json.member("rrname", message.text(question.name));
      json.member_plain("rrtype", TypeKey(question.type).text());
      if (question.name.truncated) json.member("rrname_truncated", true);
      json.end_object();
    }
    json.end_array();
  }
  write_section(json, "answers", message, message.answers);
  write_section(json, "authorities", message, message.authorities);
  write_section(json, "additionals", message, message.additionals);
  json.end_object();
}

}  // namespace netmoth::output
