#include "detect/pattern_matcher.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/heap_balance.h"
#include "base/hex.h"

#ifdef NETMOTH_VECTORSCAN
#include <hs/hs.h>
#endif

namespace netmoth::detect {
namespace {

constexpr std::uint8_t lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet | 0x20) : octet;
}

// 24 bits at most into 16.
constexpr std::uint16_t hashed(std::uint32_t key) {
  return static_cast<std::uint16_t>((key * 0x9e3779b1U) >> 16);
}

bool begins_with(Bytes data, const Pattern& pattern) {
  if (pattern.bytes.size() > data.size()) return false;
  if (!pattern.nocase) return std::ranges::equal(data.first(pattern.bytes.size()), pattern.bytes);
  for (std::size_t i = 0; i < pattern.bytes.size(); ++i) {
    if (lower(data[i]) != lower(pattern.bytes[i])) return false;
  }
  return true;
}

}  // namespace

ScalarMatcher::ScalarMatcher(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    const Bytes bytes = patterns_[i].bytes;
    const std::size_t octets = std::min<std::size_t>(bytes.size(), kKeyOctets);
    if (octets == 0) continue;
    std::uint32_t key = 0;
    for (std::size_t at = 0; at < octets; ++at)
      key = key << 8 | lower(bytes[at]);
    entries_[octets - 1].push_back({key, static_cast<std::uint32_t>(i)});
    present_[octets - 1].set(hashed(key));
  }
  for (auto& entries : entries_)
    std::ranges::sort(entries);
}

void ScalarMatcher::look(std::uint32_t key, const std::vector<Entry>& entries, Bytes data,
                         std::size_t at, PatternListener& listener) const {
  auto entry = std::ranges::lower_bound(entries, Entry{key, 0});
  for (; entry != entries.end() && entry->key == key; ++entry) {
    if (begins_with(data.subspan(at), patterns_[entry->pattern]))
      listener.on_pattern(entry->pattern);
  }
}

void ScalarMatcher::scan(Bytes data, PatternListener& listener) const {
  for (std::size_t at = 0; at < data.size(); ++at) {
    std::uint32_t key = 0;
    for (std::size_t octets = 1; octets <= kKeyOctets && octets <= data.size() - at; ++octets) {
      key = key << 8 | lower(data[at + octets - 1]);
      if (present_[octets - 1].test(hashed(key)))
        look(key, entries_[octets - 1], data, at, listener);
    }
  }
}

#ifdef NETMOTH_VECTORSCAN

namespace {

// Where a match may be missed: the last octets of what is searched. Twice the width of a vector of
// AVX-512 is what its search for pairs looks at last; misses were seen within 40 octets.
constexpr std::size_t kBlindOctets = 64;
constexpr std::size_t kMostOctets =
    64;  // of a pattern; longer ones are searched without the library

hs_database_t* compiled(const std::vector<Pattern>& patterns) {
  // As expressions of escaped octets: the interface for literals takes one that begins with a zero
  // for an empty one (5.4.9).
  std::vector<std::string> escaped;
  std::vector<const char*> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Pattern& pattern : patterns) {
    std::string& text = escaped.emplace_back();
    for (const std::uint8_t octet : pattern.bytes)
      text.append("\\x").append(base::to_hex(Bytes(&octet, 1)));
    flags.push_back(HS_FLAG_SINGLEMATCH | (pattern.nocase ? HS_FLAG_CASELESS : 0U));
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* fault = nullptr;
  texts.reserve(escaped.size());
  for (const std::string& text : escaped)
    texts.push_back(text.c_str());
  const hs_error_t done =
      hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()),
                       HS_MODE_BLOCK, nullptr, &database, &fault);
  if (done == HS_SUCCESS) return database;
  hs_free_compile_error(fault);
  return nullptr;
}

int tell(unsigned id, unsigned long long, unsigned long long, unsigned, void* listener) {
  static_cast<PatternListener*>(listener)->on_pattern(id);
  return 0;
}

}  // namespace

hs_database* PatternMatcher::find_or_compile(const std::vector<Pattern>& patterns) const {
  // Fewer are compiled in less than a millisecond, and ET Open has 160 such groups.
  constexpr std::size_t kFewPatterns = 16;
  if (store_ == nullptr || patterns.size() < kFewPatterns) return compiled(patterns);
  const PatternStore::Key key = PatternStore::key_of(patterns);
  hs_database_t* database = store_->find(key);
  if (database != nullptr) return database;
  database = compiled(patterns);
  if (database != nullptr) store_->keep(key, database);
  return database;
}

void PatternMatcher::set_lone_octets_apart() const {
  const auto is_lone = [](const Pattern& pattern) { return pattern.bytes.size() == 1; };
  if (std::ranges::none_of(patterns_, is_lone)) return;
  for (std::uint32_t place = 0; place < patterns_.size(); ++place)
    (is_lone(patterns_[place]) ? lone_ : others_).push_back(place);
}

