#include "detect/rule_index.h"

#include <numeric>

namespace netmoth::detect {
namespace {

// More ports than that are as good as all.
constexpr std::size_t kFewPorts = 32'768;
constexpr std::size_t kSmallClass = 64;

std::size_t size_of(const PortSet& ports) {
  if (ports.any) return 65'536;
  return std::accumulate(
      ports.ranges.begin(), ports.ranges.end(), std::size_t{0},
      [](std::size_t sum, const PortRange& range) { return sum + range.high - range.low + 1U; });
}

// Of a rule with several heads any may fit; 0 where one takes all.
std::uint64_t applications_of(const Rule& rule) {
  std::uint64_t all = 0;
  for (const Head& head : rule.heads) {
    if (head.applications == 0) return 0;
    all |= head.applications;
  }
  return all;
}

void add_ports(std::uint32_t place, const PortSet& ports, IntervalIndex& index) {
  for (const PortRange& range : ports.ranges)
    index.add(range.low, range.high, place);
}

}  // namespace

// As bits.
unsigned RuleIndex::transports_of(const Rule& rule) {
  unsigned all = 0;
  for (const Head& head : rule.heads) {
    if (head.transports.empty()) return (1U << kTransports) - 1;
    for (const std::uint8_t protocol : head.transports)
      all |= 1U << transport_of(protocol);
  }
  return all;
}

void RuleIndex::add(std::uint32_t place, const Rule& rule) {
  const unsigned transports = transports_of(rule);
  const std::uint64_t applications = applications_of(rule);
  const Head& head = rule.heads[0];
  const std::size_t sources = size_of(*head.source_ports);
  const std::size_t destinations = size_of(*head.destination_ports);
  const bool few = rule.heads.size() == 1 && std::min(sources, destinations) <= kFewPorts;
  for (unsigned transport = 0; transport < kTransports; ++transport) {
    if ((transports >> transport & 1U) == 0) continue;
    Part& part = parts_[transport];
    if (!few)
      add_to_class(place, applications, part);
    else if (destinations <= sources)
      add_ports(place, *head.destination_ports, part.by_destination);
    else
      add_ports(place, *head.source_ports, part.by_source);
  }
}

void RuleIndex::add_to_class(std::uint32_t place, std::uint64_t applications, Part& part) {
  auto found = std::ranges::find(part.classes, applications, &Class::applications);
  if (found == part.classes.end()) found = part.classes.insert(found, {applications, {}, 0});
  found->rules.push_back(place);
}

// One set more to look at costs more than a few rules more in the one that is looked at anyway.
void RuleIndex::fold_small_classes(Part& part) {
  std::vector<std::uint32_t> folded;
  std::erase_if(part.classes, [&](const Class& each) {
    const bool small = each.applications == 0 || each.rules.size() < kSmallClass;
    if (small) folded.insert(folded.end(), each.rules.begin(), each.rules.end());
    return small;
  });
  if (folded.empty()) return;
  std::ranges::sort(folded);
  part.classes.push_back({0, std::move(folded), 0});
}

std::size_t RuleIndex::append(const IntervalIndex& index) {
  const std::size_t first = sets_.size();
  sets_.insert(sets_.end(), index.sets().begin(), index.sets().end());
  return first;
}

void RuleIndex::close() {
  for (Part& part : parts_) {
    fold_small_classes(part);
    for (Class& each : part.classes) {
      each.set = sets_.size();
      sets_.push_back(std::move(each.rules));
    }
  }
  first_of_ports_ = sets_.size();
  for (Part& part : parts_) {
    part.by_source.close();
    part.by_destination.close();
    part.first_by_source = append(part.by_source);
    part.first_by_destination = append(part.by_destination);
  }
}

}  // namespace netmoth::detect
