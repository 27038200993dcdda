// Rules on addresses alone, by the addresses they are about: a set may have a thousand of them, a
// packet few.
//
// Invariant: candidates() has every rule that can match, in the set's order; the rule is tested all
// the same. Immutable once closed.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "decode/packet.h"
#include "detect/rule.h"

namespace netmoth::detect {

class AddressIndex {
 public:
  void add(std::uint32_t place, const Rule& rule) {
    all_.push_back(place);
    // By its source where that is few addresses, else by its destination.
    if (rule.heads.size() == 1 && !rule.heads[0].source->any)
      by_source_.add(place, *rule.heads[0].source);
    else if (rule.heads.size() == 1 && !rule.heads[0].destination->any)
      by_destination_.add(place, *rule.heads[0].destination);
    else
      always_.push_back(place);
  }
  void close() {
    by_source_.close();
    by_destination_.close();
  }

  // Those of IPv4 are narrowed down, others get all.
  [[nodiscard]] std::vector<std::uint32_t> candidates(const decode::Packet& packet) const {
    if (all_.empty() || packet.ip_version != 4) return all_;
    std::vector<std::uint32_t> found = always_;
    by_source_.append(packet.source, found);
    by_destination_.append(packet.destination, found);
    std::ranges::sort(found);
    return found;
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  // From `low` to the next piece's, these rules.
  struct Piece {
    std::uint32_t low = 0;
    std::vector<std::uint32_t> rules;
  };
  class Side {
   public:
    void add(std::uint32_t place, const AddressSet& set) {
      for (const Ipv4Range& range : set.v4) {
        edges_.push_back({range.low, place, true});
        if (range.high != 0xffffffff) edges_.push_back({range.high + 1, place, false});
      }
    }
    void close() {
      std::ranges::sort(edges_, {}, &Edge::at);
      std::vector<std::uint32_t> open;
      for (std::size_t i = 0; i < edges_.size();) {
        const std::uint32_t at = edges_[i].at;
        for (; i < edges_.size() && edges_[i].at == at; ++i) {
          if (edges_[i].opens)
            open.push_back(edges_[i].rule);
          else
            std::erase(open, edges_[i].rule);
        }
        pieces_.push_back({at, open});
      }
      edges_ = {};
    }
    void append(const Address& address, std::vector<std::uint32_t>& to) const {
      const std::uint32_t value = std::uint32_t{address.octets[0]} << 24 |
                                  std::uint32_t{address.octets[1]} << 16 |
                                  std::uint32_t{address.octets[2]} << 8 | address.octets[3];
      const auto after = std::ranges::upper_bound(pieces_, value, {}, &Piece::low);
      if (after == pieces_.begin()) return;
      const auto& rules = std::prev(after)->rules;
      to.insert(to.end(), rules.begin(), rules.end());
    }

   private:
    struct Edge {
      std::uint32_t at = 0;
      std::uint32_t rule = 0;
      bool opens = false;
    };
    std::vector<Edge> edges_;
    std::vector<Piece> pieces_;
  };

  std::vector<std::uint32_t> all_;
  std::vector<std::uint32_t> always_;
  Side by_source_;
  Side by_destination_;
};

}  // namespace netmoth::detect
