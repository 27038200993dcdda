// multipart/form-data and its like (RFC 2046 §5.1, RFC 7578), read as it comes.
//
// Invariant: of the input only the header lines of the part at hand are kept, at most
// kMaxPartHeaders octets of them; what looked like the start of a delimiter and was none is handed
// on as the octets it was.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxPartHeaders = 8U << 10;
inline constexpr std::size_t kMaxBoundary = 200;  // RFC 2046 allows 70

class MultipartSink {
 public:
  virtual ~MultipartSink() = default;
  // A part begins; either text may be empty.
  virtual void on_part(std::string_view name, std::string_view file_name) = 0;
  virtual void on_part_data(Bytes data) = 0;
  virtual void on_part_end(bool whole) = 0;
  virtual void on_part_header_invalid() = 0;
};

class MultipartReader {
 public:
  // `boundary` as in the Content-Type, without quotes. False where there can be no such boundary.
  [[nodiscard]] bool start(std::string_view boundary);
  void write(Bytes data, MultipartSink& sink);
  void finish(MultipartSink& sink);

 private:
  enum class State : std::uint8_t { kPreamble, kDelimiterRest, kHeaders, kBody, kEpilogue };

  std::size_t find_delimiter(std::string_view text, MultipartSink& sink);
  void hand_on_doubt(MultipartSink& sink);
  void hand_on(std::string_view text, MultipartSink& sink);
  void header_line(std::string_view line, MultipartSink& sink);
  std::size_t take_line(std::string_view text, MultipartSink& sink);
  void line_complete(MultipartSink& sink);

  State state_ = State::kEpilogue;
  std::string delimiter_;     // "\n--" and the boundary
  std::size_t matched_ = 0;   // octets of the delimiter that the input ends with
  bool doubtful_cr_ = false;  // a CR came before them
  bool after_line_ = false;   // the delimiter's line feed is the start of the input
  std::string line_;
  std::size_t header_octets_ = 0;
  std::string name_, file_name_;
};

}  // namespace netmoth::protocols
