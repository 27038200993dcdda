// Reads pcap and pcapng: a file, or standard input as "-".
//
// Formats: pcap (draft-ietf-opsawg-pcap) in both byte orders with micro- and nanoseconds, and with the
// 8 additional bytes a record of "modified" pcap; pcapng (draft-ietf-opsawg-pcapng) with any number of
// sections and interfaces (own byte order per section, time resolution and offset per interface),
// enhanced, simple and obsolete packet blocks; other blocks are skipped unread.
//
// Invariant: memory is one buffer of kBufferBytes whatever lengths the file claims: a record of more
// than kMaxFrameBytes is a fault, other blocks are skipped without being held. Nothing read before a
// fault is lost. Frames point into the buffer: no copy per frame.
#pragma once

#include <memory>
#include <vector>

#include "capture/frame_source.h"

namespace netmoth::capture {

inline constexpr std::size_t kBufferBytes = 1U << 20;
// libpcap's MAXIMUM_SNAPLEN: no sane writer makes longer frames.
inline constexpr std::size_t kMaxFrameBytes = 256U << 10;
inline constexpr std::size_t kMaxInterfaces = 4096;

class PcapFile final : public FrameSource {
 public:
  // Never fails: what is wrong with `path` is told by the first next_batch().
  explicit PcapFile(const std::string& path);
  // Takes over an open descriptor (a pipe, a file).
  explicit PcapFile(int descriptor);
  // Reads from memory that outlives the source (tests, fuzzing).
  explicit PcapFile(Bytes contents);
  ~PcapFile() override;
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }

  // For a progress bar: bytes consumed, and the size of the whole (0 where it is a pipe).
  [[nodiscard]] std::uint64_t offset_bytes() const { return consumed_; }
  [[nodiscard]] std::uint64_t total_bytes() const { return total_; }
  // Frames of interfaces whose link type the decoder does not know, skipped where others are known.
  [[nodiscard]] std::uint64_t skipped_frames() const { return skipped_frames_; }

 private:
  enum class Format : std::uint8_t { kUnknown, kPcap, kPcapng };
  enum class Step : std::uint8_t { kFrame, kSkipped, kNeedBatchEnd, kStop };

  struct Interface {
    decode::LinkType link = 0;
    std::uint32_t snap_length = 0;
    std::uint8_t resolution = 6;  // if_tsresol: power of ten, or of two with the top bit
    std::int64_t offset_seconds = 0;
    bool supported = false;
  };

  // At least `count` bytes from the read position, or less at the end of input. `may_move` false
  // forbids to shift the buffer (frames handed out in this batch point into it).
  enum class Fill : std::uint8_t { kReady, kShort, kWouldMove };
  Fill fill(std::size_t count, bool may_move);
  bool skip(std::uint64_t count);
  [[nodiscard]] Bytes available() const { return {data_ + begin_, end_ - begin_}; }
  void consume(std::size_t count);

  Step open_format();
  Step next_pcap(decode::Frame& frame, bool batch_empty);
  Step next_pcapng(decode::Frame& frame, bool batch_empty);
  Step section_header(Bytes head, bool batch_empty);
  Step interface_description(std::uint32_t length, bool batch_empty);
  Step packet_block(std::uint32_t type, std::uint32_t length, decode::Frame& frame,
                    bool batch_empty);
  Step stop(SourceStatus status, std::string message);
  Step end_inside(const char* what);
  [[nodiscard]] std::uint16_t load16(Bytes at) const;
  [[nodiscard]] std::uint32_t load32(Bytes at) const;

  int descriptor_ = -1;
  bool owns_descriptor_ = false;
  std::unique_ptr<std::uint8_t[]> buffer_;
  const std::uint8_t* data_ = nullptr;  // buffer_ or the memory given
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool input_ended_ = false;
  int read_error_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t total_ = 0;

  Format format_ = Format::kUnknown;
  bool big_endian_ = false;
  std::size_t record_header_bytes_ = 16;
  std::uint32_t fraction_to_ns_ = 1000;
  std::vector<Interface> interfaces_;  // pcap: exactly one
  bool saw_supported_ = false;
  std::uint32_t unsupported_link_ = 0;

  std::uint64_t frames_ = 0;
  std::uint64_t skipped_frames_ = 0;
  bool stopped_ = false;
  Fault fault_;
};

}  // namespace netmoth::capture
