#include "detect/pattern_matcher.h"

#include <algorithm>
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

hs_database* PatternMatcher::find_or_compile() const {
  // Fewer are compiled in less than a millisecond, and ET Open has 160 such groups.
  constexpr std::size_t kFewPatterns = 16;
  if (store_ == nullptr || patterns_.size() < kFewPatterns) return compiled(patterns_);
  const PatternStore::Key key = PatternStore::key_of(patterns_);
  hs_database_t* database = store_->find(key);
  if (database != nullptr) return database;
  database = compiled(patterns_);
  if (database != nullptr) store_->keep(key, database);
  return database;
}

void PatternMatcher::compile() const {
  std::call_once(compiled_, [this] {
    const base::HeapAside aside;  // shared by all, whoever came first
    // A lone octet is missed beyond the first 64 by 5.4.9, depending on where the data lies.
    const bool lone_octet = patterns_.size() == 1 && patterns_[0].bytes.size() == 1;
    if (!wants_scalar_ && !lone_octet) database_ = find_or_compile();
    if (database_ == nullptr) scalar_ = std::make_unique<ScalarMatcher>(std::move(patterns_));
    patterns_ = {};
  });
}

PatternMatcher::~PatternMatcher() {
  hs_free_database(database_);
}

void PatternMatcher::scan(Bytes data, PatternScratch& scratch, PatternListener& listener) const {
  if (!scratch.is_ready(number_) && !scratch.prepare(*this)) return;
  if (scalar_ != nullptr) return scalar_->scan(data, listener);
  constexpr std::size_t kMostOctets = std::size_t{1} << 30;
  (void)hs_scan(database_, reinterpret_cast<const char*>(data.data()),
                static_cast<unsigned>(std::min(data.size(), kMostOctets)), 0, scratch.scratch_,
                tell, &listener);
}

PatternScratch::~PatternScratch() {
  hs_free_scratch(scratch_);
}

namespace {

bool make_room(const hs_database_t* database, hs_scratch_t*& scratch) {
  return database == nullptr || hs_alloc_scratch(database, &scratch) == HS_SUCCESS;
}

}  // namespace

#else

hs_database* PatternMatcher::find_or_compile() const {
  return nullptr;
}

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

PatternScratch::~PatternScratch() = default;

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
