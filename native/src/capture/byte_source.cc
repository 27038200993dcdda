// Large sequential reads into one buffer.
//
// Invariant: see byte_source.h. Reading (not mapping) keeps the resident size constant and a file
// that shrinks meanwhile from becoming a SIGBUS.
#include "capture/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace netmoth::capture {

ByteSource::ByteSource(const std::string& path) {
  descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    error_number_ = errno;
    opened_ = false;
    ended_ = true;
    return;
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    total_ = static_cast<std::uint64_t>(status.st_size);
    (void)::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes);
  data_ = buffer_.get();
}

ByteSource::ByteSource(Bytes contents)
    : ended_(true), data_(contents.data()), end_(contents.size()), total_(contents.size()) {}

ByteSource::~ByteSource() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

ByteSource::Fill ByteSource::fill_slowly(std::size_t count, bool may_move) {
  if (ended_) return Fill::kShort;
  if (!may_move) return Fill::kMustMove;
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::size_t room = std::max(count, std::min(read_limit_, kBufferBytes));
  while (end_ < count) {
    const ssize_t got = ::read(descriptor_, buffer_.get() + end_, room - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      error_number_ = got < 0 ? errno : 0;
      ended_ = true;
      return Fill::kShort;
    }
    end_ += static_cast<std::size_t>(got);
  }
  return Fill::kReady;
}

void ByteSource::exchange(Buffer& other) {
  if (buffer_ == nullptr) return;
  if (other == nullptr) other = std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes);
  std::memcpy(other.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  buffer_.swap(other);
  data_ = buffer_.get();
}

}  // namespace netmoth::capture
