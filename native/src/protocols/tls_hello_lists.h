// The list walkers of tls_hello.h. Invariant: a list that ends early yields the whole items before.
#pragma once

#include "base/reader.h"
#include "protocols/tls_hello.h"

namespace netmoth::protocols {

template <typename Each>
void for_each_alpn(const TlsExtensions& extensions, Each each) {
  const auto alpn = extensions.find(tls_extension::kAlpn);
  if (!alpn) return;
  base::Reader outer(*alpn);
  const std::size_t total = outer.u16();
  base::Reader names(outer.bytes(std::min(total, outer.remaining())));
  while (!names.at_end()) {
    const std::size_t length = names.u8();
    const Bytes name = names.bytes(length);
    if (!names.ok()) return;
    each(name);
  }
}

template <typename Each>
void for_each_u16(Bytes list, std::size_t prefix, Each each) {
  base::Reader outer(list);
  std::size_t total = list.size();
  if (prefix == 1) total = outer.u8();
  if (prefix == 2) total = outer.u16();
  base::Reader values(outer.bytes(std::min(total, outer.remaining())));
  while (values.remaining() >= 2)
    each(values.u16());
}

}  // namespace netmoth::protocols
