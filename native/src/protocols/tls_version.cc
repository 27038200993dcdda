// Names of versions as EVE writes them. See tls_handshake.h.
#include "protocols/tls_handshake.h"

namespace netmoth::protocols {

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0:
      return "UNDETERMINED";
    case tls_version::kSsl2:
      return "SSLv2";
    case tls_version::kSsl3:
      return "SSLv3";
    case tls_version::kTls10:
      return "TLSv1";
    case tls_version::kTls11:
      return "TLS 1.1";
    case tls_version::kTls12:
      return "TLS 1.2";
    case tls_version::kTls13:
      return "TLS 1.3";
    case 0xfeff:
      return "DTLS 1.0";
    case 0xfefd:
      return "DTLS 1.2";
    case 0xfefc:
      return "DTLS 1.3";
    default:
      break;
  }
  const unsigned draft = version & 0xff;
  if ((version >> 8) == 0x7f && draft < 16) return "TLS 1.3 draft-<16";
  if ((version >> 8) == 0x7f && draft <= 28) return "TLS 1.3 draft-" + std::to_string(draft);
  if ((version >> 8) == 0xfb && draft >= 20 && draft <= 26) {
    return "TLS 1.3 draft-" + std::to_string(draft) + "-fb";
  }
  std::string out = "0x";
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 12; shift >= 0; shift -= 4)
    out.push_back(kDigits[version >> shift & 0xf]);
  return out;
}

}  // namespace netmoth::protocols