void PatternMatcher::compile() const {
  std::call_once(compiled_, [this] {
    const base::HeapAside aside;  // shared by all, whoever came first
    if (!wants_scalar_) set_lone_octets_apart();
    const auto of = [this](std::span<const std::uint32_t> places) {
      std::vector<Pattern> some;
      for (const std::uint32_t place : places)
        some.push_back(patterns_[place]);
      return some;
    };
    const std::vector<Pattern> searched = lone_.empty() ? patterns_ : of(others_);
    for (const Pattern& pattern : searched)
      longest_ = std::max(longest_, pattern.bytes.size());
    if (!wants_scalar_ && !searched.empty() && longest_ <= kMostOctets)
      database_ = find_or_compile(searched);
    if (database_ == nullptr)
      scalar_ = std::make_unique<ScalarMatcher>(std::move(patterns_));
    else if (!lone_.empty())
      scalar_ = std::make_unique<ScalarMatcher>(of(lone_));
    patterns_ = {};
  });
}

PatternMatcher::~PatternMatcher() {
  hs_free_database(database_);
}

namespace {

// Tells another listener, by the places that the engine's patterns have among all.
class Renamed final : public PatternListener {
 public:
  Renamed(PatternListener& told, std::span<const std::uint32_t> places)
      : told_(told), places_(places) {}
  void on_pattern(std::size_t pattern) override { told_.on_pattern(places_[pattern]); }

 private:
  PatternListener& told_;
  std::span<const std::uint32_t> places_;
};

}  // namespace

void PatternMatcher::scan(Bytes data, PatternScratch& scratch, PatternListener& listener) const {
  if (!scratch.is_ready(number_) && !scratch.prepare(*this)) return;
  if (database_ == nullptr) return scalar_->scan(data, listener);
  if (scalar_ == nullptr) return search(data, scratch, listener);
  Renamed lone(listener, lone_);
  scalar_->scan(data, lone);
  Renamed others(listener, others_);
  search(data, scratch, others);
}

// The end of the data is searched with nothing behind it and once more, or only so where the data
// is short, with octets behind it, because matches that lie so close to the end are missed.
void PatternMatcher::search(Bytes data, PatternScratch& scratch, PatternListener& listener) const {
  constexpr std::size_t kMostOctetsAtOnce = std::size_t{1} << 30;
  const auto run = [&](Bytes octets) {
    (void)hs_scan(database_, reinterpret_cast<const char*>(octets.data()),
                  static_cast<unsigned>(octets.size()), 0, scratch.scratch_, tell, &listener);
  };
  data = data.first(std::min(data.size(), kMostOctetsAtOnce));
  const std::size_t tail = std::min(data.size(), kBlindOctets + longest_);
  if (tail < data.size()) run(data);
  std::array<std::uint8_t, kBlindOctets + kMostOctets + kBlindOctets> padded;
  std::ranges::copy(data.last(tail), padded.begin());
  std::ranges::fill_n(padded.begin() + static_cast<std::ptrdiff_t>(tail), kBlindOctets, 0);
  run(Bytes(padded).first(tail + kBlindOctets));
}

std::size_t PatternMatcher::compiled_octets() const {
  std::size_t octets = 0;
  return database_ != nullptr && hs_database_size(database_, &octets) == HS_SUCCESS ? octets : 0;
}

PatternScratch::~PatternScratch() {
  hs_free_scratch(scratch_);
}

std::size_t PatternScratch::octets() const {
  std::size_t octets = 0;
  return scratch_ != nullptr && hs_scratch_size(scratch_, &octets) == HS_SUCCESS ? octets : 0;
}

namespace {

bool make_room(const hs_database_t* database, hs_scratch_t*& scratch) {
  return database == nullptr || hs_alloc_scratch(database, &scratch) == HS_SUCCESS;
}

}  // namespace

#else

hs_database* PatternMatcher::find_or_compile(const std::vector<Pattern>& /*patterns*/) const {
  return nullptr;
}

void PatternMatcher::set_lone_octets_apart() const {}

void PatternMatcher::search(Bytes /*data*/, PatternScratch& /*scratch*/,
                            PatternListener& /*listener*/) const {}

void PatternMatcher::compile() const {
  std::call_once(compiled_, [this] {
    const base::HeapAside aside;
    scalar_ = std::make_unique<ScalarMatcher>(std::move(patterns_));
  });
}

PatternMatcher::~PatternMatcher() = default;

void PatternMatcher::scan(Bytes data, PatternScratch& scratch, PatternListener& listener) const {
  if (scratch.is_ready(number_) || scratch.prepare(*this)) scalar_->scan(data, listener);
}

std::size_t PatternMatcher::compiled_octets() const {
  return 0;
}

PatternScratch::~PatternScratch() = default;

std::size_t PatternScratch::octets() const {
  return 0;
}

namespace {

bool make_room(const hs_database* /*database*/, hs_scratch*& /*scratch*/) {
  return true;
}

}  // namespace

#endif

PatternMatcher::PatternMatcher(std::vector<Pattern> patterns, bool scalar,
                               const PatternStore* store)
    : patterns_(std::move(patterns)), wants_scalar_(scalar), store_(store) {}

bool PatternScratch::prepare(const PatternMatcher& matcher) {
  matcher.compile();
  if (!make_room(matcher.database_, scratch_)) return false;
  const base::HeapAside aside;
  if (ready_.size() <= matcher.number_) ready_.resize(matcher.number_ + 1);
  ready_[matcher.number_] = true;
  return true;
}

}  // namespace netmoth::detect
