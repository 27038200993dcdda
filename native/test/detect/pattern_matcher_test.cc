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

TEST(PatternMatcher, NothingIsFoundInNothing) {
  const std::vector<Pattern> patterns = {{as_bytes("a"), false}, {as_bytes("\0\0"), true}};
  EXPECT_TRUE(searched(patterns, "", true).empty());
  EXPECT_TRUE(searched(patterns, "", false).empty());
}

}  // namespace
}  // namespace netmoth::detect
