#include "detect/indicators/indicator_matcher.h"

#include <algorithm>
#include <functional>

#include "base/digest.h"
#include "protocols/dns_message.h"
#include "protocols/file_tracker.h"
#include "protocols/http_transaction.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_handshake.h"

namespace netmoth::detect {
namespace {

constexpr std::uint16_t kHttpPort = 80;
// Digits of the longest digest.
constexpr std::size_t kMaxDigestOctets = 32;

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp || protocol == ip_proto::kSctp;
}

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

// The octets of `hex` (colons between them are passed over); how many, 0 where it is anything else.
std::size_t octets_of_hex(std::string_view hex, std::array<std::uint8_t, kMaxDigestOctets>& out) {
  std::size_t digits = 0;
  for (const char letter : hex) {
    if (letter == ':') continue;
    const int digit = digit_of(letter);
    if (digit < 0 || digits == 2 * out.size()) return 0;
    std::uint8_t& octet = out[digits / 2];
    octet = static_cast<std::uint8_t>(digits % 2 == 0 ? digit << 4 : octet | digit);
    ++digits;
  }
  return digits % 2 == 0 ? digits / 2 : 0;
}

// The path and query of a request: of the absolute form what follows the host.
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.starts_with('/') ? std::string_view::npos : url.find("://");
  if (scheme == std::string_view::npos) return url;
  const std::size_t slash = url.find('/', scheme + 3);
  return slash == std::string_view::npos ? "/" : url.substr(slash);
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

base::DigestKinds IndicatorMatcher::wanted_digests() const {
  if (set_ == nullptr) return {};
  return {.md5 = set_->has(IndicatorKind::kFileMd5),
          .sha1 = false,
          .sha256 = set_->has(IndicatorKind::kFileSha256)};
}

void IndicatorMatcher::on_flow(const flow::Flow& flow, Direction direction, TimestampNs now) {
  if (flow.key.ip_version == 0) return;
  flow_ = &flow;
  record_ = nullptr;
  now_ = now;
  look_at_end(flow.key.source, flow.key.source_port, direction);
  look_at_end(flow.key.destination, flow.key.destination_port, direction);
}

void IndicatorMatcher::look_at_end(const Address& address, std::uint16_t port,
                                   Direction direction) {
  const std::uint8_t version = flow_->key.ip_version;
  if (const auto hit = set_->find_address(address, version, now_)) tell(hit, direction);
  if (!has_ports(flow_->key.protocol)) return;  // ICMP's types stand there
  if (const auto hit = set_->find_address_port(address, version, port, now_)) tell(hit, direction);
}

void IndicatorMatcher::on_record(const flow::Flow& flow, Direction direction,
                                 const protocols::Record& record, TimestampNs now) {
  using protocols::RecordKind;
  flow_ = &flow;
  record_ = &record;
  now_ = now;
  switch (record.kind) {
    case RecordKind::kDns:
      return look_at(static_cast<const protocols::DnsMessage&>(record), direction);
    case RecordKind::kTls:
      return look_at(static_cast<const protocols::TlsHandshake&>(record));
    case RecordKind::kQuic:
      return look_at(static_cast<const protocols::QuicInitial&>(record));
    case RecordKind::kHttp:
      return look_at(static_cast<const protocols::HttpTransaction&>(record));
    case RecordKind::kFileinfo:
      return look_at(static_cast<const protocols::FileInfo&>(record), direction);
    default:
      return;
  }
}

void IndicatorMatcher::look_at(const protocols::DnsMessage& message, Direction direction) {
  if (set_->has(IndicatorKind::kDomain)) {
    for (const protocols::DnsQuestion& question : message.questions)
      look_up_domain(message.text(question.name), direction);
  }
  for (const protocols::DnsRecord& answer : message.answers) {
    if (!answer.valid) continue;
    if (answer.type == protocols::dns_type::kCname) {
      look_up_domain(message.text(answer.target), direction);
      continue;
    }
    const bool ipv4 = answer.type == protocols::dns_type::kA && answer.rdata.size() == 4;
    const bool ipv6 = answer.type == protocols::dns_type::kAaaa && answer.rdata.size() == 16;
    if (!ipv4 && !ipv6) continue;
    Address address;
    std::ranges::copy(answer.rdata, address.octets.begin());
    if (const auto hit = set_->find_address(address, ipv4 ? 4 : 6, now_)) tell(hit, direction);
  }
}

void IndicatorMatcher::look_at(const protocols::TlsHandshake& tls) {
  look_up_domain(tls.sni, Direction::kToServer);
  look_up_hex(IndicatorKind::kJa3, tls.ja3_hash, Direction::kToServer);
  look_up(IndicatorKind::kJa4, as_bytes(tls.ja4), Direction::kToServer);
  look_up_hex(IndicatorKind::kJa3s, tls.ja3s_hash, Direction::kToClient);
  look_at(tls.server, Direction::kToClient);
  look_at(tls.client, Direction::kToServer);
}

void IndicatorMatcher::look_at(const protocols::TlsPeer& peer, Direction direction) {
  if (peer.certificate)
    look_up_hex(IndicatorKind::kCertificateSha1, peer.certificate->fingerprint, direction);
  if (!set_->has(IndicatorKind::kCertificateSha256) || peer.chain.empty()) return;
  bool leaf = true;
  protocols::for_each_certificate(peer.chain, [&](Bytes der) {
    if (leaf) look_up(IndicatorKind::kCertificateSha256, base::sha256(der), direction);
    leaf = false;
  });
}

void IndicatorMatcher::look_at(const protocols::QuicInitial& quic) {
  if (!quic.from_client)
    return look_up_hex(IndicatorKind::kJa3s, quic.ja3_hash, Direction::kToClient);
  look_up_domain(quic.sni, Direction::kToServer);
  look_up_hex(IndicatorKind::kJa3, quic.ja3_hash, Direction::kToServer);
  look_up(IndicatorKind::kJa4, as_bytes(quic.ja4), Direction::kToServer);
}

void IndicatorMatcher::look_at(const protocols::HttpTransaction& http) {
  if (!http.has_request) return;
  look_up_domain(http.hostname, Direction::kToServer);
  if (set_->has(IndicatorKind::kUrl)) look_at_url(http);
}

// As lists write URLs: without the scheme's own port; a Host without a port may stand for that of
// the connection.
void IndicatorMatcher::look_at_url(const protocols::HttpTransaction& http) {
  if (http.hostname.empty()) return;
  const std::string_view path = path_of(http.url);
  url_.clear();
  std::ranges::transform(http.hostname, std::back_inserter(url_), lower);
  const std::size_t host = url_.size();
  if (http.port == 0 || http.port == kHttpPort) {
    url_ += path;
    look_up(IndicatorKind::kUrl, as_bytes(url_), Direction::kToServer);
    url_.resize(host);
  }
  const std::uint16_t port = http.port != 0 ? http.port : flow_->key.destination_port;
  if (port == kHttpPort) return;
  url_ += ':';
  url_ += std::to_string(port);
  url_ += path;
  look_up(IndicatorKind::kUrl, as_bytes(url_), Direction::kToServer);
}

void IndicatorMatcher::look_at(const protocols::FileInfo& file, Direction direction) {
  if (file.digests.sha256) look_up(IndicatorKind::kFileSha256, *file.digests.sha256, direction);
  if (file.digests.md5) look_up(IndicatorKind::kFileMd5, *file.digests.md5, direction);
}

void IndicatorMatcher::look_up_domain(std::string_view name, Direction direction) {
  if (const auto hit = set_->find_domain(name, now_)) tell(hit, direction);
}

void IndicatorMatcher::look_up_hex(IndicatorKind kind, std::string_view hex, Direction direction) {
  if (!set_->has(kind)) return;
  std::array<std::uint8_t, kMaxDigestOctets> octets{};
  look_up(kind, Bytes(octets).first(octets_of_hex(hex, octets)), direction);
}

void IndicatorMatcher::look_up(IndicatorKind kind, Bytes key, Direction direction) {
  if (key.empty()) return;
  if (const auto hit = set_->find(kind, key, now_)) tell(hit, direction);
}

void IndicatorMatcher::tell(const IndicatorHit& hit, Direction direction) {
  std::vector<std::uint64_t>& told = told_[flow_];
  const std::uint64_t entry =
      std::hash<std::string>{}(set_->entry_text(hit)) ^ static_cast<std::uint8_t>(hit.kind);
  if (std::ranges::find(told, entry) != told.end()) return;
  if (told.size() == kMaxEntriesPerFlow) {
    ++suppressed_;
    return;
  }
  told.push_back(entry);
  listener_.on_indicator(hit, direction, record_);
}

}  // namespace netmoth::detect
