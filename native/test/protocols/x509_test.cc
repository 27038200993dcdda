#include "protocols/x509.h"

#include <gtest/gtest.h>

#include "certificate.h"
#include "certificate_builder.h"
#include "protocols/certificate_check.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr std::int64_t kDay = 86400;
constexpr TimestampNs kSecond = 1'000'000'000;

TlsCertificate read(const CertificateParts& parts) {
  return parse_certificate(build_certificate(parts));
}

std::optional<TlsEvent> fault_of(const CertificateParts& parts) {
  return read(parts).fault;
}

std::int64_t begin_of(const Octets& not_before) {
  CertificateParts parts;
  parts.not_before = not_before;
  const TlsCertificate certificate = read(parts);
  EXPECT_TRUE(certificate.has_validity);
  return certificate.not_before;
}

TEST(X509, ReadsWhatItIsBuiltOf) {
  const TlsCertificate certificate = read({});
  EXPECT_FALSE(certificate.fault);
  EXPECT_TRUE(certificate.read);
  EXPECT_EQ(certificate.subject, "CN=www.example.com");
  EXPECT_EQ(certificate.issuer, "CN=authority");
  EXPECT_EQ(certificate.serial, "01:02");
  EXPECT_EQ(certificate.common_name, "www.example.com");
  EXPECT_EQ(certificate.not_before, 1577836800);
  EXPECT_EQ(certificate.not_after, 1609459200);
}

TEST(X509, ReadsDatesOfBothForms) {
  EXPECT_EQ(begin_of(der(0x17, text("491231235959Z"))), 2524607999);  // 2049
  EXPECT_EQ(begin_of(der(0x17, text("500101000000Z"))), -631152000);  // 1950
  EXPECT_EQ(begin_of(der(0x17, text("700101000000Z"))), 0);
  EXPECT_EQ(begin_of(der(0x17, text("7001010001Z"))), 60);  // without seconds
  EXPECT_EQ(begin_of(der(0x17, text("700101010000+0100"))), 0);
  EXPECT_EQ(begin_of(der(0x17, text("700101000000-0130"))), 5400);
  EXPECT_EQ(begin_of(der(0x18, text("19691231000000Z"))), -kDay);
  EXPECT_EQ(begin_of(der(0x18, text("99991231235959Z"))), 253402300799);
  EXPECT_EQ(begin_of(der(0x18, text("19700101000001.5Z"))), 1);
}

TEST(X509, RefusesWhatIsNoDate) {
  for (const std::string_view date :
       {"", "2001", "20010100000Z", "201301000000Z", "200100000000Z", "200101240000Z",
        "200101006000Z", "200101000061Z", "2001010000+0100X", "200101000000+01", "20010100000xZ"}) {
    CertificateParts parts;
    parts.not_before = der(0x17, text(date));
    const TlsCertificate certificate = read(parts);
    EXPECT_EQ(certificate.fault, TlsEvent::kCertificateInvalidDate) << date;
    EXPECT_FALSE(certificate.has_validity) << date;
    EXPECT_EQ(certificate.subject, "CN=www.example.com") << date;
  }
}

TEST(X509, NamesTheFieldThatIsBroken) {
  CertificateParts parts;
  parts.version = der(0xa0, der(0x02, {3}));
  EXPECT_EQ(fault_of(parts), TlsEvent::kCertificateInvalidVersion);
  parts = {};
  parts.version = {};  // version 1
  EXPECT_FALSE(fault_of(parts));
  parts.serial = der(0x04, {1});
  EXPECT_EQ(fault_of(parts), TlsEvent::kCertificateInvalidSerial);
  parts = {};
  parts.algorithm = der(0x02, {1});
  EXPECT_EQ(fault_of(parts), TlsEvent::kCertificateInvalidAlgorithm);
  parts = {};
  parts.extensions = der(0x30, der(0x06, from_hex("551d11")));
  EXPECT_EQ(fault_of(parts), TlsEvent::kCertificateInvalidExtensions);
  EXPECT_EQ(parse_certificate({}).fault, TlsEvent::kCertificateInvalidDer);
  Octets cut = build_certificate({});
  cut.pop_back();
  EXPECT_EQ(parse_certificate(cut).fault, TlsEvent::kCertificateInvalidLength);
}

TEST(X509, BoundsTheNamesItKeeps) {
  CertificateParts parts;
  for (std::size_t i = 0; i <= kMaxAlternativeNames; ++i)
    put(parts.alternative_names, der(0x82, text("a.example")));
  const TlsCertificate certificate = read(parts);
  EXPECT_EQ(certificate.alternative_names.size(), kMaxAlternativeNames);
  EXPECT_EQ(certificate.fault, TlsEvent::kTooManyAlternativeNames);
}

