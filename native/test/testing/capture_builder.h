// Capture files built in code for tests: pcap and pcapng, both byte orders.
//
//   TempFile file(pcap({{1'000'000'000, frame}, …}));
//
// Invariant: written from the format's drafts and sharing no code with the reader.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "testing/packet_builder.h"

namespace netmoth::testing {

struct TimedFrame {
  TimestampNs time = 0;
  Buffer data;
  std::uint32_t wire_length = 0;  // 0: as long as data
};

struct PcapSpec {
  bool big_endian = false;
  bool nanoseconds = false;
  std::uint32_t link = 1;
  std::uint32_t snap_length = 262144;
};

inline Buffer word32(bool big_endian, std::uint64_t v) {
  return big_endian ? be32(v) : le32(v);
}
inline Buffer word16(bool big_endian, std::uint64_t v) {
  return big_endian ? be16(v) : le16(v);
}

inline Buffer pcap_header(const PcapSpec& spec) {
  const auto w32 = [&](std::uint64_t v) { return word32(spec.big_endian, v); };
  const auto w16 = [&](std::uint64_t v) { return word16(spec.big_endian, v); };
  return w32(spec.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4) + w16(2) + w16(4) + w32(0) + w32(0) +
         w32(spec.snap_length) + w32(spec.link);
}

inline Buffer pcap_record(const TimedFrame& frame, const PcapSpec& spec) {
  const auto w32 = [&](std::uint64_t v) { return word32(spec.big_endian, v); };
  const auto time = static_cast<std::uint64_t>(frame.time);
  const std::uint64_t fraction = time % 1'000'000'000;
  return w32(time / 1'000'000'000) + w32(spec.nanoseconds ? fraction : fraction / 1000) +
         w32(frame.data.size()) + w32(frame.wire_length ? frame.wire_length : frame.data.size()) +
         frame.data;
}

inline Buffer pcap(const std::vector<TimedFrame>& frames, const PcapSpec& spec = {}) {
  Buffer out = pcap_header(spec);
  for (const TimedFrame& frame : frames) {
    const Buffer record = pcap_record(frame, spec);
    out.insert(out.end(), record.begin(), record.end());
  }
  return out;
}

// Blocks of pcapng in one byte order; concatenate them for a file.
struct Pcapng {
  bool big_endian = false;

  [[nodiscard]] Buffer w32(std::uint64_t v) const { return word32(big_endian, v); }
  [[nodiscard]] Buffer w16(std::uint64_t v) const { return word16(big_endian, v); }

  [[nodiscard]] Buffer block(std::uint32_t type, Buffer body) const {
    while (body.size() % 4 != 0)
      body.push_back(0);
    const std::size_t total = 12 + body.size();
    return w32(type) + w32(total) + body + w32(total);
  }
  [[nodiscard]] Buffer section() const {
    return block(0x0A0D0D0A, w32(0x1A2B3C4D) + w16(1) + w16(0) + w32(0xFFFFFFFF) + w32(0xFFFFFFFF));
  }
  [[nodiscard]] Buffer option(std::uint16_t code, Buffer value) const {
    const std::size_t length = value.size();
    while (value.size() % 4 != 0)
      value.push_back(0);
    return w16(code) + w16(length) + value;
  }
  [[nodiscard]] Buffer interface(std::uint16_t link, const Buffer& options = {},
                                 std::uint32_t snap_length = 0) const {
    return block(1, w16(link) + w16(0) + w32(snap_length) + options);
  }
  [[nodiscard]] Buffer enhanced(std::uint32_t interface_id, std::uint64_t ticks, const Buffer& data,
                                std::uint32_t wire_length = 0) const {
    Buffer padded = data;
    while (padded.size() % 4 != 0)
      padded.push_back(0);
    return block(6, w32(interface_id) + w32(ticks >> 32) + w32(ticks & 0xFFFFFFFF) +
                        w32(data.size()) + w32(wire_length ? wire_length : data.size()) + padded);
  }
  [[nodiscard]] Buffer simple(const Buffer& data, std::uint32_t wire_length) const {
    return block(3, w32(wire_length) + data);
  }
  [[nodiscard]] Buffer obsolete(std::uint16_t interface_id, std::uint64_t ticks,
                                const Buffer& data) const {
    return block(2, w16(interface_id) + w16(0) + w32(ticks >> 32) + w32(ticks & 0xFFFFFFFF) +
                        w32(data.size()) + w32(data.size()) + data);
  }
};

// A file that exists as long as the object.
class TempFile {
 public:
  explicit TempFile(const Buffer& contents = {}) {
    char name[] = "/tmp/netmoth-test-XXXXXX";
    const int fd = mkstemp(name);
    path_ = name;
    std::size_t done = 0;
    while (fd >= 0 && done < contents.size()) {
      const ssize_t count = ::write(fd, contents.data() + done, contents.size() - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    if (fd >= 0) ::close(fd);
  }
  ~TempFile() { ::unlink(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace netmoth::testing
