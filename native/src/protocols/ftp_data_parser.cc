// See ftp_data_parser.h.
#include "protocols/ftp_data_parser.h"

namespace netmoth::protocols {

bool FtpDataParser::is_file() const {
  return transfer_.command != "LIST" && transfer_.command != "NLST" && transfer_.command != "MLSD";
}

Verdict FtpDataParser::on_data(Direction direction, Bytes data, TimestampNs,
                               TransactionSink& sink) {
  if (!is_file()) return Verdict::kDone;
  if (!started_) {
    started_ = true;
    direction_ = direction;
    file_.begin(transfer_.file_name, {AppProto::kFtpData, direction, transfer_.tx_id}, sink);
  }
  if (direction == direction_) file_.data(data);
  return Verdict::kMore;
}

Verdict FtpDataParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink&) {
  if (started_ && direction == direction_) file_.gap(missing);
  return Verdict::kMore;
}

void FtpDataParser::on_close(TransactionSink& sink) {
  if (transfer_.command.empty()) {
    std::optional<ExpectedTransfer> known = sink.recall_expected();
    if (!known || known->command.empty()) return;
    transfer_.command = std::move(known->command);
    transfer_.file_name = std::move(known->file_name);
    file_.set_name(transfer_.file_name);
  }
  if (!is_file()) return;
  // The end of the connection is the end of the file (RFC 959 §3.4.1).
  file_.end(FileState::kClosed, &transfer_, sink);
  sink.on_record(direction_, transfer_);
}

}  // namespace netmoth::protocols
