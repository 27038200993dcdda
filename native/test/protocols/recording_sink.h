// A sink that keeps what parsers report, as JSON text where there is a writer for it.
#pragma once

#include <string>
#include <vector>

#include "output/dns_json.h"
#include "output/http_json.h"
#include "output/record_events.h"
#include "protocols/frame.h"
#include "protocols/http_transaction.h"
#include "protocols/parser.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_handshake.h"

namespace netmoth::testing {

class RecordingSink final : public protocols::TransactionSink {
 public:
  void on_record(Direction direction, const protocols::Record& record) override {
    write_netmoth(record);
    switch (record.kind) {
      case protocols::RecordKind::kDns:
        directions.push_back(direction);
        return write_dns(static_cast<const protocols::DnsMessage&>(record));
      case protocols::RecordKind::kMdns:
        directions.push_back(direction);
        break;
      case protocols::RecordKind::kTls:
        tls.push_back(static_cast<const protocols::TlsHandshake&>(record));
        break;
      case protocols::RecordKind::kHttp:
        http.push_back(static_cast<const protocols::HttpTransaction&>(record));
        return write([&](auto& json) { output::write_http(json, http.back()); });
      case protocols::RecordKind::kFileinfo:
        directions.push_back(direction);
        break;
      case protocols::RecordKind::kQuic:
        quic.push_back(static_cast<const protocols::QuicInitial&>(record));
        break;
      default:
        break;
    }
    write([&](auto& json) { output::event_of(record.kind).write(json, record); });
  }
  void on_inspected(Direction, const protocols::Record& record) override {
    if (record.kind != protocols::RecordKind::kFrame) return;
    const auto& frame = static_cast<const protocols::Frame&>(record);
    frames.emplace_back(frame.name, as_text(frame.data));
  }
  void on_anomaly(protocols::AppProto, std::string_view event, Direction) override {
    anomalies.emplace_back(event);
  }
  [[nodiscard]] const protocols::ContentSettings& content() const override { return settings; }
  void on_content(protocols::AppProto, const protocols::ContentPiece& piece) override {
    if (piece.offset < contents[index_of(piece.direction)].size()) ++misplaced;
    contents[index_of(piece.direction)].append(as_text(piece.data));
    if (piece.last) ++contents_ended;
  }

  protocols::ContentSettings settings;
  // Inspected octets by direction, of one content (clear it between two).
  std::array<std::string, 2> contents;
  std::size_t contents_ended = 0;
  std::size_t misplaced = 0;

  // One `{"dns":{…}}` a record, or a question.
  std::vector<std::string> lines;
  std::vector<std::string> netmoth;  // what each record adds to `netmoth`
  std::vector<std::string> anomalies;
  std::vector<std::pair<std::string, std::string>> frames;  // name and octets
  std::vector<Direction> directions;
  std::vector<protocols::TlsHandshake> tls;
  std::vector<protocols::HttpTransaction> http;
  std::vector<protocols::QuicInitial> quic;

 private:
  // In version 2.
  void write_dns(const protocols::DnsMessage& message) {
    if (message.is_response())
      return write([&](auto& json) { output::write_dns_answer(json, message); });
    for (const auto& question : message.questions) {
      write([&](auto& json) { output::write_dns_query(json, message, question); });
    }
  }
  void write_netmoth(const protocols::Record& record) {
    std::string line;
    base::JsonWriter json(line);
    json.begin_object();
    const auto writer = output::event_of(record.kind).write_netmoth;
    if (writer != nullptr) writer(json, record);
    json.end_object();
    netmoth.push_back(std::move(line));
  }
  template <typename Write>
  void write(Write write_member) {
    std::string line;
    base::JsonWriter json(line);
    json.begin_object();
    write_member(json);
    json.end_object();
    lines.push_back(line);
  }
};

}  // namespace netmoth::testing
