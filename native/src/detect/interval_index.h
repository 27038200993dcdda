// Items by the numbers they are about: addresses of IPv4, ports.
//
// Invariant: numbers with the same items share one set of them, ascending; set 0 is the empty one.
// Immutable once closed; asking is a binary search over the borders.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <vector>

namespace netmoth::detect {

class IntervalIndex {
 public:
  // From `low` to `high`, both included. The intervals of one item do not overlap.
  void add(std::uint32_t low, std::uint32_t high, std::uint32_t item) {
    edges_.push_back({low, item, true});
    if (high != ~std::uint32_t{0}) edges_.push_back({high + 1, item, false});
  }
  void close() {
    std::ranges::sort(edges_, {}, &Edge::at);
    std::map<std::vector<std::uint32_t>, std::uint32_t> numbers = {{{}, 0}};
    std::vector<std::uint32_t> open;
    for (std::size_t i = 0; i < edges_.size();) {
      const std::uint32_t at = edges_[i].at;
      for (; i < edges_.size() && edges_[i].at == at; ++i) {
        const auto place = std::ranges::lower_bound(open, edges_[i].item);
        if (edges_[i].opens)
          open.insert(place, edges_[i].item);
        else
          open.erase(place);
      }
      const auto [found, fresh] = numbers.emplace(open, sets_.size());
      if (fresh) sets_.push_back(open);
      borders_.push_back({at, found->second});
    }
    edges_ = {};
  }

  [[nodiscard]] std::size_t set_of(std::uint32_t number) const {
    const auto after = std::ranges::upper_bound(borders_, number, {}, &Border::low);
    return after == borders_.begin() ? 0 : std::prev(after)->set;
  }
  [[nodiscard]] std::span<const std::uint32_t> items_of(std::uint32_t number) const {
    return sets_[set_of(number)];
  }
  [[nodiscard]] std::span<const std::vector<std::uint32_t>> sets() const { return sets_; }

 private:
  struct Edge {
    std::uint32_t at = 0;
    std::uint32_t item = 0;
    bool opens = false;
  };
  // From `low` to the next one's.
  struct Border {
    std::uint32_t low = 0;
    std::uint32_t set = 0;
  };
  std::vector<Edge> edges_;
  std::vector<Border> borders_;
  std::vector<std::vector<std::uint32_t>> sets_ = std::vector<std::vector<std::uint32_t>>(1);
};

}  // namespace netmoth::detect
