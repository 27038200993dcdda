// A sink that keeps what parsers report, as JSON text where there is a writer for it.
#pragma once

#include <string>
#include <vector>

#include "output/dhcp_json.h"
#include "output/dns_json.h"
#include "output/http_json.h"
#include "output/mdns_json.h"
#include "output/quic_json.h"
#include "output/tls_json.h"
#include "protocols/parser.h"

namespace netmoth::testing {

class RecordingSink final : public protocols::TransactionSink {
 public:
  void on_dns(Direction direction, const protocols::DnsMessage& message,
              protocols::AppProto proto) override {
    directions.push_back(direction);
    if (proto == protocols::AppProto::kMdns) {
      write([&](auto& json) { output::write_mdns(json, message); });
    } else if (message.is_response()) {
      write([&](auto& json) { output::write_dns_answer(json, message); });
    } else {
      for (const auto& question : message.questions) {
        write([&](auto& json) { output::write_dns_query(json, message, question); });
      }
    }
  }
  void on_tls(const protocols::TlsHandshake& handshake) override {
    tls.push_back(handshake);
    write([&](auto& json) { output::write_tls(json, handshake); });
  }
  void on_http(const protocols::HttpTransaction& transaction) override {
    http.push_back(transaction);
    write([&](auto& json) { output::write_http(json, transaction); });
  }
  void on_quic(const protocols::QuicInitial& initial) override {
    quic.push_back(initial);
    write([&](auto& json) { output::write_quic(json, initial); });
  }
  void on_dhcp(const protocols::DhcpMessage& message) override {
    write([&](auto& json) { output::write_dhcp(json, message); });
  }
  void on_anomaly(protocols::AppProto, std::string_view event, Direction) override {
    anomalies.emplace_back(event);
  }

  // One `{"dns":{…}}` a record.
  std::vector<std::string> lines;
  std::vector<std::string> anomalies;
  std::vector<Direction> directions;
  std::vector<protocols::TlsHandshake> tls;
  std::vector<protocols::HttpTransaction> http;
  std::vector<protocols::QuicInitial> quic;

 private:
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
