// See file_tracker.h.
#include "protocols/file_tracker.h"

#include "protocols/magic.h"

namespace netmoth::protocols {

void FileTracker::begin(std::string_view name, const Origin& origin, const TransactionSink& sink) {
  const ContentSettings& wanted = sink.content();
  open_ = wanted.files;
  if (!open_) return;
  info_.proto = origin.proto;
  info_.tx_id = origin.tx_id;
  info_.gaps = false;
  info_.size = 0;
  info_.name.assign(name.substr(0, kMaxFileName));
  info_.magic.clear();
  info_.range.reset();
  direction_ = origin.direction;
  magic_ = wanted.magic;
  start_.clear();
  content_.clear();
  // Rules look into bodies of HTTP/1 answers by on_content().
  keep_ = wanted.inspect_files &&
          (origin.proto != AppProto::kHttp || origin.direction == Direction::kToServer);
  digest_.start(wanted.digests);
}

void FileTracker::data(Bytes octets) {
  if (!open_) return;
  info_.size += octets.size();
  digest_.update(octets);
  if (keep_ && content_.size() < kMaxFileInspected)
    content_.append(as_text(octets).substr(0, kMaxFileInspected - content_.size()));
  if (magic_ != nullptr && start_.size() < kMaxMagicOctets && !info_.gaps)
    start_.append(as_text(octets).substr(0, kMaxMagicOctets - start_.size()));
}

void FileTracker::gap(std::uint64_t missing) {
  if (open_ && missing > 0) info_.gaps = true;
}

void FileTracker::end(FileState state, const Record* transaction, TransactionSink& sink) {
  if (!open_) return;
  open_ = false;
  info_.state = state;
  info_.digests = digest_.finish();
  if (info_.gaps || state != FileState::kClosed) info_.digests = {};
  if (magic_ != nullptr && !start_.empty()) info_.magic.assign(magic_->name_of(as_bytes(start_)));
  info_.transaction = transaction;
  info_.content = as_bytes(content_);
  sink.on_record(direction_, info_);
  info_.transaction = nullptr;
  info_.content = {};
  content_.clear();
}

}  // namespace netmoth::protocols
