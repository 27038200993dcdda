#include "detect/transaction.h"

#include "protocols/dns_message.h"
#include "protocols/ftp_transaction.h"
#include "protocols/http2_stream.h"
#include "protocols/http_transaction.h"
#include "protocols/mail.h"
#include "protocols/mqtt_message.h"
#include "protocols/sip_message.h"
#include "protocols/snmp_message.h"

namespace netmoth::detect {

std::uint64_t tx_id_of(const protocols::Record& record) {
  using protocols::RecordKind;
  switch (record.kind) {
    case RecordKind::kDns:
    case RecordKind::kMdns:
      return static_cast<const protocols::DnsMessage&>(record).tx_id;
    case RecordKind::kHttp:
      return static_cast<const protocols::HttpTransaction&>(record).tx_id;
    case RecordKind::kFtp:
      return static_cast<const protocols::FtpTransaction&>(record).tx_id;
    case RecordKind::kSmtp:
      return static_cast<const protocols::SmtpTransaction&>(record).tx_id;
    default:
      return 0;
  }
}

}  // namespace netmoth::detect
