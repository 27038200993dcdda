// Writes dhcpv6 events. See dhcpv6_json.h.
//
// Invariant: each key stands once: options of one kind become an array, other kinds are told by
// their first.
#include "output/dhcpv6_json.h"

#include <string>

#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::Dhcpv6Message;
using protocols::Dhcpv6Relay;
using protocols::find_dhcpv6_option;
using protocols::for_each_dhcpv6_option;
namespace option = protocols::dhcpv6_option;

constexpr std::size_t kAddress = 16;
constexpr std::size_t kMaxNameText = 255;

// The text that is built for one name; one per worker thread, its memory is kept.
std::string& scratch_text() {
  thread_local std::string text;
  text.clear();
  return text;
}

void member_ip(JsonWriter& json, std::string_view name, Bytes octets) {
  json.key(name);
  write_ip(json, octets);
}

void member_hex(JsonWriter& json, std::string_view name, Bytes octets) {
  json.key(name);
  json.hex(octets, ':');
}

// The next name in DNS's form without compression (RFC 8415 §10), its root label left out.
std::string_view next_name(base::Reader& reader) {
  std::string& text = scratch_text();
  while (!reader.at_end()) {
    const std::size_t length = reader.u8();
    const Bytes label = reader.bytes(length);
    if (length == 0 || !reader.ok()) break;
    if (text.size() + length >= kMaxNameText) continue;
    if (!text.empty()) text.push_back('.');
    text.append(as_text(label));
  }
  return text;
}

void write_status(JsonWriter& json, Bytes options) {
  const auto status = find_dhcpv6_option(options, option::kStatusCode);
  if (!status.found) return;
  base::Reader reader(status.data);
  const std::uint16_t code = reader.u16();
  if (!reader.ok()) return;
  json.member("status_code", code);
  if (!reader.at_end()) json.member("status_message", as_text(reader.rest()));
}

void write_lifetimes(JsonWriter& json, base::Reader& reader) {
  json.member("preferred_lifetime", reader.u32());
  json.member("valid_lifetime", reader.u32());
}

void write_address(JsonWriter& json, Bytes data) {
  base::Reader reader(data);
  const Bytes address = reader.bytes(kAddress);
  json.begin_object();
  member_ip(json, "address", address);
  write_lifetimes(json, reader);
  if (reader.ok()) write_status(json, reader.rest());
  json.end_object();
}

void write_prefix(JsonWriter& json, Bytes data) {
  base::Reader reader(data);
  json.begin_object();
  write_lifetimes(json, reader);
  json.member("length", reader.u8());
  member_ip(json, "prefix", reader.bytes(kAddress));
  if (reader.ok()) write_status(json, reader.rest());
  json.end_object();
}

// What the identity associations of one kind are given.
struct Association {
  std::uint16_t code;
  std::string_view key;
  bool timed;  // T1 and T2 follow its id
  std::uint16_t leased;
  std::string_view leased_key;
  void (*write_leased)(JsonWriter&, Bytes);
};

constexpr Association kAssociations[] = {
    {option::kIaNa, "ia_na", true, option::kIaAddress, "addresses", write_address},
    {option::kIaTa, "ia_ta", false, option::kIaAddress, "addresses", write_address},
    {option::kIaPd, "ia_pd", true, option::kIaPrefix, "prefixes", write_prefix},
};

// Calls each(data) inside an array `key` that is opened where there is a first.
template <typename Each>
void write_array(JsonWriter& json, std::string_view key, Bytes options, std::uint16_t code,
                 Each each) {
  bool open = false;
  (void)for_each_dhcpv6_option(options, [&](std::uint16_t found, Bytes data) {
    if (found != code) return;
    if (!open) {
      json.key(key);
      json.begin_array();
      open = true;
    }
    each(data);
  });
  if (open) json.end_array();
}

void write_association(JsonWriter& json, const Association& kind, Bytes data) {
  base::Reader reader(data);
  json.begin_object();
  json.member("iaid", reader.u32());
  if (kind.timed) {
    json.member("renewal_time", reader.u32());
    json.member("rebinding_time", reader.u32());
  }
  const Bytes options = reader.ok() ? reader.rest() : Bytes();
  write_array(json, kind.leased_key, options, kind.leased,
              [&](Bytes leased) { kind.write_leased(json, leased); });
  write_status(json, options);
  json.end_object();
}

