#include "detect/pattern_group.h"

namespace netmoth::detect {
namespace {

// So few rules are tested sooner than their patterns are looked for.
constexpr std::size_t kFewRules = 2;

// Longer ones cost Vectorscan a second look at each place (twice the time, over ET Open's groups),
// and rules are tested all the same.
constexpr std::size_t kMostOctets = 8;

// How little an octet is expected in what people send.
unsigned rarity_of(std::uint8_t octet) {
  constexpr std::string_view kEverywhere("\0 \n\r\xff", 5);
  constexpr std::string_view kOften("etaoinsrhl./-=:<>\"");
  const char c = static_cast<char>(octet);
  if (kEverywhere.find(c) != std::string_view::npos) return 1;
  if (kOften.find(c) != std::string_view::npos) return 2;
  const bool common = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return common ? 3 : 4;
}

unsigned rarity_of(Bytes octets) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (std::ranges::find(octets.first(i), octets[i]) ==
        octets.begin() + static_cast<std::ptrdiff_t>(i))
      sum += rarity_of(octets[i]);
  }
  return sum;
}

// The piece of a pattern that is looked for.
Bytes rarest_piece(Bytes pattern) {
  Bytes best = pattern.first(std::min(pattern.size(), kMostOctets));
  unsigned most = rarity_of(best);
  for (std::size_t at = 1; at + kMostOctets <= pattern.size(); ++at) {
    const Bytes piece = pattern.subspan(at, kMostOctets);
    const unsigned rarity = rarity_of(piece);
    if (rarity <= most) continue;
    most = rarity;
    best = piece;
  }
  return best;
}

bool has_payload_pattern(const Rule& rule) {
  return rule.prefilter.present &&
         rule.inspections[rule.prefilter.inspection].scope == BufferScope::kPayload;
}

}  // namespace

void PatternGroupBuilder::add(Bytes pattern, bool nocase, std::uint32_t rule) {
  const Bytes bytes = rarest_piece(pattern);
  const auto [found, fresh] =
      places_.emplace(std::pair{std::string(as_text(bytes)), nocase}, entries_.size());
  if (fresh) entries_.push_back({{bytes, nocase}, {}});
  std::vector<std::uint32_t>& rules = entries_[found->second].rules;
  if (rules.empty() || rules.back() != rule) rules.push_back(rule);
}

PatternGroup PatternGroupBuilder::build(const SearchOptions& options) {
  PatternGroup group;
  group.unfiltered = std::move(unfiltered_);
  std::vector<Pattern> patterns;
  for (const Entry& entry : entries_) {
    patterns.push_back(entry.pattern);
    group.first.push_back(static_cast<std::uint32_t>(group.rules.size()));
    group.rules.insert(group.rules.end(), entry.rules.begin(), entry.rules.end());
  }
  group.first.push_back(static_cast<std::uint32_t>(group.rules.size()));
  if (!patterns.empty())
    group.matcher = std::make_unique<PatternMatcher>(
        std::move(patterns), options.search == PatternSearch::kScalar, options.store.get());
  return group;
}

void PayloadGroups::build(std::span<const Rule> rules, const SearchOptions& options) {
  index_.close();
  for (std::size_t set = 0; set < index_.sets().size(); ++set) {
    const std::vector<std::uint32_t>& places = index_.sets()[set];
    const bool few = index_.is_of_ports(set) && places.size() <= kFewRules;
    const bool searched = !few && options.search != PatternSearch::kNone;
    PatternGroupBuilder group;
    for (const std::uint32_t place : places) {
      const Rule& rule = rules[place];
      if (has_payload_pattern(rule) && searched)
        group.add(rule.prefilter.bytes, rule.prefilter.nocase, place);
      else
        group.add_unfiltered(place);
    }
    empty_ = empty_ && places.empty();
    groups_.push_back(group.build(options));
  }
}

}  // namespace netmoth::detect
