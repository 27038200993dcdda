// The `dns` member of dns events, in EVE's version 2 (one event a question, one an answer message)
// and version 3 (one event a message) forms.
#pragma once

#include "base/json_writer.h"
#include "protocols/dns_message.h"

namespace netmoth::output {

// Version 2, a query message: once for each of message.questions.
void write_dns_query(base::JsonWriter& json, const protocols::DnsMessage& message,
                     const protocols::DnsQuestion& question);

// Version 2, a response message: one event.
void write_dns_answer(base::JsonWriter& json, const protocols::DnsMessage& message);

// Version 3: one event for either kind.
void write_dns_message(base::JsonWriter& json, const protocols::DnsMessage& message);

// Members of `netmoth`: how long the answer took, or that nobody had asked.
void write_dns_netmoth(base::JsonWriter& json, const protocols::DnsMessage& message);

// Members of a record's data that dns and mdns share ("soa", "srv", "sshfp", "opt").
void write_dns_soa(base::JsonWriter& json, const protocols::DnsMessage& message,
                   const protocols::DnsRecord& record);
void write_dns_srv(base::JsonWriter& json, const protocols::DnsMessage& message,
                   const protocols::DnsRecord& record);
void write_dns_sshfp(base::JsonWriter& json, const protocols::DnsRecord& record);
void write_dns_options(base::JsonWriter& json, const protocols::DnsRecord& record);

// The type's name, or its number in decimal.
void write_dns_type(base::JsonWriter& json, std::uint16_t type);

}  // namespace netmoth::output
