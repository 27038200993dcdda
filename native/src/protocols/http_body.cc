// See http_body.h.
#include "protocols/http_body.h"

#include <algorithm>

namespace netmoth::protocols {
namespace {

// HTTP/2 has fewer names (Suricata's http2 events).
std::string_view event_name(CodingEvent event, bool http2) {
  switch (event) {
    case CodingEvent::kAbnormal:
      return http2 ? "" : "abnormal_ce_header";
    case CodingEvent::kTooManyLayers:
      return http2 ? "" : "too_many_encoding_layers";
    case CodingEvent::kFailed:
      return http2 ? "failed_decompression" : "gzip_decompression_failed";
    case CodingEvent::kBomb:
      return http2 ? "failed_decompression" : "compression_bomb";
  }
  return "";
}

}  // namespace

void HttpBody::begin(const Head& head, Call call) {
  call_ = &call;
  open_ = true;
  proto_ = head.proto;
  direction_ = head.direction;
  tx_id_ = call.transaction->tx_id;
  inspected_ = 0;
  inspection_over_ = !call.sink.content().inspect;
  part_is_file_ = part_has_data_ = false;
  range_.reset();
  const bool request = head.direction == Direction::kToServer;
  const std::string& method = call.transaction->method;
  is_multipart_ = request && contains_token(head.fields.type, "multipart/form-data") &&
                  multipart_.start(header_parameter(head.fields.type, "boundary"));
  // As Suricata has it: what a request carries is a file where its method puts something there.
  is_file_ = !is_multipart_ && (!request || method == "POST" || method == "PUT");
  if (is_file_) {
    name_.assign(header_parameter(head.fields.disposition, "filename"));
    if (name_.empty()) name_ = normal_path(call.transaction->url);
    if (!request) range_ = read_content_range(call.transaction->content_range);
  }
  decoder_.start(head.fields.encoding, head.transfer_encoding, *this);
  call_ = nullptr;
}

void HttpBody::data(Bytes octets, Call call) {
  if (!open_ || octets.empty()) return;
  call_ = &call;
  decoder_.write(octets, *this);
  call_ = nullptr;
}

void HttpBody::gap(std::uint64_t missing, Call call) {
  if (!open_) return;
  call_ = &call;
  if (decoder_.is_plain()) {
    inspected_ += std::min(missing, inspection_room());
  } else {
    decoder_.give_up();
  }
  if (is_file_ && !file_.is_open()) begin_file(name_);  // its start is what is missing
  file_.gap(missing);
  call_ = nullptr;
}

void HttpBody::end(bool whole, Call call) {
  if (!open_) return;
  call_ = &call;
  decoder_.finish(*this);
  if (is_multipart_) multipart_.finish(*this);
  inspect({}, true);
  file_.end(whole ? FileState::kClosed : FileState::kTruncated, call.told(), call.sink);
  open_ = false;
  call_ = nullptr;
}

void HttpBody::tell(std::string_view event) {
  if (!event.empty()) call_->sink.on_anomaly(proto_, event, direction_);
}

void HttpBody::on_coding_event(CodingEvent event) {
  tell(event_name(event, proto_ == AppProto::kHttp2));
}

std::uint64_t HttpBody::inspection_room() const {
  const ContentSettings& wanted = call_->sink.content();
  const std::uint64_t limit = direction_ == Direction::kToServer ? wanted.request_inspected_octets
                                                                 : wanted.response_inspected_octets;
  return limit - std::min(limit, inspected_);
}

void HttpBody::inspect(Bytes data, bool last) {
  if (inspection_over_) return;
  const std::uint64_t room = inspection_room();
  inspection_over_ = last || data.size() >= room;
  const Bytes shown = data.first(std::min<std::uint64_t>(room, data.size()));
  call_->sink.on_content(proto_, {tx_id_, direction_, inspected_, shown, inspection_over_});
  inspected_ += shown.size();
}

void HttpBody::begin_file(std::string_view name) {
  file_.begin(name, {proto_, direction_, tx_id_}, call_->sink);
  if (range_ && range_->start && range_->end) file_.set_range(*range_->start, *range_->end);
}

void HttpBody::on_decoded(Bytes data) {
  if (data.empty()) return;
  inspect(data, false);
  if (is_multipart_) return multipart_.write(data, *this);
  if (!is_file_) return;
  if (!file_.is_open()) begin_file(name_);
  file_.data(data);
}

void HttpBody::on_part(std::string_view, std::string_view file_name) {
  part_is_file_ = !file_name.empty();
  part_has_data_ = false;
  if (part_is_file_) name_.assign(file_name);
}

void HttpBody::on_part_data(Bytes data) {
  if (!part_is_file_) return;
  if (!part_has_data_) begin_file(name_);
  part_has_data_ = true;
  file_.data(data);
}

void HttpBody::on_part_end(bool whole) {
  if (!part_is_file_) return;
  if (!part_has_data_) tell("multipart_no_filedata");
  file_.end(whole ? FileState::kClosed : FileState::kTruncated, call_->told(), call_->sink);
}

void HttpBody::on_part_header_invalid() {
  tell("multipart_invalid_header");
}

}  // namespace netmoth::protocols
