// JA4. See tls_fingerprint.h; the rules are FoxIO's technical_details/JA4.md.
//
// Settled there and easily missed: SNI and ALPN count as extensions but are left out of the hash; a
// hello without signature algorithms has no '_' before hashing; an empty list hashes to zeros; ALPN
// edges that are not letters or digits make both characters come from its hexadecimal form.
#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/hex.h"
#include "base/reader.h"
#include "protocols/tls_fingerprint.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kMaxValues = 1024;  // ciphers or algorithms that enter the hash
constexpr std::size_t kHashDigits = 12;
constexpr std::string_view kNothing = "000000000000";

// A bounded list of 16-bit values.
struct Values {
  std::array<std::uint16_t, kMaxValues> items;
  std::size_t count = 0;

  void add(std::uint16_t value) {
    if (count < kMaxValues) items[count++] = value;
  }
  void sort() { std::sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)); }
};

void append_hex_values(std::string& out, const Values& values) {
  for (std::size_t i = 0; i < values.count; ++i) {
    if (i > 0) out.push_back(',');
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.push_back(base::kHexDigits[values.items[i] >> shift & 0xf]);
    }
  }
}

std::string_view version_digits(std::uint16_t version) {
  switch (version) {
    case 0x0304:
      return "13";
    case 0x0303:
      return "12";
    case 0x0302:
      return "11";
    case 0x0301:
      return "10";
    case 0x0300:
      return "s3";
    case 0x0002:
      return "s2";
    case 0xfeff:
      return "d1";
    case 0xfefd:
      return "d2";
    case 0xfefc:
      return "d3";
    default:
      return "00";
  }
}

std::uint16_t offered_version(const ClientHello& hello, Ja4Carrier carrier) {
  const auto versions = hello.extensions.find(tls_extension::kSupportedVersions);
  if (!versions) return hello.legacy_version;
  std::uint16_t best = 0;
  for_each_u16(*versions, 1, [&](std::uint16_t value) {
    if (is_grease(value)) return;
    // DTLS counts downwards.
    const bool better = carrier == Ja4Carrier::kDtls && best != 0 ? value < best : value > best;
    if (better) best = value;
  });
  return best;
}

void append_count(std::string& out, std::size_t count) {
  const std::size_t shown = std::min<std::size_t>(count, 99);
  out.push_back(static_cast<char>('0' + shown / 10));
  out.push_back(static_cast<char>('0' + shown % 10));
}

bool is_alphanumeric(std::uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void append_alpn(std::string& out, const TlsExtensions& extensions) {
  Bytes first;
  bool seen = false;
  for_each_alpn(extensions, [&](Bytes name) {
    if (!seen) first = name;
    seen = true;
  });
  if (first.empty()) {
    out.append("00");
  } else if (is_alphanumeric(first.front()) && is_alphanumeric(first.back())) {
    out.push_back(static_cast<char>(first.front()));
    out.push_back(static_cast<char>(first.back()));
  } else {
    out.push_back(base::kHexDigits[first.front() >> 4]);
    out.push_back(base::kHexDigits[first.back() & 0xf]);
  }
}

void append_hash(std::string& out, std::string_view text) {
  if (text.empty()) {
    out.append(kNothing);
    return;
  }
  const auto digest = base::sha256(as_bytes(text));
  base::append_hex(out, Bytes(digest).first(kHashDigits / 2));
}

Values cipher_values(const ClientHello& hello) {
  Values values;
  if (hello.ssl2) {
    base::Reader reader(hello.ciphers);
    while (reader.remaining() >= 3)
      values.add(static_cast<std::uint16_t>(reader.u24()));
  } else {
    for_each_u16(hello.ciphers, 0, [&](std::uint16_t value) {
      if (!is_grease(value)) values.add(value);
    });
  }
  return values;
}

}  // namespace

std::string ja4(const ClientHello& hello, Ja4Carrier carrier) {
  Values ciphers = cipher_values(hello);
  Values extensions;
  std::size_t extension_count = 0;
  for (const TlsExtension& extension : hello.extensions) {
    if (is_grease(extension.type)) continue;
    ++extension_count;
    if (extension.type != tls_extension::kServerName && extension.type != tls_extension::kAlpn) {
      extensions.add(extension.type);
    }
  }
  std::string out;
  out.reserve(40);
  out.push_back(static_cast<char>(carrier));
  out.append(version_digits(offered_version(hello, carrier)));
  out.push_back(hello.extensions.find(tls_extension::kServerName) ? 'd' : 'i');
  append_count(out, ciphers.count);
  append_count(out, extension_count);
  append_alpn(out, hello.extensions);

  ciphers.sort();
  extensions.sort();
  std::string text;
  text.reserve(512);
  append_hex_values(text, ciphers);
  out.push_back('_');
  append_hash(out, text);

  text.clear();
  append_hex_values(text, extensions);
  if (const auto list = hello.extensions.find(tls_extension::kSignatureAlgorithms);
      list && !text.empty()) {
    Values algorithms;
    for_each_u16(*list, 2, [&](std::uint16_t value) {
      if (!is_grease(value)) algorithms.add(value);
    });
    if (algorithms.count > 0) {
      text.push_back('_');
      append_hex_values(text, algorithms);
    }
  }
  out.push_back('_');
  append_hash(out, text);
  return out;
}

}  // namespace netmoth::protocols