TEST(X509, KnowsWhoIssuedItself) {
  CertificateParts parts;
  EXPECT_FALSE(read(parts).self_issued);
  parts.issuer = parts.subject;
  EXPECT_TRUE(read(parts).self_issued);
  const Octets subject_key = certificate_extension("551d0e", der(0x04, {1, 2}));
  parts.extensions = joined(
      {subject_key, certificate_extension("551d23", der(0x30, der(0x80, from_hex("0102"))))});
  EXPECT_TRUE(read(parts).self_issued);
  parts.extensions = joined(
      {subject_key, certificate_extension("551d23", der(0x30, der(0x80, from_hex("0103"))))});
  EXPECT_FALSE(read(parts).self_issued);
  parts = {};
  parts.issuer = parts.subject = "";
  EXPECT_FALSE(read(parts).self_issued);
}

TEST(X509, SurvivesOneWrongBitAtEveryPosition) {
  const Octets sound = from_hex(kCertificateHex);
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    Octets wrong = sound;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << bit % 8);
    const TlsCertificate certificate = parse_certificate(wrong);
    EXPECT_NE(certificate.fingerprint, kCertificateFingerprint) << bit;
    EXPECT_LE(certificate.alternative_names.size(), 4u) << bit;
    EXPECT_TRUE(certificate.read || certificate.fault) << bit;
  }
}

TEST(CertificateCheck, HoldsDatesAgainstThePackets) {
  const TlsCertificate certificate = read({});
  const auto at = [&](std::int64_t seconds) {
    return check_certificate(certificate, {}, seconds * kSecond);
  };
  EXPECT_TRUE(at(1577836799).not_yet_valid);
  EXPECT_FALSE(at(1577836800).any());
  EXPECT_FALSE(at(1609459200).any());
  EXPECT_TRUE(at(1609459201).expired);
  EXPECT_FALSE(at(0).any());  // the time is not known
}

bool named(std::initializer_list<std::string_view> dns, std::string_view host,
           const Octets& address = {}) {
  CertificateParts parts;
  parts.subject = "fallback.example.com";
  for (const std::string_view name : dns)
    put(parts.alternative_names, der(0x82, text(name)));
  if (!address.empty()) put(parts.alternative_names, der(0x87, address));
  return certificate_names(read(parts), host);
}

TEST(CertificateCheck, ComparesNamesAsRfc9525) {
  EXPECT_TRUE(named({"www.example.com"}, "www.example.com"));
  EXPECT_TRUE(named({"www.example.com"}, "WWW.Example.COM"));
  EXPECT_TRUE(named({"www.example.com"}, "www.example.com."));
  EXPECT_FALSE(named({"www.example.com"}, "example.com"));
  EXPECT_TRUE(named({"example.com", "*.example.com"}, "a.example.com"));
  EXPECT_FALSE(named({"*.example.com"}, "a.b.example.com"));
  EXPECT_FALSE(named({"*.example.com"}, "example.com"));
  EXPECT_FALSE(named({"*.example.com"}, ".example.com"));
  EXPECT_FALSE(named({"w*.example.com"}, "www.example.com"));
  EXPECT_FALSE(named({"www.*.com"}, "www.example.com"));
  EXPECT_FALSE(named({"*"}, "localhost"));
  EXPECT_FALSE(named({"www.example.com"}, ""));
}

TEST(CertificateCheck, TakesTheCommonNameWhereNoOtherHostIsNamed) {
  EXPECT_TRUE(named({}, "fallback.example.com"));
  EXPECT_FALSE(named({"www.example.com"}, "fallback.example.com"));
}

TEST(CertificateCheck, ComparesAddressesWithAddresses) {
  const Octets v4 = from_hex("c0000201");
  EXPECT_TRUE(named({}, "192.0.2.1", v4));
  EXPECT_FALSE(named({}, "192.0.2.2", v4));
  EXPECT_FALSE(named({"*.0.2.1"}, "192.0.2.1"));
  const Octets v6 = from_hex("20010db8 00000000 00000000 00000001");
  EXPECT_TRUE(named({}, "2001:db8::1", v6));
  EXPECT_FALSE(named({}, "2001:db8::2", v6));
}

TEST(CertificateCheck, TellsAMismatchOnlyWhereANameWasAskedFor) {
  const TlsCertificate certificate = read({});
  EXPECT_TRUE(check_certificate(certificate, "other.example.com", 0).name_mismatch);
  EXPECT_FALSE(check_certificate(certificate, "", 0).name_mismatch);
  EXPECT_FALSE(check_certificate(certificate, "www.example.com", 0).any());
}

}  // namespace
}  // namespace netmoth::protocols
