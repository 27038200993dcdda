// The members of ftp and ftp_data events.
#pragma once

#include "base/json_writer.h"
#include "protocols/ftp_transaction.h"

namespace netmoth::output {

void write_ftp(base::JsonWriter& json, const protocols::FtpTransaction& transaction);
void write_ftp_data(base::JsonWriter& json, const protocols::FtpTransfer& transfer);

}  // namespace netmoth::output
