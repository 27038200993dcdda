// Looks at binary protocols over TCP. See probe_looks.h.
#include <algorithm>

#include "base/reader.h"
#include "protocols/probe_looks.h"
#include "protocols/tls_hello.h"
#include "protocols/tls_parser.h"

namespace netmoth::protocols {
namespace {

constexpr Look certain(Side side) {
  return {Certainty::kCertain, side};
}
constexpr Look unsure(Side side = Side::kEither) {
  return {Certainty::kUnsure, side};
}

Look look_ssl2(Bytes data) {
  if (data.size() < 5) return (data.size() < 3 || data[2] == 1) ? unsure(Side::kClient) : kNoLook;
  base::Reader reader(data);
  const std::size_t length = reader.u16() & 0x7fff;
  if (length < 9 || length > 1024 || data[2] != 1) return kNoLook;
  if (data.size() < 2 + length) {
    const bool version = (data[3] == 0 && data[4] == 2) || (data[3] == 3 && data[4] <= 4);
    return version ? unsure(Side::kClient) : kNoLook;
  }
  ClientHello hello;
  return parse_ssl2_client_hello(data.subspan(2, length), hello) ? certain(Side::kClient) : kNoLook;
}

// The identifier and definite length of a DER item at the reader; false where it cannot be one.
bool skip_der_header(base::Reader& reader, std::uint8_t tag, std::size_t& length) {
  if (reader.u8() != tag) return false;
  length = reader.u8();
  if (length >= 0x80) {
    std::size_t octets = length & 0x7f;
    if (octets == 0 || octets > 4) return false;
    length = 0;
    while (octets-- > 0)
      length = length << 8 | reader.u8();
  }
  return reader.ok();
}

}  // namespace

Look look_tls(Bytes data) {
  constexpr std::uint8_t kAlert = 21;
  constexpr std::uint8_t kHandshake = 22;
  constexpr std::uint8_t kApplicationData = 23;
  if (data.empty()) return unsure();
  if ((data[0] & 0x80) != 0) return look_ssl2(data);
  if (data[0] != kHandshake && data[0] != kAlert && data[0] != kApplicationData) return kNoLook;
  if (data.size() > 1 && data[1] != 3) return kNoLook;
  if (data.size() > 2 && data[2] > 4) return kNoLook;
  if (data.size() < 6) return unsure();
  const std::size_t length = static_cast<std::size_t>(data[3]) << 8 | data[4];
  if (length == 0 || length > kMaxTlsRecord) return kNoLook;
  if (data[0] == kHandshake) {
    const std::uint8_t message = data[5];
    if (message != 0 && message != 1 && message != 2) return kNoLook;
    if (data.size() < 11) return length < 6 && message == 0 ? certain(Side::kServer) : unsure();
    if (message == 0) return length == 4 ? certain(Side::kServer) : kNoLook;
    // The hello's own version follows its type and length.
    const bool version = data[9] == 3 || data[9] == 0x7f || data[9] == 1;
    if (!version) return kNoLook;
    return certain(message == 1 ? Side::kClient : Side::kServer);
  }
  if (data[0] == kAlert) {
    const bool plain = length == 2 && data.size() >= 7 && (data[5] == 1 || data[5] == 2);
    return plain ? certain(Side::kEither) : kNoLook;
  }
  // Application data, a connection that was there before: believe two records in a row.
  if (data.size() < 5 + length) return unsure();
  if (data.size() == 5 + length) return certain(Side::kEither);
  const Bytes second = data.subspan(5 + length);
  const bool next = second[0] >= 20 && second[0] <= 23 && (second.size() < 2 || second[1] == 3);
  return next ? certain(Side::kEither) : kNoLook;
}

// NetBIOS session service: a session request carries two encoded names of 34 octets (RFC 1002
// §4.3.2); SMB follows in the same stream.
Look look_netbios_session(Bytes data) {
  constexpr std::uint8_t kEncodedName = 0x20;
  if (data.size() < 5) return unsure(Side::kClient);
  const bool request = data[1] == 0 && data[2] == 0 && data[3] == 68 && data[4] == kEncodedName;
  return request ? certain(Side::kClient) : kNoLook;
}

Look look_smb(Bytes data) {
  constexpr std::uint8_t kSessionRequest = 0x81;
  if (!data.empty() && data[0] == kSessionRequest) return look_netbios_session(data);
  base::Reader reader(data);
  if (reader.u8() != 0) return kNoLook;  // NetBIOS session message
  (void)reader.u24();
  if (data.size() < 8) return data.size() < 5 || data[4] >= 0xfd ? unsure() : kNoLook;
  const std::uint8_t marker = reader.u8();
  const bool smb = marker >= 0xfd && as_text(reader.bytes(3)) == "SMB";
  if (!smb) return kNoLook;
  // The reply bit: SMB1 flags at 13, SMB2 flags at 20.
  const std::size_t flags_at = marker == 0xff ? 13 : 20;
  if (data.size() <= flags_at) return unsure();
  const bool reply = marker == 0xff ? (data[flags_at] & 0x80) != 0 : (data[flags_at] & 0x01) != 0;
  return certain(reply ? Side::kServer : Side::kClient);
}

Look look_rdp(Bytes data) {
  base::Reader reader(data);
  if (reader.u8() != 3) return kNoLook;  // TPKT version (RFC 1006)
  if (data.size() < 11) return unsure();
  const std::uint8_t reserved = reader.u8();
  const std::size_t length = reader.u16();
  const std::size_t header = reader.u8();
  const std::uint8_t code = reader.u8();
  if (reserved != 0 || length < 11 || length > 1024 || header + 5 > length) return kNoLook;
  if (data.size() < length && data.size() < 19) return unsure();
  if (code == 0xe0) {
    // Connection request: a cookie or a negotiation request follows, else it may be any X.224 user.
    const Bytes rest = data.subspan(11);
    const bool cookie = as_text(rest).substr(0, 7) == "Cookie:";
    const bool negotiation = rest.size() >= 8 && rest[0] == 1 && rest[2] == 8 && rest[3] == 0;
    return cookie || negotiation ? certain(Side::kClient) : kNoLook;
  }
  if (code == 0xd0 && length == 19) {
    const Bytes rest = data.subspan(11);
    return rest.size() >= 4 && (rest[0] == 2 || rest[0] == 3) && rest[2] == 8
               ? certain(Side::kServer)
               : kNoLook;
  }
  return kNoLook;
}

Look look_mqtt(Bytes data) {
  constexpr std::uint8_t kConnect = 0x10;
  base::Reader reader(data);
  if (reader.u8() != kConnect) return kNoLook;
  for (int i = 0; i < 4 && (reader.u8() & 0x80) != 0; ++i) {
  }
  const std::size_t length = reader.u16();
  if (!reader.ok()) return data.size() < 7 ? unsure(Side::kClient) : kNoLook;
  if (length != 4 && length != 6) return kNoLook;
  const std::string_view name = as_text(reader.bytes(length));
  if (!reader.ok()) return unsure(Side::kClient);
  return name == "MQTT" || name == "MQIsdp" ? certain(Side::kClient) : kNoLook;
}

Look look_socks(Bytes data) {
  constexpr std::uint8_t kConnect = 1;
  constexpr std::uint8_t kBind = 2;
  constexpr std::uint8_t kUdpAssociate = 3;
  if (data.empty()) return kNoLook;
  if (data[0] == 5) {
    // A list of methods (RFC 1928 §3), each at most once, and nothing behind it but the request
    // (§4) of a client that does not wait for the answer.
    if (data.size() < 2) return unsure(Side::kClient);
    const std::size_t methods = data[1];
    if (methods == 0 || methods > 10) return kNoLook;
    for (const std::uint8_t method : data.subspan(2, std::min(methods, data.size() - 2))) {
      if (method > 9 && method < 0x80) return kNoLook;
    }
    if (data.size() < 2 + methods) return unsure(Side::kClient);
    const Bytes request = data.subspan(2 + methods);
    const bool is_request = request.size() >= 4 && request[0] == 5 && request[1] >= kConnect &&
                            request[1] <= kUdpAssociate && request[2] == 0;
    return request.empty() || is_request ? certain(Side::kClient) : kNoLook;
  }
  if (data[0] != 4) return kNoLook;
  if (data.size() > 1 && data[1] != kConnect && data[1] != kBind) return kNoLook;
  if (data.size() < 9) return unsure(Side::kClient);
  const std::uint16_t port = static_cast<std::uint16_t>(data[2] << 8 | data[3]);
  if (port == 0 || data.back() != 0 || data.size() > 512) return kNoLook;
  for (const std::uint8_t c : data.subspan(8)) {
    if (c != 0 && (c < 0x20 || c > 0x7e)) return kNoLook;
  }
  return certain(Side::kClient);
}

Look look_krb5(Bytes datagram) {
  if (datagram.size() < 10) return kNoLook;
  const std::uint8_t tag = datagram[0];
  const bool request = tag == 0x6a || tag == 0x6c;  // AS-REQ, TGS-REQ
  const bool reply = tag == 0x6b || tag == 0x6d || tag == 0x7e;
  if (!request && !reply) return kNoLook;
  base::Reader reader(datagram);
  std::size_t length = 0;
  if (!skip_der_header(reader, tag, length) || !skip_der_header(reader, 0x30, length))
    return kNoLook;
  // pvno [1] in requests, [0] in replies: INTEGER 5 (RFC 4120 §5.4).
  const std::uint8_t context = request ? 0xa1 : 0xa0;
  if (!skip_der_header(reader, context, length) || length != 3) return kNoLook;
  if (reader.u8() != 2 || reader.u8() != 1 || reader.u8() != 5) return kNoLook;
  return certain(request ? Side::kClient : Side::kServer);
}

Look look_krb5_stream(Bytes data) {
  if (data.size() < 4) return data.empty() || data[0] == 0 ? unsure() : kNoLook;
  const std::uint32_t length = base::Reader(data).u32();
  if (length < 10 || length > 65536) return kNoLook;
  if (data.size() < 24) {
    const bool tag = data.size() == 4 || (data[4] & 0xf0) == 0x60 || data[4] == 0x7e;
    return tag ? unsure() : kNoLook;
  }
  return look_krb5(data.subspan(4));
}

// The handshake of the peer wire protocol (BEP 3).
Look look_bittorrent(Bytes data) {
  constexpr std::string_view kStart =
      "\x13"
      "BitTorrent protocol";
  const std::string_view text = as_text(data.first(std::min(data.size(), kStart.size())));
  if (text != kStart.substr(0, text.size())) return kNoLook;
  return text.size() == kStart.size() ? certain(Side::kEither) : unsure();
}

Look look_telnet(Bytes data, bool port_says_so) {
  constexpr std::uint8_t kIac = 255;
  constexpr std::uint8_t kWill = 251;
  if (data.empty() || data[0] != kIac) return kNoLook;
  if (data.size() < 3) return unsure();
  if (data[1] < kWill || data[1] > 254 || data[2] > 60) return kNoLook;
  if (port_says_so) return certain(Side::kEither);
  if (data.size() == 3) return certain(Side::kEither);
  return data.size() >= 6 && data[3] == kIac && data[4] >= 250 ? certain(Side::kEither) : kNoLook;
}

Look look_ldap(Bytes data, bool port_says_so) {
  if (data.size() < 8) return !data.empty() && data[0] == 0x30 ? unsure() : kNoLook;
  base::Reader reader(data);
  std::size_t length = 0;
  if (!skip_der_header(reader, 0x30, length) || length < 5) return kNoLook;
  if (!skip_der_header(reader, 0x02, length) || length < 1 || length > 4) return kNoLook;
  reader.skip(length);
  const std::uint8_t operation = reader.u8();
  if (!reader.ok()) return kNoLook;
  std::size_t inner = 0;
  switch (operation) {
    case 0x60: {  // BindRequest: version 2 or 3 first (RFC 4511 §4.2)
      base::Reader bind(data.subspan(reader.position() - 1));
      if (!skip_der_header(bind, 0x60, inner) || !skip_der_header(bind, 0x02, inner))
        return kNoLook;
      const std::uint8_t version = bind.u8();
      return inner == 1 && (version == 2 || version == 3) ? certain(Side::kClient) : kNoLook;
    }
    case 0x63:
    case 0x77:  // SearchRequest, ExtendedRequest
      return port_says_so ? certain(Side::kClient) : kNoLook;
    case 0x61:
    case 0x64:
    case 0x65:
    case 0x78:
      return port_says_so ? certain(Side::kServer) : kNoLook;
    default:
      return kNoLook;
  }
}

}  // namespace netmoth::protocols
