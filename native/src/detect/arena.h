// Memory of one compiled set: given out in one direction, freed as a whole.
//
// Invariant: what it holds needs no destructor and never moves.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace netmoth::detect {

class Arena {
 public:
  // `count` values, each made by its default constructor.
  template <typename T>
  std::span<T> list(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* const first = static_cast<T*>(take(count * sizeof(T)));
    for (std::size_t i = 0; i < count; ++i)
      new (first + i) T();
    return {first, count};
  }

  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  static constexpr std::size_t kBlockOctets = std::size_t{256} << 10;
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);

  void* take(std::size_t wanted) {
    wanted = (wanted + kAlignment - 1) / kAlignment * kAlignment;
    if (wanted > left_) {
      const std::size_t size = wanted > kBlockOctets ? wanted : kBlockOctets;
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
      octets_ += size;
      next_ = blocks_.back().get();
      left_ = size;
    }
    void* const given = next_;
    next_ += wanted;
    left_ -= wanted;
    return given;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace netmoth::detect
