// JA3, JA3S (salesforce/ja3) and JA4 (FoxIO, technical_details/JA4.md) of hello messages.
//
// Invariant: pure functions of the hello; at most one allocation, the returned string.
#pragma once

#include <string>

#include "protocols/tls_hello.h"

namespace netmoth::protocols {

// "771,4865-4866,0-23,29-23,0": version, ciphers, extensions, groups, point formats; GREASE left
// out.
std::string ja3_string(const ClientHello& hello);

// "771,4865,43-51"
std::string ja3s_string(const ServerHello& hello);

// Lower-case hexadecimal MD5.
std::string ja3_hash(std::string_view text);

// What carries the hello: the first letter of a JA4.
enum class Ja4Carrier : char { kTcp = 't', kQuic = 'q', kDtls = 'd' };

// "t13d1516h2_8daaf6152771_e5627efa2ab1"
std::string ja4(const ClientHello& hello, Ja4Carrier carrier);

}  // namespace netmoth::protocols
