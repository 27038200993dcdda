// Names of Kerberos messages, errors (RFC 4120 §7.5) and encryption types (IANA "Kerberos
// Encryption Type Numbers").
#include "protocols/krb5_message.h"

namespace netmoth::protocols {

std::string_view krb5_type_name(std::uint8_t type) {
  switch (type) {
    case 10:
      return "KRB_AS_REQ";
    case 11:
      return "KRB_AS_REP";
    case 12:
      return "KRB_TGS_REQ";
    case 13:
      return "KRB_TGS_REP";
    case 14:
      return "KRB_AP_REQ";
    case 15:
      return "KRB_AP_REP";
    case 20:
      return "KRB_SAFE";
    case 21:
      return "KRB_PRIV";
    case 22:
      return "KRB_CRED";
    case 30:
      return "KRB_ERROR";
    default:
      return {};
  }
}

std::string_view krb5_error_name(std::uint32_t code) {
  constexpr std::array<std::string_view, 69> kNames{"KDC_ERR_NONE",
                                                    "KDC_ERR_NAME_EXP",
                                                    "KDC_ERR_SERVICE_EXP",
                                                    "KDC_ERR_BAD_PVNO",
                                                    "KDC_ERR_C_OLD_MAST_KVNO",
                                                    "KDC_ERR_S_OLD_MAST_KVNO",
                                                    "KDC_ERR_C_PRINCIPAL_UNKNOWN",
                                                    "KDC_ERR_S_PRINCIPAL_UNKNOWN",
                                                    "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
                                                    "KDC_ERR_NULL_KEY",
                                                    "KDC_ERR_CANNOT_POSTDATE",
                                                    "KDC_ERR_NEVER_VALID",
                                                    "KDC_ERR_POLICY",
                                                    "KDC_ERR_BADOPTION",
                                                    "KDC_ERR_ETYPE_NOSUPP",
                                                    "KDC_ERR_SUMTYPE_NOSUPP",
                                                    "KDC_ERR_PADATA_TYPE_NOSUPP",
                                                    "KDC_ERR_TRTYPE_NOSUPP",
                                                    "KDC_ERR_CLIENT_REVOKED",
                                                    "KDC_ERR_SERVICE_REVOKED",
                                                    "KDC_ERR_TGT_REVOKED",
                                                    "KDC_ERR_CLIENT_NOTYET",
                                                    "KDC_ERR_SERVICE_NOTYET",
                                                    "KDC_ERR_KEY_EXPIRED",
                                                    "KDC_ERR_PREAUTH_FAILED",
                                                    "KDC_ERR_PREAUTH_REQUIRED",
                                                    "KDC_ERR_SERVER_NOMATCH",
                                                    "KDC_ERR_MUST_USE_USER2USER",
                                                    "KDC_ERR_PATH_NOT_ACCEPTED",
                                                    "KDC_ERR_SVC_UNAVAILABLE",
                                                    "",
                                                    "KRB_AP_ERR_BAD_INTEGRITY",
                                                    "KRB_AP_ERR_TKT_EXPIRED",
                                                    "KRB_AP_ERR_TKT_NYV",
                                                    "KRB_AP_ERR_REPEAT",
                                                    "KRB_AP_ERR_NOT_US",
                                                    "KRB_AP_ERR_BADMATCH",
                                                    "KRB_AP_ERR_SKEW",
                                                    "KRB_AP_ERR_BADADDR",
                                                    "KRB_AP_ERR_BADVERSION",
                                                    "KRB_AP_ERR_MSG_TYPE",
                                                    "KRB_AP_ERR_MODIFIED",
                                                    "KRB_AP_ERR_BADORDER",
                                                    "",
                                                    "KRB_AP_ERR_BADKEYVER",
                                                    "KRB_AP_ERR_NOKEY",
                                                    "KRB_AP_ERR_MUT_FAIL",
                                                    "KRB_AP_ERR_BADDIRECTION",
                                                    "KRB_AP_ERR_METHOD",
                                                    "KRB_AP_ERR_BADSEQ",
                                                    "KRB_AP_ERR_INAPP_CKSUM",
                                                    "KRB_AP_PATH_NOT_ACCEPTED",
                                                    "KRB_ERR_RESPONSE_TOO_BIG",
                                                    "",
                                                    "",
                                                    "",
                                                    "",
                                                    "",
                                                    "",
                                                    "",
                                                    "KRB_ERR_GENERIC",
                                                    "KRB_ERR_FIELD_TOOLONG",
                                                    "KDC_ERROR_CLIENT_NOT_TRUSTED",
                                                    "KDC_ERROR_KDC_NOT_TRUSTED",
                                                    "KDC_ERROR_INVALID_SIG",
                                                    "KDC_ERR_KEY_TOO_WEAK",
                                                    "KDC_ERR_CERTIFICATE_MISMATCH",
                                                    "KRB_AP_ERR_NO_TGT",
                                                    "KDC_ERR_WRONG_REALM"};
  return code < kNames.size() ? kNames[code] : std::string_view();
}

std::string_view krb5_encryption_name(std::uint32_t type) {
  switch (type) {
    case 1:
      return "DES_CBC_CRC";
    case 2:
      return "DES_CBC_MD4";
    case 3:
      return "DES_CBC_MD5";
    case 5:
      return "DES3_CBC_MD5";
    case 7:
      return "DES3_CBC_SHA1";
    case 16:
      return "DES3_CBC_SHA1_KD";
    case 17:
      return "AES128_CTS_HMAC_SHA1_96";
    case 18:
      return "AES256_CTS_HMAC_SHA1_96";
    case 19:
      return "AES128_CTS_HMAC_SHA256_128";
    case 20:
      return "AES256_CTS_HMAC_SHA384_192";
    case 23:
      return "RC4_HMAC";
    case 24:
      return "RC4_HMAC_EXP";
    case 25:
      return "CAMELLIA128_CTS_CMAC";
    case 26:
      return "CAMELLIA256_CTS_CMAC";
    default:
      return {};
  }
}

bool krb5_weak(std::uint32_t encryption) {
  const bool aes = encryption >= 17 && encryption <= 20;
  const bool camellia = encryption == 25 || encryption == 26;
  return !aes && !camellia;
}

}  // namespace netmoth::protocols
