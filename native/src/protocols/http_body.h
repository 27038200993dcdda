// The body of one HTTP message, of either version, where somebody asked for it: its codings taken
// off, its files told, its octets handed on for inspection.
//
// Invariant: nothing of a body is kept but what ContentDecoder, MultipartReader and FileTracker say
// they keep. Octets for inspection end at the limit of ContentSettings.
#pragma once

#include "protocols/content_decoder.h"
#include "protocols/file_tracker.h"
#include "protocols/header_value.h"
#include "protocols/http_fields.h"
#include "protocols/multipart.h"

namespace netmoth::protocols {

class HttpBody final : private DecodedSink, private MultipartSink {
 public:
  struct Head {
    AppProto proto = AppProto::kHttp;
    Direction direction = Direction::kToServer;
    const HttpContentFields& fields;
    std::string_view transfer_encoding;
  };
  // Puts the transaction together; asked only where a file ends.
  class TransactionMaker {
   public:
    virtual ~TransactionMaker() = default;
    virtual const HttpTransaction& make() = 0;
  };
  // The message a call is about: its transaction, nullptr where it is gone or to be made, and the
  // way out.
  struct Call {
    const HttpTransaction* transaction;
    TransactionSink& sink;
    TransactionMaker* maker = nullptr;

    [[nodiscard]] const HttpTransaction* told() const {
      return maker == nullptr ? transaction : &maker->make();
    }
  };

  explicit HttpBody(base::CodecMemory& memory) : decoder_(memory) {}

  // The transaction must be there; its request line is.
  void begin(const Head& head, Call call);
  void data(Bytes octets, Call call);
  void gap(std::uint64_t missing, Call call);
  // Does nothing where no body is open. `whole`: the message's end was seen.
  void end(bool whole, Call call);

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] bool is_multipart() const { return is_multipart_; }

 private:
  void on_decoded(Bytes data) override;
  void on_coding_event(CodingEvent event) override;
  void on_part(std::string_view name, std::string_view file_name) override;
  void on_part_data(Bytes data) override;
  void on_part_end(bool whole) override;
  void on_part_header_invalid() override;
  void tell(std::string_view event);
  [[nodiscard]] std::uint64_t inspection_room() const;
  void inspect(Bytes data, bool last);
  void begin_file(std::string_view name);

  ContentDecoder decoder_;
  MultipartReader multipart_;
  FileTracker file_;
  std::string name_;
  std::optional<ContentRange> range_;
  AppProto proto_ = AppProto::kHttp;
  Direction direction_ = Direction::kToServer;
  std::uint64_t tx_id_ = 0;
  std::uint64_t inspected_ = 0;  // octets offered for inspection, gaps included
  bool open_ = false;
  bool is_multipart_ = false;
  bool is_file_ = false;
  bool inspection_over_ = false;
  bool part_is_file_ = false;
  bool part_has_data_ = false;
  const Call* call_ = nullptr;  // during a call
};

}  // namespace netmoth::protocols
