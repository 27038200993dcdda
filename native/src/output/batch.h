// Batches of NDJSON on their way out of a worker: to a file, or to JavaScript.
//
// Invariant: a batch holds whole lines of one class; a sink that cannot take one says so and the
// events in it are counted, never lost in silence.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/types.h"

namespace netmoth::output {

// In the order of contracts/src/eve.ts EVENT_TYPES.
enum class EventType : std::uint8_t {
  kAlert,
  kFlow,
  kDns,
  kTls,
  kHttp,
  kQuic,
  kDhcp,
  kMdns,
  kFileinfo,
  kAnomaly,
  kStats,
  kSsh,
  kSmtp,
  kFtp,
  kFtpData,
  kSnmp,
  kSip,
  kMqtt,
  kDhcpV6,
  kKrb5,
  kNtp,
  kPacket,
  kCount,  // further ones before this
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kCount);
std::string_view event_type_name(EventType type);

// In the order of EVENT_CLASSES, most valuable first.
enum class EventClass : std::uint8_t { kAlert, kProtocol, kFlow, kStats };
inline constexpr std::size_t kEventClasses = 4;
std::string_view event_class_name(EventClass event_class);
EventClass class_of(EventType type);

class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Takes the lines (and may take the string's memory, leaving any other). False: not taken.
  virtual bool take(EventClass event_class, std::string& lines, std::uint32_t count) = 0;
};

// Writes to a file descriptor it does not own. After the first failure it takes nothing more.
class FileSink final : public BatchSink {
 public:
  explicit FileSink(int descriptor) : descriptor_(descriptor) {}
  bool take(EventClass event_class, std::string& lines, std::uint32_t count) override;
  // errno of the first failed write, or 0.
  [[nodiscard]] int error() const { return error_; }

 private:
  int descriptor_;
  int error_ = 0;
};

}  // namespace netmoth::output