// DUIDs that hold an Ethernet address (RFC 8415 §11.2, §11.4).
void write_client(JsonWriter& json, Bytes duid) {
  constexpr std::uint16_t kLinkLayerAndTime = 1;
  constexpr std::uint16_t kLinkLayer = 3;
  constexpr std::uint16_t kEthernet = 1;
  member_hex(json, "client_duid", duid);
  base::Reader reader(duid);
  const std::uint16_t type = reader.u16();
  const std::uint16_t hardware = reader.u16();
  if (type == kLinkLayerAndTime) reader.skip(4);
  const bool link_layer = type == kLinkLayerAndTime || type == kLinkLayer;
  if (reader.ok() && link_layer && hardware == kEthernet && reader.remaining() == 6)
    member_hex(json, "client_mac", reader.rest());
}

void write_requested(JsonWriter& json, Bytes codes) {
  base::Reader reader(codes);
  json.key("requested_options");
  json.begin_array();
  while (reader.remaining() >= 2)
    json.number(std::uint64_t{reader.u16()});
  json.end_array();
}

void write_vendor_class(JsonWriter& json, Bytes data) {
  base::Reader reader(data);
  const std::uint32_t enterprise = reader.u32();
  const Bytes first = reader.bytes(reader.u16());
  if (!reader.ok()) return;
  json.member("vendor_enterprise", enterprise);
  json.member("vendor_class_identifier", as_text(first));
}

void write_resolvers(JsonWriter& json, Bytes options) {
  if (const auto servers = find_dhcpv6_option(options, option::kDnsServers); servers.found) {
    base::Reader reader(servers.data);
    json.key("dns_servers");
    json.begin_array();
    while (reader.remaining() >= kAddress)
      write_ip(json, reader.bytes(kAddress));
    json.end_array();
  }
  if (const auto list = find_dhcpv6_option(options, option::kDomainList); list.found) {
    base::Reader reader(list.data);
    json.key("domain_search");
    json.begin_array();
    while (reader.ok() && !reader.at_end())
      json.text(next_name(reader));
    json.end_array();
  }
}

void write_options(JsonWriter& json, Bytes options) {
  const auto tell = [&](std::uint16_t code, auto write) {
    if (const auto it = find_dhcpv6_option(options, code); it.found) write(it.data);
  };
  tell(option::kClientId, [&](Bytes duid) { write_client(json, duid); });
  tell(option::kServerId, [&](Bytes duid) { member_hex(json, "server_duid", duid); });
  tell(option::kClientName, [&](Bytes data) {
    base::Reader reader(data);
    reader.skip(1);  // who updates the DNS
    json.member("hostname", next_name(reader));
  });
  tell(option::kElapsedTime, [&](Bytes data) {
    if (data.size() == 2) json.member("elapsed_ms", 10U * base::Reader(data).u16());
  });
  tell(option::kRapidCommit, [&](Bytes) { json.member("rapid_commit", true); });
  tell(option::kOptionRequest, [&](Bytes codes) { write_requested(json, codes); });
  tell(option::kVendorClass, [&](Bytes data) { write_vendor_class(json, data); });
  for (const Association& kind : kAssociations) {
    write_array(json, kind.key, options, kind.code,
                [&](Bytes data) { write_association(json, kind, data); });
  }
  write_resolvers(json, options);
  write_status(json, options);
}

void write_relay(JsonWriter& json, const Dhcpv6Relay& relay) {
  json.begin_object();
  json.member("hop_count", relay.hop_count);
  member_ip(json, "link_address", relay.link_address);
  member_ip(json, "peer_address", relay.peer_address);
  if (const auto id = find_dhcpv6_option(relay.options, option::kInterfaceId); id.found)
    member_hex(json, "interface_id", id.data);
  const auto link = find_dhcpv6_option(relay.options, option::kClientLinkAddress);
  if (link.data.size() > 2) member_hex(json, "client_mac", link.data.subspan(2));
  json.end_object();
}

}  // namespace

void write_dhcpv6(JsonWriter& json, const Dhcpv6Message& message) {
  const std::string_view type = protocols::dhcpv6_type_name(message.type);
  json.key("dhcpv6");
  json.begin_object();
  json.member_plain("type", type.empty() ? "unknown" : type);
  json.member("id", message.id);
  write_options(json, message.options);
  if (message.relay_count > 0) {
    json.key("relays");
    json.begin_array();
    for (const Dhcpv6Relay& relay : message.all_relays())
      write_relay(json, relay);
    json.end_array();
  }
  json.end_object();
}

}  // namespace netmoth::output
