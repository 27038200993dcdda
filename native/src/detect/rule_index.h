// Which rules can concern what is looked at, by its transport, application and ports: a set has
// rules for a hundred services, a packet is of one.
//
// Invariant: for_each() names every set that has a rule whose head fits; rules are tested all the
// same. Of a transport, a rule is in one set by application, or in those of its ports. Immutable
// once closed.
#pragma once

#include <array>

#include "detect/interval_index.h"
#include "detect/rule.h"

namespace netmoth::detect {

// Who sends and who receives what is looked at.
struct Ends {
  const Address* source = nullptr;
  const Address* destination = nullptr;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  int ip_version = 0;
  std::uint8_t protocol = 0;
};

class RuleIndex {
 public:
  void add(std::uint32_t place, const Rule& rule);
  void close();

  // Lists of rules, ascending. A set's number is its place here.
  [[nodiscard]] std::span<const std::vector<std::uint32_t>> sets() const { return sets_; }
  // Whether a set is of rules on few ports.
  [[nodiscard]] bool is_of_ports(std::size_t set) const { return set >= first_of_ports_; }

  // Calls `told` with the number of each set that may concern it. `application`: its bit of
  // AppProto, 0 where it has none.
  template <typename Told>
  void for_each(const Ends& ends, std::uint64_t application, const Told& told) const {
    const Part& part = parts_[transport_of(ends.protocol)];
    for (const Class& each : part.classes) {
      if (each.applications == 0 || (each.applications & application) != 0) told(each.set);
    }
    if (const auto at = part.by_destination.set_of(ends.destination_port); at != 0)
      told(part.first_by_destination + at);
    if (const auto at = part.by_source.set_of(ends.source_port); at != 0)
      told(part.first_by_source + at);
  }

 private:
  enum Transport : std::uint8_t { kTcp, kUdp, kOther, kTransports };
  static Transport transport_of(std::uint8_t protocol) {
    if (protocol == ip_proto::kTcp) return kTcp;
    return protocol == ip_proto::kUdp ? kUdp : kOther;
  }

  // Rules on all ports, or nearly all.
  struct Class {
    std::uint64_t applications = 0;  // 0: any, or none
    std::vector<std::uint32_t> rules;
    std::size_t set = 0;
  };
  // What there is of a transport. The sets of ports stand in sets_ from `first` on.
  struct Part {
    std::vector<Class> classes;
    IntervalIndex by_source;
    IntervalIndex by_destination;
    std::size_t first_by_source = 0;
    std::size_t first_by_destination = 0;
  };

  static unsigned transports_of(const Rule& rule);
  static void add_to_class(std::uint32_t place, std::uint64_t applications, Part& part);
  static void fold_small_classes(Part& part);
  std::size_t append(const IntervalIndex& index);

  std::array<Part, kTransports> parts_;
  std::vector<std::vector<std::uint32_t>> sets_;
  std::size_t first_of_ports_ = 0;
};

}  // namespace netmoth::detect
