// Takes the codings off a content as it comes: gzip (RFC 1952), deflate with and without zlib's
// frame (RFC 1950, 1951), br (RFC 7932), lzma (the .lzma format), in layers.
//
// What the header says is a hint, as it is to browsers: gzip, zlib and raw deflate are told apart
// by their first octets; checksums, reserved flags and what follows the end are not looked at; and
// a content that turns out not to be coded at all goes on as it is.
//
// Invariant: at most kMaxCodings layers; of a layer's input at most kMaxRetained octets are kept,
// until its first output; a content that grows beyond kBombFloor and kBombRatio times its coded
// size is given up.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/decompressor.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxCodings = 3;
inline constexpr std::size_t kMaxRetained = 1024;
inline constexpr std::uint64_t kBombFloor = 1U << 20;
inline constexpr std::uint64_t kBombRatio = 200;

enum class CodingEvent : std::uint8_t { kAbnormal, kTooManyLayers, kFailed, kBomb };

class DecodedSink {
 public:
  virtual ~DecodedSink() = default;
  virtual void on_decoded(Bytes data) = 0;
  virtual void on_coding_event(CodingEvent event) = 0;
};

class ContentDecoder {
 public:
  explicit ContentDecoder(base::CodecMemory& memory) : memory_(memory) {}

  // `codings` in the order in which they were applied: Content-Encoding, then Transfer-Encoding.
  void start(std::string_view content_encoding, std::string_view transfer_encoding,
             DecodedSink& sink);
  // True where octets pass through unchanged.
  [[nodiscard]] bool is_plain() const { return layers_ == 0; }
  void write(Bytes data, DecodedSink& sink);
  // No more comes: hands on what a layer has kept so far because it could not make sense of it.
  void finish(DecodedSink& sink);
  // Octets are missing: what was coded cannot be decoded any further.
  void give_up();

 private:
  // How the octets of a layer are read: guesses, in the order in which they are tried.
  enum class Form : std::uint8_t { kUndecided, kFramed, kRaw, kBrotli, kLzma, kPlain, kOver };
  enum class Place : std::uint8_t { kHeader, kBody, kTrailer };

  struct Layer {
    explicit Layer(base::CodecMemory& memory) : codec(memory) {}
    base::Decompressor codec;
    Form form = Form::kUndecided;
    Place place = Place::kHeader;
    std::size_t trailer_left = 0;
    std::uint64_t produced = 0;
    bool retained_all = true;  // `retained` is the whole input so far
    std::string retained;
    std::string held;  // made of it by a guess at raw deflate, not handed on yet
  };

  void add_codings(std::string_view list, bool of_transfer, DecodedSink& sink);
  void add_layer(Form form, DecodedSink& sink);
  void write_layer(std::size_t index, Bytes data, DecodedSink& sink);
  void emit(std::size_t index, Bytes data, DecodedSink& sink);
  void begin_body(std::size_t index, std::size_t header, DecodedSink& sink);
  void take_header(std::size_t index, Bytes& data, DecodedSink& sink);
  void run(std::size_t index, Bytes& data, DecodedSink& sink);
  void hold_or_emit(std::size_t index, Bytes made, bool ends, DecodedSink& sink);
  void emit_held(std::size_t index, DecodedSink& sink);
  void try_next(std::size_t index, DecodedSink& sink);
  void end_member(Layer& layer);
  void tell_failure(DecodedSink& sink);

  base::CodecMemory& memory_;
  std::array<std::unique_ptr<Layer>, kMaxCodings> slots_;  // the coding applied first comes first
  std::size_t layers_ = 0;
  std::uint64_t coded_octets_ = 0;
  bool failure_told_ = false;
};

}  // namespace netmoth::protocols
