// DNS answers from arbitrary octets into a small cache, and lookups of whatever they taught.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "correlate/application.h"
#include "correlate/dns_learn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  using namespace netmoth::correlate;
  static DnsCache cache(512, 1);
  static TimestampNs now = 1'700'000'000'000'000'000;
  const Bytes bytes(data, size);
  Host address;
  (void)parse_reverse_name(as_text(bytes), address);
  (void)application(application_by_name(as_text(bytes)));
  protocols::DnsMessage message;
  protocols::parse_dns(bytes, message);
  now += 1'000'000;
  const Host client{{{10, 0, 0, 1}}, 4};
  learn_from(message, client, now, cache);
  for (const protocols::DnsRecord& record : message.answers) {
    if (record.rdata.size() != 4) continue;
    Host server{{}, 4};
    std::copy(record.rdata.begin(), record.rdata.end(), server.address.octets.begin());
    DnsMatch match;
    cache.find(client, server, now, message.text(record.name), match);
    if ((match.confidence == Confidence::kNone) != match.domain().empty()) std::abort();
    if (match.confidence != Confidence::kNone && match.resolved_at > now) std::abort();
  }
  if (cache.counters().entries > 512) std::abort();
  return 0;
}
