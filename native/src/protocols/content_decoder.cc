// See content_decoder.h.
#include "protocols/content_decoder.h"

#include <algorithm>
#include <optional>

#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kPieceOctets = 16U << 10;  // of output at a time
constexpr std::size_t kGzipTrailer = 8;
constexpr std::size_t kZlibTrailer = 4;

bool is_gzip(std::string_view start) {
  return start.size() >= 2 && start[0] == '\x1f' && start[1] == '\x8b';
}

// RFC 1950 §2.2: method 8, a window of at most 32 KiB, and a check over both octets.
bool is_zlib(std::string_view start) {
  if (start.size() < 2) return false;
  const unsigned first = static_cast<std::uint8_t>(start[0]);
  const unsigned second = static_cast<std::uint8_t>(start[1]);
  return (first & 0x0fu) == 8 && first >> 4 <= 7 && (first << 8 | second) % 31 == 0;
}

// Octets of a gzip header (RFC 1952 §2.3); nothing where it is not complete.
std::optional<std::size_t> gzip_header(std::string_view data) {
  constexpr unsigned kHeaderCheck = 0x02, kExtra = 0x04, kName = 0x08, kComment = 0x10;
  constexpr std::size_t kFixed = 10;
  if (data.size() < kFixed) return std::nullopt;
  const unsigned flags = static_cast<std::uint8_t>(data[3]);
  std::size_t at = kFixed;
  if ((flags & kExtra) != 0) {
    if (data.size() < at + 2) return std::nullopt;
    at += 2 + (static_cast<std::uint8_t>(data[at]) |
               std::size_t{static_cast<std::uint8_t>(data[at + 1])} << 8);
  }
  for (const unsigned text : {kName, kComment}) {
    if ((flags & text) == 0) continue;
    const std::size_t end = at < data.size() ? data.find('\0', at) : std::string_view::npos;
    if (end == std::string_view::npos) return std::nullopt;
    at = end + 1;
  }
  if ((flags & kHeaderCheck) != 0) at += 2;
  return data.size() < at ? std::nullopt : std::optional(at);
}

std::optional<std::size_t> zlib_header(std::string_view data) {
  constexpr unsigned kDictionary = 0x20;
  const std::size_t length = (static_cast<std::uint8_t>(data[1]) & kDictionary) != 0 ? 6 : 2;
  return data.size() < length ? std::nullopt : std::optional(length);
}

}  // namespace

void ContentDecoder::start(std::string_view content_encoding, std::string_view transfer_encoding,
                           DecodedSink& sink) {
  layers_ = 0;
  coded_octets_ = 0;
  failure_told_ = false;
  add_codings(content_encoding, false, sink);
  add_codings(transfer_encoding, true, sink);
}

void ContentDecoder::add_codings(std::string_view list, bool of_transfer, DecodedSink& sink) {
  constexpr std::string_view kSeparators = ", \t";
  bool abnormal = false;
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(kSeparators);
    const std::string_view coding = list.substr(0, end);
    list.remove_prefix(std::min(list.size(), coding.size() + 1));
    if (coding.empty()) continue;
    if (equal_ignoring_case(coding, "br")) {
      add_layer(Form::kBrotli, sink);
    } else if (equal_ignoring_case(coding, "lzma")) {
      add_layer(Form::kLzma, sink);
    } else if (contains_token(coding, "gzip") || contains_token(coding, "deflate")) {
      const std::string_view name =
          coding.size() > 2 && (coding[0] | 0x20) == 'x' ? coding.substr(2) : coding;
      abnormal |= !equal_ignoring_case(name, "gzip") && !equal_ignoring_case(name, "deflate");
      add_layer(Form::kUndecided, sink);
    } else {
      abnormal |= !equal_ignoring_case(coding, "identity");
    }
  }
  if (abnormal && !of_transfer) sink.on_coding_event(CodingEvent::kAbnormal);
}

void ContentDecoder::add_layer(Form form, DecodedSink& sink) {
  if (layers_ == kMaxCodings) return sink.on_coding_event(CodingEvent::kTooManyLayers);
  auto& slot = slots_[layers_];
  if (slot == nullptr) slot = std::make_unique<Layer>(memory_);
  slot->form = form;
  slot->place = Place::kHeader;
  slot->produced = 0;
  slot->retained_all = true;
  slot->retained.clear();
  slot->held.clear();
  ++layers_;
}

void ContentDecoder::tell_failure(DecodedSink& sink) {
  if (!failure_told_) sink.on_coding_event(CodingEvent::kFailed);
  failure_told_ = true;
}

void ContentDecoder::write(Bytes data, DecodedSink& sink) {
  coded_octets_ += data.size();
  if (is_plain()) {
    sink.on_decoded(data);
  } else {
    write_layer(layers_ - 1, data, sink);
  }
}

// What layer `index` made is the input of the next one, or the content.
void ContentDecoder::emit(std::size_t index, Bytes data, DecodedSink& sink) {
  if (data.empty()) return;
  Layer& layer = *slots_[index];
  layer.produced += data.size();
  if (layer.produced > kBombFloor && layer.produced / kBombRatio > coded_octets_) {
    for (std::size_t i = 0; i < layers_; ++i) {
      slots_[i]->form = Form::kOver;
    }
    sink.on_coding_event(CodingEvent::kBomb);
  } else if (index == 0) {
    sink.on_decoded(data);
  } else {
    write_layer(index - 1, data, sink);
  }
}

