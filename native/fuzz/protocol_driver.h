// Plays arbitrary octets to a parser and writes all it reports, as the pipeline would.
//
// Invariant: the first octets of the input choose directions, segment lengths and gaps, so a
// finding is reproduced by its input alone. Every line written must be whole: a record's writer is
// fuzzed too.
#pragma once

#include <algorithm>
#include <string>

#include "output/dns_json.h"
#include "output/record_events.h"
#include "output/tls_json.h"
#include "protocols/frame.h"
#include "protocols/parser.h"

namespace netmoth::fuzz {

class WritingSink final : public protocols::TransactionSink {
 public:
  void on_record(Direction, const protocols::Record& record) override {
    base::JsonWriter json = open();
    const output::RecordEvent& event = output::event_of(record.kind);
    event.write(json, record);
    if (event.write_netmoth != nullptr) event.write_netmoth(json, record);
    if (record.kind == protocols::RecordKind::kTls)
      output::write_tls_facts(json, static_cast<const protocols::TlsHandshake&>(record), true);
    json.end_object();
    if (record.kind != protocols::RecordKind::kDns) return;
    const auto& message = static_cast<const protocols::DnsMessage&>(record);
    if (!message.is_response()) return;
    base::JsonWriter version_2 = open();
    output::write_dns_answer(version_2, message);
    version_2.end_object();
  }
  void on_inspected(Direction direction, const protocols::Record& record) override {
    on_record(direction, record);
    if (record.kind != protocols::RecordKind::kFrame) return;
    frame_ = as_text(static_cast<const protocols::Frame&>(record).data);  // all of it can be read
    if (frame_.size() > protocols::kMaxFrame) __builtin_trap();
  }
  void on_anomaly(protocols::AppProto, std::string_view event, Direction) override {
    if (event.empty()) __builtin_trap();
  }

  // Bodies are decoded and told as files; inspected octets come in order and once.
  [[nodiscard]] const protocols::ContentSettings& content() const override { return content_; }
  void on_content(protocols::AppProto, const protocols::ContentPiece& piece) override {
    if (piece.offset + piece.data.size() > content_.response_inspected_octets) __builtin_trap();
  }

 private:
  base::JsonWriter open() {
    line_.clear();
    base::JsonWriter json(line_);
    json.begin_object();
    return json;
  }

  std::string line_;
  std::string frame_;
  base::CodecMemory memory_{std::size_t{4} << 20};
  protocols::ContentSettings content_{
      .files = true,
      .digests = {.md5 = true, .sha1 = true, .sha256 = true},
      .memory = &memory_,
      .inspect = true,
      .inspect_files = true,
      .frames = true,
      .request_inspected_octets = 4096,
      .response_inspected_octets = 4096,
  };
};

inline void play_datagram(protocols::AppProto proto, Bytes data) {
  WritingSink sink;
  const auto parser = protocols::make_parser(proto, protocols::Transport::kUdp);
  (void)parser->on_data(Direction::kToServer, data, 0, sink);
  (void)parser->on_data(Direction::kToClient, data, 0, sink);
  parser->on_close(sink);
}

// Chunks of the form (control, octets…): the control octet says direction, length and now and then
// a gap.
inline void play_stream(protocols::AppProto proto, Bytes data) {
  WritingSink sink;
  const auto parser = protocols::make_parser(proto, protocols::Transport::kTcp);
  auto verdict = protocols::Verdict::kMore;
  while (!data.empty() && verdict == protocols::Verdict::kMore) {
    const std::uint8_t control = data[0];
    data = data.subspan(1);
    const Direction direction = (control & 0x80) != 0 ? Direction::kToClient : Direction::kToServer;
    if ((control & 0x7f) == 0x7f) {
      verdict = parser->on_gap(direction, 1 + control * 7u, sink);
      continue;
    }
    const std::size_t length = std::min<std::size_t>((control & 0x7fu) * 4u + 1u, data.size());
    verdict = parser->on_data(direction, data.first(length), 0, sink);
    data = data.subspan(length);
  }
  parser->on_close(sink);
}

}  // namespace netmoth::fuzz
