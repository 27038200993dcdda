// Frames: data units of protocols as their parsers cut them. Source: Suricata 8 user guide,
// "Frames".
#include "detect/buffers.h"
#include "protocols/frame.h"

namespace netmoth::detect {
namespace {

constexpr std::string_view kPrefix = "frame:";

// A row for each name; the parser says which one a frame has.
template <const char* kName>
void frame(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const auto& told = static_cast<const protocols::Frame&>(*tx.record);
  if (told.name == std::string_view(kName).substr(kPrefix.size())) out.add(told.data);
}

constexpr std::uint32_t kFrame = kind_bit(protocols::RecordKind::kFrame);

// Names have to be objects to be arguments of templates.
#define NETMOTH_FRAME(variable, name) constexpr char variable[] = "frame:" name
NETMOTH_FRAME(kDnsPdu, "dns.pdu");
NETMOTH_FRAME(kHttp2Data, "http2.data");
NETMOTH_FRAME(kHttp2Header, "http2.hdr");
NETMOTH_FRAME(kHttp2Pdu, "http2.pdu");
NETMOTH_FRAME(kHttpRequest, "http1.request");
NETMOTH_FRAME(kHttpResponse, "http1.response");
NETMOTH_FRAME(kMqttData, "mqtt.data");
NETMOTH_FRAME(kMqttHeader, "mqtt.header");
NETMOTH_FRAME(kMqttPdu, "mqtt.pdu");
NETMOTH_FRAME(kQuicData, "quic.data");
NETMOTH_FRAME(kQuicHeader, "quic.hdr");
NETMOTH_FRAME(kQuicPdu, "quic.pdu");
NETMOTH_FRAME(kSipPdu, "sip.pdu");
NETMOTH_FRAME(kSipRequestBody, "sip.request.body");
NETMOTH_FRAME(kSipRequestHeaders, "sip.request.headers");
NETMOTH_FRAME(kSipRequestLine, "sip.request.line");
NETMOTH_FRAME(kSipResponseBody, "sip.response.body");
NETMOTH_FRAME(kSipResponseHeaders, "sip.response.headers");
NETMOTH_FRAME(kSipResponseLine, "sip.response.line");
NETMOTH_FRAME(kSmtpCommandLine, "smtp.command_line");
NETMOTH_FRAME(kSmtpData, "smtp.data");
NETMOTH_FRAME(kSmtpResponseLine, "smtp.response_line");
NETMOTH_FRAME(kSshData, "ssh.record.data");
NETMOTH_FRAME(kSshHeader, "ssh.record.hdr");
NETMOTH_FRAME(kSshPdu, "ssh.record.pdu");
NETMOTH_FRAME(kTlsAlert, "tls.alert");
NETMOTH_FRAME(kTlsData, "tls.data");
NETMOTH_FRAME(kTlsHeader, "tls.hdr");
NETMOTH_FRAME(kTlsHeartbeat, "tls.heartbeat");
NETMOTH_FRAME(kTlsPdu, "tls.pdu");
#undef NETMOTH_FRAME

template <const char* kName>
constexpr BufferRow row() {
  return {kName, kFrame, Side::kAny, frame<kName>};
}

constexpr BufferRow kRows[] = {
    row<kDnsPdu>(),           row<kHttp2Data>(),       row<kHttp2Header>(),
    row<kHttp2Pdu>(),         row<kHttpRequest>(),     row<kHttpResponse>(),
    row<kQuicData>(),         row<kQuicHeader>(),      row<kQuicPdu>(),
    row<kMqttData>(),         row<kMqttHeader>(),      row<kMqttPdu>(),
    row<kSipPdu>(),           row<kSipRequestBody>(),  row<kSipRequestHeaders>(),
    row<kSipRequestLine>(),   row<kSipResponseBody>(), row<kSipResponseHeaders>(),
    row<kSipResponseLine>(),  row<kSmtpCommandLine>(), row<kSmtpData>(),
    row<kSmtpResponseLine>(), row<kSshData>(),         row<kSshHeader>(),
    row<kSshPdu>(),           row<kTlsAlert>(),        row<kTlsData>(),
    row<kTlsHeader>(),        row<kTlsHeartbeat>(),    row<kTlsPdu>(),
};

}  // namespace

std::span<const BufferRow> frame_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
