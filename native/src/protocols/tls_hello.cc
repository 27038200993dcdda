// Reads hello messages. See tls_hello.h.
#include "protocols/tls_hello.h"

#include <algorithm>
#include <array>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kRandomLength = 32;

// SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3), which stands in place of the random.
constexpr std::array<std::uint8_t, kRandomLength> kRetryRandom{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// Returns false where the block is shorter than it says, or its last item than that says.
bool read_extensions(base::Reader& reader, TlsExtensions& extensions) {
  extensions = TlsExtensions();
  if (reader.at_end()) return true;  // hellos before RFC 3546 have none
  const std::size_t total = reader.u16();
  const bool whole = reader.ok() && total <= reader.remaining();
  const Bytes block = reader.bytes(std::min(total, reader.remaining()));
  extensions = TlsExtensions(block);
  std::size_t read = 0;
  for (const TlsExtension& extension : extensions)
    read += 4 + extension.data.size();
  return whole && read == block.size();
}

bool plausible_version(std::uint16_t version) {
  const unsigned major = version >> 8;
  return major == 3 || major == 0xfe || major == 0x7f || major == 1;
}

}  // namespace

bool parse_client_hello(Bytes body, ClientHello& hello, bool dtls) {
  if (body.size() > kMaxHelloLength) return false;
  base::Reader reader(body);
  hello.ssl2 = false;
  hello.legacy_version = reader.u16();
  hello.random = reader.bytes(kRandomLength);
  hello.session_id = reader.bytes(reader.u8());
  if (dtls) reader.skip(reader.u8());  // cookie
  hello.ciphers = reader.bytes(reader.u16());
  reader.skip(reader.u8());  // compression methods
  if (!reader.ok() || !plausible_version(hello.legacy_version)) return false;
  if (hello.session_id.size() > 32) return false;
  hello.cut = !read_extensions(reader, hello.extensions);
  return true;
}

namespace {

// Drafts before 22 of TLS 1.3 had neither session id nor compression in a ServerHello.
bool read_server_hello(Bytes body, ServerHello& hello, bool early_draft) {
  base::Reader reader(body);
  hello.legacy_version = hello.version = reader.u16();
  const Bytes random = reader.bytes(kRandomLength);
  hello.random = random;
  hello.retry = std::ranges::equal(random, kRetryRandom);
  hello.session_id = early_draft ? Bytes() : reader.bytes(reader.u8());
  hello.cipher = reader.u16();
  if (!early_draft) reader.skip(1);
  if (!reader.ok() || !plausible_version(hello.version) || hello.session_id.size() > 32)
    return false;
  hello.cut = !read_extensions(reader, hello.extensions);
  return true;
}

}  // namespace

bool parse_server_hello(Bytes body, ServerHello& hello) {
  if (body.size() > kMaxHelloLength) return false;
  const std::uint16_t version = base::Reader(body).u16();
  // Drafts before 16 wrote 0x0304 there, which the final version never does.
  const bool first_drafts = version == tls_version::kTls13;
  const bool early_draft = first_drafts || ((version >> 8) == 0x7f && (version & 0xff) < 22);
  if (early_draft && read_server_hello(body, hello, true) && !hello.cut) {
    if (first_drafts) hello.version = tls_version::kFirstDrafts;
    return true;
  }
  if (!read_server_hello(body, hello, false)) return false;
  if (const auto chosen = hello.extensions.find(tls_extension::kSupportedVersions);
      chosen && chosen->size() == 2) {
    hello.version = base::Reader(*chosen).u16();
  }
  return true;
}

bool parse_ssl2_client_hello(Bytes record, ClientHello& hello) {
  base::Reader reader(record);
  const std::uint8_t type = reader.u8();
  hello.ssl2 = true;
  hello.cut = false;
  hello.legacy_version = reader.u16();
  const std::size_t ciphers = reader.u16();
  const std::size_t session_id = reader.u16();
  const std::size_t challenge = reader.u16();
  hello.ciphers = reader.bytes(ciphers);
  hello.session_id = reader.bytes(session_id);
  reader.skip(challenge);
  hello.extensions = TlsExtensions();
  const bool version_known =
      hello.legacy_version == tls_version::kSsl2 || (hello.legacy_version >> 8) == 3;
  return reader.ok() && type == 1 && version_known && ciphers > 0 && ciphers % 3 == 0 &&
         challenge >= 16 && challenge <= 32;
}

std::string_view server_name(const ClientHello& hello) {
  constexpr std::uint8_t kHostName = 0;
  const auto extension = hello.extensions.find(tls_extension::kServerName);
  if (!extension) return {};
  base::Reader reader(*extension);
  reader.skip(2);  // length of the list
  while (reader.ok() && !reader.at_end()) {
    const std::uint8_t type = reader.u8();
    const std::size_t length = reader.u16();
    const Bytes name = reader.bytes(length);
    if (reader.ok() && type == kHostName) return as_text(name);
  }
  return {};
}

EncryptedHello encrypted_hello(const TlsExtensions& extensions) {
  constexpr std::uint8_t kInnerType = 1;
  if (const auto hello = extensions.find(tls_extension::kEncryptedClientHello)) {
    return base::Reader(*hello).u8() == kInnerType ? EncryptedHello::kInner
                                                   : EncryptedHello::kOuter;
  }
  return extensions.find(tls_extension::kEncryptedServerName) ? EncryptedHello::kServerName
                                                              : EncryptedHello::kNone;
}

namespace {

void find_name_faults(Bytes extension, HelloFaults& faults) {
  constexpr std::uint8_t kHostName = 0;
  if (extension.empty()) return;  // a server's acknowledgement
  base::Reader reader(extension);
  if (reader.u16() != reader.remaining()) faults.name_length = true;
  while (reader.ok() && !reader.at_end()) {
    if (reader.u8() != kHostName) faults.name_type = true;
    reader.skip(reader.u16());
  }
  if (!reader.ok()) faults.name_length = true;
}

bool is_name_list(Bytes alpn) {
  base::Reader reader(alpn);
  if (reader.u16() != reader.remaining() || reader.at_end()) return false;
  while (reader.ok() && !reader.at_end()) {
    const std::size_t length = reader.u8();
    if (length == 0) return false;
    reader.skip(length);
  }
  return reader.ok();
}

}  // namespace

HelloFaults find_faults(const TlsExtensions& extensions) {
  HelloFaults faults;
  bool named = false;
  for (const TlsExtension& extension : extensions) {
    if (extension.type == tls_extension::kServerName) {
      faults.several_names = faults.several_names || named;
      named = true;
      find_name_faults(extension.data, faults);
    } else if (extension.type == tls_extension::kAlpn && !is_name_list(extension.data)) {
      faults.alpn = true;
    }
  }
  return faults;
}

}  // namespace netmoth::protocols
