// Buffers of TLS and QUIC handshakes. Source: Suricata 8 user guide, "SSL/TLS Keywords", "JA3/JA4
// Keywords", "QUIC Keywords".
#include "detect/buffers.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_handshake.h"

namespace netmoth::detect {
namespace {

using protocols::QuicInitial;
using protocols::RecordKind;
using protocols::TlsCertificate;
using protocols::TlsHandshake;

constexpr std::uint32_t kTls = kind_bit(RecordKind::kTls);
constexpr std::uint32_t kQuic = kind_bit(RecordKind::kQuic);

const TlsHandshake& tls(const TxView& tx) {
  return static_cast<const TlsHandshake&>(*tx.record);
}

const QuicInitial& quic(const TxView& tx) {
  return static_cast<const QuicInitial&>(*tx.record);
}

bool is_quic(const TxView& tx) {
  return tx.record->kind == RecordKind::kQuic;
}

void add_if(std::string_view text, BufferValues& out) {
  if (!text.empty()) out.add(text);
}

const protocols::TlsPeer& peer(const TxView& tx, Direction side) {
  return side == Direction::kToClient ? tls(tx).server : tls(tx).client;
}

template <std::string TlsHandshake::*kText>
void text(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(tls(tx).*kText, out);
}

template <std::string TlsCertificate::*kText>
void of_certificate(const TxView& tx, Direction side, BufferValues& out) {
  const auto& certificate = peer(tx, side).certificate;
  if (certificate) add_if((*certificate).*kText, out);
}

void certificates(const TxView& tx, Direction side, BufferValues& out) {
  protocols::for_each_certificate(peer(tx, side).chain, [&](Bytes der) { out.add(der); });
}

void alternative_names(const TxView& tx, Direction side, BufferValues& out) {
  const auto& certificate = peer(tx, side).certificate;
  if (!certificate) return;
  for (const auto& name : certificate->alternative_names)
    out.add(std::string_view(name.text));
}

void alpns(const TxView& tx, Direction side, BufferValues& out) {
  for (const auto& name :
       side == Direction::kToServer ? tls(tx).client_alpns : tls(tx).server_alpns)
    out.add(std::string_view(name));
}

// Of the 32 octets: the time of old versions in the first four, the rest behind it.
template <std::size_t kFrom, std::size_t kCount>
void random(const TxView& tx, Direction side, BufferValues& out) {
  const bool request = side == Direction::kToServer;
  const std::string_view octets = request ? tls(tx).client_random : tls(tx).server_random;
  if (octets.size() >= kFrom + kCount) out.add(octets.substr(kFrom, kCount));
}

void ja3_hash(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (is_quic(tx) && !quic(tx).from_client) return;
  add_if(is_quic(tx) ? quic(tx).ja3_hash : tls(tx).ja3_hash, out);
}

void ja3_string(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (is_quic(tx) && !quic(tx).from_client) return;
  add_if(is_quic(tx) ? quic(tx).ja3 : tls(tx).ja3, out);
}

void ja4(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(is_quic(tx) ? quic(tx).ja4 : tls(tx).ja4, out);
}

void ja3s_hash(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (is_quic(tx) && quic(tx).from_client) return;
  add_if(is_quic(tx) ? quic(tx).ja3_hash : tls(tx).ja3s_hash, out);
}

void ja3s_string(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (is_quic(tx) && quic(tx).from_client) return;
  add_if(is_quic(tx) ? quic(tx).ja3 : tls(tx).ja3s, out);
}

template <std::string QuicInitial::*kText>
void quic_text(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(quic(tx).*kText, out);
}

void quic_version(const TxView& tx, Direction side, BufferValues& out) {
  if (quic(tx).from_client != (side == Direction::kToServer)) return;
  std::string& made = out.make();
  made = protocols::quic_version_name(quic(tx).version);
  out.add_made(made);
}

constexpr BufferRow kRows[] = {
    {"ja3.hash", kTls | kQuic, Side::kToServer, ja3_hash},
    {"ja3.string", kTls | kQuic, Side::kToServer, ja3_string},
    {"ja3s.hash", kTls | kQuic, Side::kToClient, ja3s_hash},
    {"ja3s.string", kTls | kQuic, Side::kToClient, ja3s_string},
    {"ja4.hash", kTls | kQuic, Side::kToServer, ja4},
    {"quic.cyu.hash", kQuic, Side::kToServer, quic_text<&QuicInitial::cyu_hash>},
    {"quic.cyu.string", kQuic, Side::kToServer, quic_text<&QuicInitial::cyu>},
    {"quic.sni", kQuic, Side::kToServer, quic_text<&QuicInitial::sni>},
    {"quic.ua", kQuic, Side::kToServer, quic_text<&QuicInitial::user_agent>},
    {"quic.version", kQuic, Side::kAny, quic_version},
    {"tls.alpn", kTls, Side::kAny, alpns},
    {"tls.cert_fingerprint", kTls, Side::kAny, of_certificate<&TlsCertificate::fingerprint>},
    {"tls.cert_issuer", kTls, Side::kAny, of_certificate<&TlsCertificate::issuer>},
    {"tls.cert_serial", kTls, Side::kAny, of_certificate<&TlsCertificate::serial>},
    {"tls.cert_subject", kTls, Side::kAny, of_certificate<&TlsCertificate::subject>},
    {"tls.certs", kTls, Side::kAny, certificates},
    {"tls.random", kTls, Side::kAny, random<0, 32>},
    {"tls.random_bytes", kTls, Side::kAny, random<4, 28>},
    {"tls.random_time", kTls, Side::kAny, random<0, 4>},
    {"tls.sni", kTls, Side::kToServer, text<&TlsHandshake::sni>},
    {"tls.subjectaltname", kTls, Side::kAny, alternative_names},
};

}  // namespace

std::span<const BufferRow> tls_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
