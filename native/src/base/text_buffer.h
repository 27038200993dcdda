// Bytes of text that are written in place: room is made once, then filled without a check per
// octet.
//
// Invariant: room(n) gives n octets that may be written before commit(); memory doubles where it
// is short and is never given back before the end.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace netmoth::base {

class TextBuffer {
 public:
  [[nodiscard]] char* room(std::size_t octets) {
    if (capacity_ - size_ < octets) [[unlikely]]
      grow(octets);
    return data_.get() + size_;
  }
  // `end` is behind the last octet written of what room() gave.
  void commit(const char* end) { size_ = static_cast<std::size_t>(end - data_.get()); }
  void append(std::string_view text) {
    char* const at = room(text.size());
    text.copy(at, text.size());
    size_ += text.size();
  }
  void push_back(char octet) {
    *room(1) = octet;
    ++size_;
  }
  void reserve(std::size_t octets) {
    if (octets > size_) (void)room(octets - size_);
  }
  void clear() { size_ = 0; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  void grow(std::size_t octets) {
    capacity_ = std::max(2 * capacity_, size_ + octets);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace netmoth::base
