// Reads SNMP messages. See snmp_message.h.
#include "protocols/snmp_message.h"

#include "protocols/der.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint8_t kIpAddress = 0x40;  // application class (RFC 2578 §7.1.5)
constexpr std::uint8_t kTimeTicks = 0x43;
constexpr std::uint32_t kUserSecurityModel = 3;

std::uint32_t number(Bytes content, bool& ok) {
  std::uint32_t value = 0;
  // Unsigned 32 bits may take five octets, the first zero.
  ok = ok && !content.empty() && content.size() <= 5;
  if (!ok) return 0;
  for (const std::uint8_t octet : content)
    value = value << 8 | octet;
  return value;
}

std::uint32_t read_number(DerReader& reader, bool& ok) {
  const Bytes content = reader.expect(der_tag::kInteger);
  return number(content, ok);
}

// SEQUENCE OF SEQUENCE { name, value }
bool read_vars(DerReader& pdu, SnmpMessage& message) {
  DerReader list(pdu.expect(der_tag::kSequence));
  if (!pdu.ok()) return false;
  while (!list.at_end()) {
    DerReader binding(list.expect(der_tag::kSequence));
    const Bytes name = binding.expect(der_tag::kObjectId);
    (void)binding.next();
    if (!list.ok() || !binding.ok()) return false;
    if (message.var_count < kMaxSnmpVars) message.vars[message.var_count++] = name;
  }
  return list.ok();
}

bool read_trap_v1(DerReader& pdu, SnmpMessage& message) {
  bool ok = true;
  message.trap_oid = pdu.expect(der_tag::kObjectId);
  message.trap_address = pdu.expect(kIpAddress);
  message.trap_type = read_number(pdu, ok);
  (void)read_number(pdu, ok);  // specific trap
  (void)pdu.expect(kTimeTicks);
  return ok && pdu.ok() && read_vars(pdu, message);
}

bool read_pdu(DerReader& reader, SnmpMessage& message) {
  const DerItem item = reader.next();
  if (!reader.ok()) return false;
  message.pdu = item.tag;
  if (item.tag < snmp_pdu::kGetRequest || item.tag > snmp_pdu::kReport) return false;
  DerReader pdu(item.content);
  if (item.tag == snmp_pdu::kTrapV1) return read_trap_v1(pdu, message);
  bool ok = true;
  message.request_id = read_number(pdu, ok);
  const std::uint32_t error = read_number(pdu, ok);
  (void)read_number(pdu, ok);                                 // error-index
  if (item.tag != snmp_pdu::kGetBulk) message.error = error;  // there: non-repeaters
  return ok && pdu.ok() && read_vars(pdu, message);
}

// UsmSecurityParameters inside an OCTET STRING (RFC 3414 §2.4).
bool read_user(Bytes parameters, SnmpMessage& message) {
  DerReader outer(parameters);
  DerReader inner(outer.expect(der_tag::kSequence));
  bool ok = true;
  (void)inner.expect(der_tag::kOctetString);  // engine
  (void)read_number(inner, ok);               // boots
  (void)read_number(inner, ok);               // time
  message.user = inner.expect(der_tag::kOctetString);
  return ok && outer.ok() && inner.ok();
}

bool read_version_3(DerReader& reader, SnmpMessage& message) {
  DerReader header(reader.expect(der_tag::kSequence));
  bool ok = true;
  (void)read_number(header, ok);  // message id
  (void)read_number(header, ok);  // largest message
  (void)header.expect(der_tag::kOctetString);
  message.security_model = read_number(header, ok);
  const Bytes parameters = reader.expect(der_tag::kOctetString);
  if (!ok || !header.ok() || !reader.ok()) return false;
  message.encrypted = reader.next_tag() == der_tag::kOctetString;
  if (message.security_model == kUserSecurityModel && !read_user(parameters, message)) return false;
  if (message.encrypted) {
    (void)reader.next();
    return reader.ok();
  }
  DerReader scoped(reader.expect(der_tag::kSequence));
  (void)scoped.expect(der_tag::kOctetString);  // context engine
  (void)scoped.expect(der_tag::kOctetString);  // context name
  return reader.ok() && scoped.ok() && read_pdu(scoped, message);
}

}  // namespace

bool parse_snmp(Bytes datagram, SnmpMessage& message) {
  message = SnmpMessage();
  DerReader outer(datagram);
  DerReader reader(outer.expect(der_tag::kSequence));
  const Bytes version = reader.expect(der_tag::kInteger);
  if (!outer.ok() || !reader.ok() || version.size() != 1) return false;
  switch (version[0]) {
    case 0:
    case 1:
      message.version = static_cast<std::uint8_t>(version[0] + 1);
      message.community = reader.expect(der_tag::kOctetString);
      if (!reader.ok()) return false;
      message.sound = read_pdu(reader, message);
      break;
    case 3:
      message.version = 3;
      if (reader.next_tag() != der_tag::kSequence) return false;
      message.sound = read_version_3(reader, message);
      break;
    default:
      return false;
  }
  message.sound = message.sound && outer.at_end();
  return true;
}

std::string_view snmp_pdu_name(std::uint8_t tag) {
  constexpr std::array<std::string_view, 9> kNames{
      "get_request",      "get_next_request", "response", "set_request", "trap_v1",
      "get_bulk_request", "inform_request",   "trap_v2",  "report"};
  const unsigned index = tag - unsigned{snmp_pdu::kGetRequest};
  return index < kNames.size() ? kNames[index] : std::string_view();
}

// RFC 3416 §3.
std::string_view snmp_error_name(std::uint32_t status) {
  constexpr std::array<std::string_view, 19> kNames{"NoError",
                                                    "TooBig",
                                                    "NoSuchName",
                                                    "BadValue",
                                                    "ReadOnly",
                                                    "GenErr",
                                                    "NoAccess",
                                                    "WrongType",
                                                    "WrongLength",
                                                    "WrongEncoding",
                                                    "WrongValue",
                                                    "NoCreation",
                                                    "InconsistentValue",
                                                    "ResourceUnavailable",
                                                    "CommitFailed",
                                                    "UndoFailed",
                                                    "AuthorizationError",
                                                    "NotWritable",
                                                    "InconsistentName"};
  return status < kNames.size() ? kNames[status] : std::string_view();
}

// RFC 1157 §4.1.6.
std::string_view snmp_trap_name(std::uint32_t generic) {
  constexpr std::array<std::string_view, 7> kNames{
      "ColdStart",       "WarmStart",         "LinkDown", "LinkUp", "AuthenticationFailure",
      "EgpNeighborLoss", "EnterpriseSpecific"};
  return generic < kNames.size() ? kNames[generic] : std::string_view();
}

}  // namespace netmoth::protocols
