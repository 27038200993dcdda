// Content codings, multipart bodies and header values from arbitrary octets, in pieces.
#include <cstddef>
#include <cstdint>

#include "protocols/content_decoder.h"
#include "protocols/header_value.h"
#include "protocols/multipart.h"

namespace {

using namespace netmoth;

// What is decoded is read as a form.
class Target final : public protocols::DecodedSink, private protocols::MultipartSink {
 public:
  explicit Target(std::string_view boundary) { (void)form_.start(boundary); }
  void finish() { form_.finish(*this); }
  void on_decoded(Bytes data) override {
    if (data.empty()) __builtin_trap();
    decoded_ += data.size();
    form_.write(data, *this);
  }
  void on_coding_event(protocols::CodingEvent) override {}
  [[nodiscard]] std::size_t decoded() const { return decoded_; }

 private:
  void on_part(std::string_view, std::string_view) override {
    if (open_) __builtin_trap();
    open_ = true;
  }
  void on_part_data(Bytes data) override {
    if (!open_ || data.empty()) __builtin_trap();
    parts_ += data.size();
    if (parts_ > decoded_) __builtin_trap();
  }
  void on_part_end(bool) override {
    if (!open_) __builtin_trap();
    open_ = false;
  }
  void on_part_header_invalid() override {}

  protocols::MultipartReader form_;
  std::size_t decoded_ = 0;
  std::size_t parts_ = 0;
  bool open_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::string_view kCodings[] = {"",  "gzip", "br", "deflate, gzip", "br, br, gzip",
                                           "x", "lzma"};
  const std::string_view coding = kCodings[data[0] % std::size(kCodings)];
  const std::size_t piece = data[1] + 1u;
  Bytes input(data + 2, size - 2);
  (void)protocols::header_parameter(as_text(input), "filename");
  (void)protocols::read_content_range(as_text(input));
  if (protocols::normal_path(as_text(input)).size() > input.size() + 1) __builtin_trap();

  base::CodecMemory memory(std::size_t{4} << 20);
  {
    Target target("B");
    protocols::ContentDecoder decoder(memory);
    decoder.start(coding, {}, target);
    while (!input.empty()) {
      const Bytes next = input.first(std::min(piece, input.size()));
      decoder.write(next, target);
      input = input.subspan(next.size());
    }
    decoder.finish(target);
    target.finish();
    if (target.decoded() > protocols::kBombFloor + (protocols::kBombRatio + 16384) * size)
      __builtin_trap();
  }
  if (memory.used() != 0) __builtin_trap();
  return 0;
}
