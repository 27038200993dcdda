// What indicator lists cost: loading a bundle, and looking up what stands in it and what does not.
//
// Invariant: a figure is the median over blocks of look-ups of the thread's CPU time, so that other
// programs of the machine disturb it little; queries lie one behind the other, as in a packet.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "commands.h"
#include "detect/indicators/indicator_set.h"

namespace netmoth::bench {
namespace {

using detect::IndicatorKind;
using detect::IndicatorSet;

constexpr std::size_t kQueries = 400'000;
constexpr std::size_t kBlock = 4'000;

double thread_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double median_per_query(const std::function<std::size_t(std::size_t, std::size_t)>& look_up,
                        std::size_t& found) {
  std::vector<double> blocks;
  for (std::size_t start = 0; start + kBlock <= kQueries; start += kBlock) {
    const double before = thread_nanoseconds();
    found += look_up(start, start + kBlock);
    blocks.push_back((thread_nanoseconds() - before) / kBlock);
  }
  std::ranges::nth_element(blocks, blocks.begin() + static_cast<std::ptrdiff_t>(blocks.size() / 2));
  return blocks[blocks.size() / 2];
}

// Texts one behind the other.
class Queries {
 public:
  void add(std::string_view query) {
    text_ += query;
    ends_.push_back(text_.size());
  }
  [[nodiscard]] std::string_view operator[](std::size_t at) const {
    const std::size_t start = at == 0 ? 0 : ends_[at - 1];
    return std::string_view(text_).substr(start, ends_[at] - start);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

using Random = std::mt19937_64;

// "com.example." as somebody would ask for it: "cdn.example.com".
std::string name_of(std::string_view key) {
  std::string name = "cdn";
  while (!key.empty()) {
    key.remove_suffix(1);
    const std::size_t dot = key.rfind('.') + 1;
    name += '.';
    name += key.substr(dot);
    key = key.substr(0, dot);
  }
  return name;
}

std::vector<std::string> keys_of(const detect::BundleSection& section, std::size_t width) {
  std::vector<std::string> keys;
  const auto texts = detect::TextRows::of(section.bytes, section.records);
  const auto rows = detect::FixedRows::of(section.bytes, section.records, width);
  for (std::uint32_t row = 0; row < section.records; ++row) {
    if (width == 0 && texts) keys.emplace_back(texts->key(row));
    if (width > 0 && rows) keys.emplace_back(as_text(rows->key(row)));
  }
  return keys;
}

// Of the listed: keys of random rows. Of the others: the same with every octet of the last half
// (of a name: of its label) made anew.
std::string query_of(IndicatorKind kind, std::string key, bool listed, Random& random) {
  const bool range = kind == IndicatorKind::kIpv4 || kind == IndicatorKind::kIpv6;
  if (range) key.resize(key.size() / 2);
  if (kind == IndicatorKind::kDomain) key = name_of(key);
  if (listed) return key;
  if (detect::row_of(kind).width == 0) {
    for (std::size_t i = 4; i + 4 < key.size(); ++i) {
      if (key[i] != '.') key[i] = static_cast<char>('a' + random() % 26);
    }
    return key;
  }
  for (std::size_t i = kind == IndicatorKind::kIpv4 ? 0 : 2; i < key.size(); ++i)
    key[i] = static_cast<char>(random());
  return key;
}

std::size_t look_up(const IndicatorSet& set, IndicatorKind kind, std::string_view query) {
  if (kind == IndicatorKind::kDomain) return set.find_domain(query, 0) ? 1 : 0;
  if (kind == IndicatorKind::kIpv4 || kind == IndicatorKind::kIpv6) {
    Address address;
    std::ranges::copy(query, address.octets.begin());
    return set.find_address(address, kind == IndicatorKind::kIpv4 ? 4 : 6, 0) ? 1 : 0;
  }
  return set.find(kind, as_bytes(query), 0) ? 1 : 0;
}

void measure(const IndicatorSet& set, const detect::BundleSection& section, IndicatorKind kind) {
  const detect::IndicatorKindRow& row = detect::row_of(kind);
  Random random(section.records);
  const std::vector<std::string> keys = keys_of(section, row.width);
  for (const bool listed : {true, false}) {
    Queries queries;
    for (std::size_t i = 0; i < kQueries; ++i) {
      const auto which = static_cast<std::uint32_t>(random() % section.records);
      queries.add(query_of(kind, keys[which], listed, random));
    }
    std::size_t found = 0;
    const double cost = median_per_query(
        [&](std::size_t at, std::size_t end) {
          std::size_t hits = 0;
          for (; at < end; ++at)
            hits += look_up(set, kind, queries[at]);
          return hits;
        },
        found);
    std::printf("%-20.*s %9u entries  %-10s %7.1f ns  (%.1f %% found)\n",
                static_cast<int>(row.name.size()), row.name.data(), section.records,
                listed ? "listed" : "not listed", cost,
                100.0 * static_cast<double>(found) / static_cast<double>(kQueries));
  }
}

}  // namespace

int lists(Arguments arguments) {
  std::ifstream file(arguments[0], std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  detect::BundleFile bundle;
  const double start = thread_nanoseconds();
  if (const auto fault = bundle.open(as_bytes(content)); fault != detect::BundleFault::kNone) {
    std::fprintf(stderr, "%s: %s\n", arguments[0], detect::bundle_fault_code(fault).data());
    return 1;
  }
  const double opened = thread_nanoseconds();
  std::shared_ptr<const IndicatorSet> set;
  const auto fault = IndicatorSet::load(bundle, nullptr, Random::default_seed, set);
  if (fault != detect::BundleFault::kNone || set == nullptr) return 1;
  constexpr double kMillion = 1e6;
  std::printf("bundle %.1f MB, digest %.0f ms; indexes %.1f MB in %.0f ms\n",
              static_cast<double>(content.size()) / kMillion, (opened - start) / kMillion,
              static_cast<double>(set->memory_bytes()) / kMillion,
              (thread_nanoseconds() - opened) / kMillion);
  for (const detect::BundleSection& section : bundle.sections()) {
    const std::uint32_t kind = section.id - detect::bundle_section::kFirstIndicators;
    if (kind < detect::kIndicatorKinds && section.records > 0)
      measure(*set, section, static_cast<IndicatorKind>(kind));
  }
  return 0;
}

}  // namespace netmoth::bench
