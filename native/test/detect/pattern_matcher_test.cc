// Both engines find what a plain search finds.
#include "detect/pattern_matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace netmoth::detect {
namespace {

class Collected final : public PatternListener {
 public:
  void on_pattern(std::size_t pattern) override { found.insert(pattern); }
  std::set<std::size_t> found;
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool stands_in(std::string_view data, std::string_view pattern, bool nocase) {
  for (std::size_t at = 0; at + pattern.size() <= data.size(); ++at) {
    bool equal = true;
    for (std::size_t i = 0; i < pattern.size() && equal; ++i)
      equal = nocase ? lower(data[at + i]) == lower(pattern[i]) : data[at + i] == pattern[i];
    if (equal) return true;
  }
  return false;
}

std::set<std::size_t> searched(const std::vector<Pattern>& patterns, std::string_view data,
                               bool scalar) {
  const PatternMatcher matcher(patterns, scalar);
  PatternScratch scratch;
  EXPECT_TRUE(scratch.prepare(matcher));
  Collected collected;
  matcher.scan(as_bytes(data), scratch, collected);
  return collected.found;
}

// A lone pattern, at every place of data that lies anywhere.
TEST(PatternMatcher, ALonePatternIsFoundWhereverItStands) {
  for (const std::string_view text : {"e", "ex", "exa"}) {
    const PatternMatcher matcher({{as_bytes(text), false}}, false);
    PatternScratch scratch;
    ASSERT_TRUE(scratch.prepare(matcher));
    constexpr std::size_t kLength = 200;
    for (std::size_t shift = 0; shift < 16; ++shift) {
      for (std::size_t at = 0; at + text.size() <= kLength; ++at) {
        std::string data(kLength + shift, '.');
        data.replace(shift + at, text.size(), text);
        Collected collected;
        matcher.scan(as_bytes(data).subspan(shift), scratch, collected);
        ASSERT_EQ(collected.found.size(), 1U) << text << " at " << at << " of " << shift;
      }
    }
  }
}

TEST(PatternMatcher, BothEnginesFindWhatAPlainSearchFinds) {
  std::mt19937 random(7);
  const auto text_of = [&](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i)
      text.push_back("abAB\n"[random() % 5]);
    return text;
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> texts;
    std::vector<Pattern> patterns;
    for (int i = 0; i < 40; ++i)
      texts.push_back(text_of(1 + random() % 8));
    for (const std::string& text : texts)
      patterns.push_back({as_bytes(text), random() % 2 == 0});
    const std::string data = text_of(random() % 200);
    std::set<std::size_t> expected;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (stands_in(data, texts[i], patterns[i].nocase)) expected.insert(i);
    }
    EXPECT_EQ(searched(patterns, data, true), expected) << round;
    EXPECT_EQ(searched(patterns, data, false), expected) << round;
  }
}

// What Vectorscan 5.4.9 misses when it is asked plainly: few patterns near the end of the data, and
// all of a set that has a pattern of one octet.
TEST(PatternMatcher, FewPatternsAreFoundWhereverTheyStand) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const std::size_t count = 2 + random() % 12;
    const std::size_t lone = random() % 3;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) {
      std::string text;
      const std::size_t length = i < lone ? 1 : 2 + random() % 7;
      for (std::size_t at = 0; at < length; ++at)
        text.push_back(static_cast<char>('!' + random() % (round % 2 == 0 ? 6 : 90)));
      texts.push_back(text);
    }
    std::vector<Pattern> patterns;
    for (const std::string& text : texts)
      patterns.push_back({as_bytes(text), random() % 2 == 0});
    const PatternMatcher scalar(patterns, true);
    const PatternMatcher library(patterns, false);
    PatternScratch scalar_scratch;
    PatternScratch scratch;
    ASSERT_TRUE(scalar_scratch.prepare(scalar) && scratch.prepare(library));
    for (int scan = 0; scan < 100; ++scan) {
      const std::string& text = texts[random() % count];
      const std::size_t length = text.size() + random() % (scan % 2 == 0 ? 100 : 1'500);
      const std::size_t shift = random() % 64;
      const std::size_t most = length - text.size();
      const std::size_t back = std::min<std::size_t>(most, random() % 48);
      std::string data(shift + length, '.');
      data.replace(shift + (scan % 3 == 0 ? random() % (most + 1) : most - back), text.size(),
                   text);
      Collected expected;
      Collected found;
      scalar.scan(as_bytes(data).subspan(shift), scalar_scratch, expected);
      library.scan(as_bytes(data).subspan(shift), scratch, found);
      ASSERT_EQ(found.found, expected.found) << text << " in " << data.substr(shift);
    }
  }
}

TEST(PatternMatcher, NothingIsFoundInNothing) {
  const std::vector<Pattern> patterns = {{as_bytes("a"), false}, {as_bytes("\0\0"), true}};
  EXPECT_TRUE(searched(patterns, "", true).empty());
  EXPECT_TRUE(searched(patterns, "", false).empty());
}

}  // namespace
}  // namespace netmoth::detect
