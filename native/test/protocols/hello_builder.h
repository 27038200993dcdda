// TLS hello messages and records put together from their parts.
#pragma once

#include "octets.h"

namespace netmoth::testing {

struct HelloParts {
  unsigned version = 0x0303;
  Octets session_id;
  Octets ciphers;
  Octets extensions;  // each made by extension()
};

inline Octets extension(unsigned type, const Octets& data) {
  Octets out;
  put(out, type, 2);
  put(out, sized(data, 2));
  return out;
}

inline Octets server_name_extension(std::string_view host) {
  Octets name = {0};
  put(name, host.size(), 2);
  put(name, host);
  return extension(0, sized(name, 2));
}

inline Octets alpn_extension(std::initializer_list<std::string_view> names) {
  Octets list;
  for (const std::string_view name : names) {
    put(list, name.size(), 1);
    put(list, name);
  }
  return extension(16, sized(list, 2));
}

inline Octets list_extension(unsigned type, std::initializer_list<unsigned> values,
                             int prefix = 2) {
  return extension(type, sized(u16_list(values), prefix));
}

// The body of a ClientHello, without handshake header.
inline Octets client_hello_body(const HelloParts& parts) {
  Octets out;
  put(out, parts.version, 2);
  out.insert(out.end(), 32, 0x11);
  put(out, sized(parts.session_id, 1));
  put(out, sized(parts.ciphers, 2));
  put(out, sized({0}, 1));
  put(out, sized(parts.extensions, 2));
  return out;
}

inline Octets server_hello_body(unsigned version, const Octets& session_id, unsigned cipher,
                                const Octets& extensions) {
  Octets out;
  put(out, version, 2);
  out.insert(out.end(), 32, 0x22);
  put(out, sized(session_id, 1));
  put(out, cipher, 2);
  put(out, 0, 1);
  if (!extensions.empty()) put(out, sized(extensions, 2));
  return out;
}

inline Octets handshake(unsigned type, const Octets& body) {
  Octets out;
  put(out, type, 1);
  put(out, sized(body, 3));
  return out;
}

// `content` in records of at most `chunk` octets.
inline Octets records(unsigned type, const Octets& content, std::size_t chunk = 16384,
                      unsigned version = 0x0303) {
  Octets out;
  for (std::size_t at = 0; at < content.size(); at += chunk) {
    const std::size_t length = std::min(chunk, content.size() - at);
    put(out, type, 1);
    put(out, version, 2);
    put(out, length, 2);
    out.insert(out.end(), content.begin() + static_cast<std::ptrdiff_t>(at),
               content.begin() + static_cast<std::ptrdiff_t>(at + length));
  }
  return out;
}

// The Chrome hello of FoxIO's technical_details/JA4.md: t13d1516h2_8daaf6152771_e5627efa2ab1.
inline HelloParts chrome_hello() {
  HelloParts parts;
  parts.session_id = Octets(32, 0x33);
  parts.ciphers = u16_list({0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                            0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035});
  Octets& e = parts.extensions;
  put(e, extension(0xdada, {}));
  put(e, extension(0x001b, from_hex("020002")));
  put(e, server_name_extension("www.example.org"));
  put(e, list_extension(0x0033, {0x001d}));
  put(e, alpn_extension({"h2", "http/1.1"}));
  put(e, extension(0x4469, from_hex("0003026832")));
  put(e, extension(0x0017, {}));
  put(e, extension(0x002d, from_hex("0101")));
  put(e, list_extension(0x000d, {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}));
  put(e, extension(0x0005, from_hex("0100000000")));
  put(e, extension(0x0023, {}));
  put(e, extension(0x0012, {}));
  put(e, list_extension(0x002b, {0x9a9a, 0x0304, 0x0303}, 1));
  put(e, extension(0xff01, from_hex("00")));
  put(e, extension(0x000b, from_hex("0100")));
  put(e, list_extension(0x000a, {0xaaaa, 0x001d, 0x0017, 0x0018}));
  put(e, extension(0x0015, Octets(8, 0)));
  put(e, extension(0xcaca, from_hex("00")));
  return parts;
}

}  // namespace netmoth::testing
