#include "output/batch.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace netmoth::output {

std::string_view event_type_name(EventType type) {
  constexpr std::array<std::string_view, kEventTypes> kNames{
      "alert",    "flow",    "dns",    "tls",  "http", "quic",  "dhcp",     "mdns",
      "fileinfo", "anomaly", "stats",  "ssh",  "smtp", "ftp",   "ftp_data", "snmp",
      "sip",      "mqtt",    "dhcpv6", "krb5", "ntp",  "packet"};
  static_assert(!kNames.back().empty(), "an event type without a name");
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view event_class_name(EventClass event_class) {
  constexpr std::array<std::string_view, kEventClasses> kNames{"alert", "protocol", "flow",
                                                               "stats"};
  return kNames[static_cast<std::size_t>(event_class)];
}

EventClass class_of(EventType type) {
  switch (type) {
    case EventType::kAlert:
      return EventClass::kAlert;
    case EventType::kFlow:
      return EventClass::kFlow;
    case EventType::kStats:
      return EventClass::kStats;
    default:
      return EventClass::kProtocol;
  }
}

bool FileSink::take(EventClass, std::string& lines, std::uint32_t) {
  std::string_view left = lines;
  while (error_ == 0 && !left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Standard output may be a pipe that Node made non-blocking: wait for its reader.
      pollfd ready{descriptor_, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  return error_ == 0;
}

}  // namespace netmoth::output
