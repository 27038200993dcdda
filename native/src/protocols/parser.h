// The contract between the engine and one application protocol.
//
// Invariant: a parser owns all its state, bounds it by named constants, and never keeps a view of
// the bytes it was given beyond the call. Malformed input is a named anomaly (Suricata's applayer
// event names) and a Verdict, never a throw.
#pragma once

#include <memory>
#include <string_view>

#include "base/types.h"
#include "protocols/content.h"
#include "protocols/expectations.h"
#include "protocols/record.h"

namespace netmoth::protocols {

// Names as EVE's app_proto spells them; see app_proto_name().
enum class AppProto : std::uint8_t {
  kUnknown,  // not decided yet, or nothing known: EVE "failed" once detection gave up
  kFailed,
  kDns,
  kMdns,
  kTls,
  kHttp,
  kHttp2,
  kQuic,
  kDhcp,
  kSsh,
  kSmtp,
  kFtp,
  kImap,
  kPop3,
  kNtp,
  kSnmp,
  kSmb,
  kRdp,
  kSip,
  kMqtt,
  kKrb5,
  kTelnet,
  kLdap,
  kBittorrentDht,
  // Recognised only; names that Suricata's EVE does not have.
  kDhcpV6,
  kStun,
  kDtls,
  kRtp,
  kWireguard,
  kLlmnr,
  kNetbiosNs,
  kSsdp,
  kXmpp,
  kSocks,
  kFtpData,
  kBittorrent,
  kWebsocket,
  // further ones at the end
};

std::string_view app_proto_name(AppProto proto);

enum class Transport : std::uint8_t { kTcp, kUdp, kSctp };

class Parser;

// The parser of a connection that another one announced.
struct ExpectedParser {
  AppProto proto = AppProto::kUnknown;
  std::unique_ptr<Parser> parser;  // nullptr: nobody announced it
};

// Where records go: the pipeline hands them to correlation, detection and the output writer.
class TransactionSink {
 public:
  virtual ~TransactionSink() = default;
  // `direction` of the message that made the record; of a transaction's request.
  virtual void on_record(Direction direction, const Record& record) = 0;
  // What rules look at and no event tells.
  virtual void on_inspected(Direction /*direction*/, const Record& /*record*/) {}
  // A request is complete: Parser::waiting_transaction() knows it until it is reported.
  virtual void on_request(std::uint64_t /*tx_id*/) {}
  // `event` is Suricata's name without prefix, lower case, e.g. "invalid_record_type"; static
  // storage.
  virtual void on_anomaly(AppProto proto, std::string_view event, Direction direction) = 0;
  // What is wanted of bodies and files; the same for the whole life of a parser. Off by default.
  [[nodiscard]] virtual const ContentSettings& content() const;
  // Decoded octets, where content().inspect asks for them.
  virtual void on_content(AppProto /*proto*/, const ContentPiece& /*piece*/) {}
  // A connection between the same hosts is about to be opened.
  virtual void on_expectation(const Expectation& /*expectation*/) {}
  // Asked at the first octets of a TCP connection, before they are looked at.
  virtual ExpectedParser take_expected();
  // What is known now of the present flow, which was expected.
  virtual std::optional<ExpectedTransfer> recall_expected() { return std::nullopt; }
};

enum class Verdict : std::uint8_t {
  kMore,       // go on
  kDone,       // nothing further in this flow is of interest (e.g. TLS after the handshake)
  kNotMine,    // these bytes are not of this protocol: detection may try others
  kSwitchTls,  // STARTTLS, CONNECT …: what follows is TLS
  kSuccessor,  // what follows is for take_successor()
};

class Parser;

// What a connection becomes after an upgrade within it.
struct Successor {
  AppProto proto = AppProto::kUnknown;
  std::unique_ptr<Parser> parser;  // nullptr where it is only named
};

class Parser {
 public:
  virtual ~Parser() = default;
  // TCP: the next contiguous bytes of that direction; UDP: one datagram. `time` is the packet's.
  virtual Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                          TransactionSink& sink) = 0;
  // `missing` bytes of the stream were never seen. The parser resynchronises or gives up (kDone).
  virtual Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) = 0;
  // The flow ended: hand over what is worth telling.
  virtual void on_close(TransactionSink& sink) = 0;
  // What on_request() told of; nullptr where it is reported or forgotten. Valid until the next
  // call.
  [[nodiscard]] virtual const Record* waiting_transaction(std::uint64_t /*tx_id*/) const {
    return nullptr;
  }
  // After Verdict::kSuccessor.
  virtual Successor take_successor() { return {}; }
};

struct ProbeInput {
  Transport transport;
  std::uint16_t client_port;
  std::uint16_t server_port;
  Direction direction;
  Bytes data;  // TCP: from the start of that direction's stream; UDP: the datagram
};

enum class Certainty : std::uint8_t { kNo, kUnsure, kCertain };

struct ProbeResult {
  AppProto proto = AppProto::kUnknown;
  Certainty certainty = Certainty::kNo;  // kUnsure: ask again with more bytes
  // The bytes look as if the server had sent them although they go towards the server: first packet
  // seen was the reply, so client and server must be exchanged.
  bool reversed = false;
};

// Looks at payload first, takes ports only as a hint between equals.
ProbeResult probe(const ProbeInput& input);

// nullptr where the protocol is only recognised, not parsed.
std::unique_ptr<Parser> make_parser(AppProto proto, Transport transport);

}  // namespace netmoth::protocols
