// FTP's data connections, expected because their control connection announced them: a file, or a
// listing that is passed over.
//
// Invariant: keeps the transfer's name and command and nothing of its content.
#pragma once

#include <utility>

#include "protocols/expectations.h"
#include "protocols/file_tracker.h"
#include "protocols/ftp_transaction.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

class FtpDataParser final : public Parser {
 public:
  explicit FtpDataParser(ExpectedTransfer transfer) {
    transfer_.command = std::move(transfer.command);
    transfer_.file_name = std::move(transfer.file_name);
  }

  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  // Listings are no files and have no event in EVE.
  [[nodiscard]] bool is_file() const;

  FtpTransfer transfer_;
  FileTracker file_;
  bool started_ = false;
  Direction direction_ = Direction::kToServer;  // of the file
};

}  // namespace netmoth::protocols
