// A certificate from arbitrary octets, held against a name and a time, its names written as JSON.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/json_writer.h"
#include "protocols/certificate_check.h"
#include "protocols/x509.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  const auto certificate = protocols::parse_certificate({data, size});
  if (certificate.alternative_names.size() > protocols::kMaxAlternativeNames) __builtin_trap();
  if (!certificate.read && !certificate.fault) __builtin_trap();
  (void)protocols::check_certificate(certificate, "www.example.com", 1'600'000'000'000'000'000);
  (void)protocols::check_certificate(certificate, "2001:db8::1", 0);
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  json.member("subject", certificate.subject);
  json.member("issuer", certificate.issuer);
  json.end_object();
  return 0;
}