void ContentDecoder::write_layer(std::size_t index, Bytes data, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  while (!data.empty()) {
    if (layer.form == Form::kOver) return;
    if (layer.form == Form::kPlain) return emit(index, data, sink);
    switch (layer.place) {
      case Place::kHeader:
        take_header(index, data, sink);
        break;
      case Place::kBody:
        if (layer.produced == 0 && layer.retained_all) {
          layer.retained_all = layer.retained.size() + data.size() <= kMaxRetained;
          if (layer.retained_all) layer.retained.append(as_text(data));
        }
        run(index, data, sink);
        break;
      case Place::kTrailer: {
        const std::size_t taken = std::min(layer.trailer_left, data.size());
        data = data.subspan(taken);
        layer.trailer_left -= taken;
        if (layer.trailer_left > 0) return;
        layer.place = Place::kHeader;  // of a further member (RFC 1952 §2.2), if one comes
        layer.retained.clear();
        break;
      }
    }
  }
}

void ContentDecoder::take_header(std::size_t index, Bytes& data, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  if (layer.form == Form::kBrotli || layer.form == Form::kLzma) return begin_body(index, 0, sink);
  const std::size_t taken = std::min(kMaxRetained - layer.retained.size(), data.size());
  layer.retained.append(as_text(data.first(taken)));
  data = data.subspan(taken);
  const std::string_view start = layer.retained;
  if (start.size() < 2) return;
  const bool gzip = is_gzip(start);
  if (layer.produced > 0 && !gzip) {
    layer.form = Form::kOver;  // what follows the end
    return;
  }
  layer.form = gzip || is_zlib(start) ? Form::kFramed : Form::kRaw;
  std::optional<std::size_t> header = 0;
  if (layer.form == Form::kFramed) header = gzip ? gzip_header(start) : zlib_header(start);
  layer.trailer_left = gzip ? kGzipTrailer : kZlibTrailer;
  if (header) {
    begin_body(index, *header, sink);
  } else if (start.size() == kMaxRetained) {
    try_next(index, sink);
  }
}

// Starts the codec and gives it what was kept behind the header.
void ContentDecoder::begin_body(std::size_t index, std::size_t header, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  layer.place = Place::kBody;
  auto codec = base::Decompressor::Codec::kDeflate;
  if (layer.form == Form::kBrotli) codec = base::Decompressor::Codec::kBrotli;
  if (layer.form == Form::kLzma) codec = base::Decompressor::Codec::kLzma;
  if (!layer.codec.start(codec)) {
    layer.form = Form::kOver;
    return tell_failure(sink);
  }
  const std::string kept = layer.retained;  // a guess that fails is tried on all of it again
  Bytes input = as_bytes(std::string_view(kept).substr(header));
  if (!input.empty()) run(index, input, sink);
  if (!input.empty()) write_layer(index, input, sink);
}

void ContentDecoder::run(std::size_t index, Bytes& data, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  std::array<std::uint8_t, kPieceOctets> piece;
  std::size_t produced = piece.size();
  while ((!data.empty() || produced == piece.size()) && layer.place == Place::kBody) {
    const auto status = layer.codec.step(data, piece, produced);
    const bool ends = status == base::Decompressor::Status::kEnd;
    hold_or_emit(index, Bytes(piece).first(produced), ends, sink);
    if (layer.form == Form::kOver) break;  // a bomb
    if (ends) return end_member(layer);
    if (status == base::Decompressor::Status::kBroken) {
      data = {};
      return try_next(index, sink);
    }
  }
}

// Almost anything is raw deflate for some octets: what a guess at it makes is held until it is more
// than chance, so that text under the wrong label goes on as the text it is.
void ContentDecoder::hold_or_emit(std::size_t index, Bytes made, bool ends, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  if (layer.form != Form::kRaw || layer.produced > 0) return emit(index, made, sink);
  layer.held.append(as_text(made));
  if (ends || layer.held.size() >= kMaxRetained || !layer.retained_all) emit_held(index, sink);
}

void ContentDecoder::emit_held(std::size_t index, DecodedSink& sink) {
  const std::string held = std::move(slots_[index]->held);
  slots_[index]->held.clear();
  emit(index, as_bytes(held), sink);
}

void ContentDecoder::end_member(Layer& layer) {
  layer.codec.stop();
  if (layer.form == Form::kFramed) {
    layer.place = Place::kTrailer;
  } else {
    layer.form = Form::kOver;
  }
}

// The guess was wrong, or the data is broken.
void ContentDecoder::try_next(std::size_t index, DecodedSink& sink) {
  Layer& layer = *slots_[index];
  layer.codec.stop();
  layer.held.clear();
  if (layer.produced > 0 || !layer.retained_all) {
    layer.form = Form::kOver;
    return tell_failure(sink);
  }
  if (layer.form == Form::kFramed) {
    layer.form = Form::kRaw;
    return begin_body(index, 0, sink);
  }
  layer.form = Form::kPlain;
  tell_failure(sink);
  const std::string kept = std::move(layer.retained);
  layer.retained.clear();
  emit(index, as_bytes(kept), sink);
}

void ContentDecoder::finish(DecodedSink& sink) {
  for (std::size_t index = layers_; index-- > 0;) {
    Layer& layer = *slots_[index];
    const bool open = layer.form != Form::kPlain && layer.form != Form::kOver;
    if (open && !layer.held.empty()) emit_held(index, sink);
    if (open && layer.produced == 0 && layer.retained_all && !layer.retained.empty()) {
      layer.form = Form::kRaw;  // no further guess
      try_next(index, sink);
    }
    layer.codec.stop();
  }
  layers_ = 0;
}

void ContentDecoder::give_up() {
  for (std::size_t index = 0; index < layers_; ++index) {
    slots_[index]->form = Form::kOver;
    slots_[index]->codec.stop();
  }
}

}  // namespace netmoth::protocols
