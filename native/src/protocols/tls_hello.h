// ClientHello and ServerHello (RFC 8446 §4.1, RFC 5246 §7.4.1, SSL 2.0) as views of the wire bytes.
// TLS, DTLS and QUIC carry the same messages, so all three parsers read them here.
//
// Invariant: views live as long as the message; a hello that is cut off inside its extensions keeps
// what stood before the cut and says so.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"

namespace netmoth::protocols {

namespace tls_extension {
inline constexpr std::uint16_t kServerName = 0;
inline constexpr std::uint16_t kGroups = 10;
inline constexpr std::uint16_t kPointFormats = 11;
inline constexpr std::uint16_t kSignatureAlgorithms = 13;
inline constexpr std::uint16_t kHeartbeat = 15;
inline constexpr std::uint16_t kAlpn = 16;
inline constexpr std::uint16_t kSessionTicket = 35;
inline constexpr std::uint16_t kPreSharedKey = 41;
inline constexpr std::uint16_t kEarlyData = 42;
inline constexpr std::uint16_t kSupportedVersions = 43;
inline constexpr std::uint16_t kEncryptedClientHello = 0xfe0d;
inline constexpr std::uint16_t kEncryptedServerName = 0xffce;  // drafts 1 to 6 of what became ECH
}  // namespace tls_extension

namespace tls_version {
inline constexpr std::uint16_t kSsl2 = 0x0002;
inline constexpr std::uint16_t kSsl3 = 0x0300;
inline constexpr std::uint16_t kTls10 = 0x0301;
inline constexpr std::uint16_t kTls11 = 0x0302;
inline constexpr std::uint16_t kTls12 = 0x0303;
inline constexpr std::uint16_t kTls13 = 0x0304;
inline constexpr std::uint16_t kFirstDrafts = 0x7f01;  // of TLS 1.3, before draft 16
}  // namespace tls_version

// RFC 8701: values of the form 0x?a?a with equal octets mean nothing.
constexpr bool is_grease(std::uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

// A longer hello than this is not read.
inline constexpr std::size_t kMaxHelloLength = 32 * 1024;

struct TlsExtension {
  std::uint16_t type = 0;
  Bytes data;
};

// The extensions of a hello in their order, read anew from the wire at each walk: nothing is kept,
// so their number needs no bound.
class TlsExtensions {
 public:
  class Iterator {
   public:
    explicit Iterator(Bytes rest) : rest_(rest) { read(); }
    const TlsExtension& operator*() const { return current_; }
    Iterator& operator++() {
      rest_ = rest_.subspan(4 + current_.data.size());
      read();
      return *this;
    }
    // Only ever compared with the end.
    bool operator!=(const Iterator&) const { return valid_; }

   private:
    void read() {
      valid_ = false;
      if (rest_.size() < 4) return;
      const std::size_t length = static_cast<std::size_t>(rest_[2]) << 8 | rest_[3];
      if (rest_.size() - 4 < length) return;
      current_ = {static_cast<std::uint16_t>(rest_[0] << 8 | rest_[1]), rest_.subspan(4, length)};
      valid_ = true;
    }

    Bytes rest_;
    TlsExtension current_;
    bool valid_ = false;
  };

  TlsExtensions() = default;
  explicit TlsExtensions(Bytes block) : block_(block) {}

  [[nodiscard]] Iterator begin() const { return Iterator(block_); }
  [[nodiscard]] Iterator end() const { return Iterator(Bytes()); }
  // The data of the first of that type; nothing where there is none.
  [[nodiscard]] std::optional<Bytes> find(std::uint16_t type) const {
    for (const TlsExtension& extension : *this) {
      if (extension.type == type) return extension.data;
    }
    return std::nullopt;
  }

 private:
  Bytes block_;
};

struct ClientHello {
  std::uint16_t legacy_version = 0;
  bool ssl2 = false;  // ciphers are then three octets each
  Bytes random;       // empty in SSL 2
  Bytes session_id;
  Bytes ciphers;  // two octets each
  TlsExtensions extensions;
  bool cut = false;  // ended inside the extensions
};

struct ServerHello {
  std::uint16_t legacy_version = 0;
  std::uint16_t version = 0;  // supported_versions where present
  bool retry = false;         // HelloRetryRequest
  Bytes random;
  Bytes session_id;
  std::uint16_t cipher = 0;
  TlsExtensions extensions;
  bool cut = false;
};

// `body` follows the four-octet handshake header (for DTLS: the twelve-octet one). False where it
// is no hello.
[[nodiscard]] bool parse_client_hello(Bytes body, ClientHello& hello, bool dtls = false);
[[nodiscard]] bool parse_server_hello(Bytes body, ServerHello& hello);
// `record` is the SSL 2.0 record without its two-octet length.
[[nodiscard]] bool parse_ssl2_client_hello(Bytes record, ClientHello& hello);

// Host name of the server_name extension (RFC 6066 §3); empty where absent or broken.
std::string_view server_name(const ClientHello& hello);

// Encrypted Client Hello (RFC 9849 §5), as far as the outer hello tells. A GREASE one (§6.2) cannot
// be told from a real one: that is its purpose.
enum class EncryptedHello : std::uint8_t { kNone, kOuter, kInner, kServerName };
EncryptedHello encrypted_hello(const TlsExtensions& extensions);

// Which rules the server_name and ALPN extensions break.
struct HelloFaults {
  bool several_names = false;  // more than one server_name extension
  bool name_type = false;      // something else than a host name
  bool name_length = false;    // lengths that do not fit
  bool alpn = false;           // lengths that do not fit, or an empty name
};
HelloFaults find_faults(const TlsExtensions& extensions);

// Calls `each(Bytes protocol)` for every name of an ALPN extension (RFC 7301).
template <typename Each>
void for_each_alpn(const TlsExtensions& extensions, Each each);

// Calls `each(uint16)` for the values of a list with a length prefix of `prefix` octets.
template <typename Each>
void for_each_u16(Bytes list, std::size_t prefix, Each each);

}  // namespace netmoth::protocols

#include "protocols/tls_hello_lists.h"
