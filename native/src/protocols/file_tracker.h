// One file on its way through a protocol: named, counted, digested, and told once, at its end.
//
// How a parser uses it, with one tracker for each file that can be open at a time:
//
//   tracker.begin(name, {AppProto::kSmtp, direction, tx_id}, sink);
//   tracker.data(octets);      // decoded content, in order; as often as it comes
//   tracker.gap(missing);      // octets of the content that nobody saw
//   tracker.end(FileState::kClosed, &transaction, sink);  // → one record of RecordKind::kFileinfo
//
// Where nobody asked for files (sink.content().files) begin() does nothing, and so do the others.
// A tracker is used again for the next file. `transaction` is the record whose object stands beside
// `fileinfo` in the event (http, smtp, …), or nullptr.
//
// Invariant: of a file its name (kMaxFileName octets) and, where its magic is asked for, its first
// kMaxMagicOctets are kept, and kMaxFileInspected where rules look into files; nothing else.
#pragma once

#include <optional>
#include <string>

#include "protocols/content.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxFileName = 4096;
inline constexpr std::size_t kMaxMagicOctets = 4096;
inline constexpr std::size_t kMaxFileInspected = std::size_t{100} << 10;

enum class FileState : std::uint8_t {
  kClosed,     // complete
  kTruncated,  // its end was not seen
  kUnknown,
};

struct FileInfo : Record {
  FileInfo() : Record(RecordKind::kFileinfo) {}
  AppProto proto = AppProto::kUnknown;
  std::uint64_t tx_id = 0;
  FileState state = FileState::kUnknown;
  bool gaps = false;
  std::uint64_t size = 0;  // octets seen
  std::string name;
  std::string magic;      // as libmagic says it; empty where not asked for
  base::Digests digests;  // of a closed file without gaps
  // Of a larger file (HTTP Content-Range), both inclusive.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;
  const Record* transaction = nullptr;  // during the call only
  Bytes content;                        // its beginning, for rules; the same
};

class FileTracker {
 public:
  struct Origin {
    AppProto proto = AppProto::kUnknown;
    Direction direction = Direction::kToServer;
    std::uint64_t tx_id = 0;
  };

  // A file that is still open is forgotten: end() it before.
  void begin(std::string_view name, const Origin& origin, const TransactionSink& sink);
  // Where the name is known later than the content.
  void set_name(std::string_view name) { info_.name.assign(name.substr(0, kMaxFileName)); }
  void set_range(std::uint64_t first, std::uint64_t last) { info_.range.emplace(first, last); }
  void data(Bytes octets);
  void gap(std::uint64_t missing);
  void end(FileState state, const Record* transaction, TransactionSink& sink);

  [[nodiscard]] bool is_open() const { return open_; }

 private:
  FileInfo info_;
  Direction direction_ = Direction::kToServer;
  bool open_ = false;
  MagicFinder* magic_ = nullptr;
  std::string start_;    // for the magic
  std::string content_;  // for rules
  bool keep_ = false;
  base::StreamDigest digest_;
};

}  // namespace netmoth::protocols
