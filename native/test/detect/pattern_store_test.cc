// What is kept is found again and finds the same; nothing broken, foreign or altered is used.
#include "detect/pattern_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "detect/pattern_matcher.h"

namespace netmoth::detect {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kRoomy = std::uint64_t{1} << 30;

class Collected final : public PatternListener {
 public:
  void on_pattern(std::size_t pattern) override { found.insert(pattern); }
  std::set<std::size_t> found;
};

class PatternStoreTest : public ::testing::Test {
 protected:
  PatternStoreTest() {
    char name[] = "/tmp/netmoth-patterns-XXXXXX";
    root_ = ::mkdtemp(name);
    folder_ = root_ + "/made/when/needed";
  }
  ~PatternStoreTest() override { fs::remove_all(root_); }

  // 40 of them: enough to be kept. Others for each `variant`.
  std::vector<Pattern> patterns(int variant = 0) {
    texts_.clear();
    for (int i = 0; i < 40; ++i)
      texts_.push_back("pattern " + std::to_string(variant * 1'000 + i) + " of these");
    std::vector<Pattern> made;
    for (const std::string& text : texts_)
      made.push_back({as_bytes(text), made.size() % 2 == 0});
    return made;
  }
  static std::set<std::size_t> searched(const PatternMatcher& matcher, std::string_view data) {
    PatternScratch scratch;
    EXPECT_TRUE(scratch.prepare(matcher));
    Collected collected;
    matcher.scan(as_bytes(data), scratch, collected);
    return collected.found;
  }
  // Compiles, or takes from the store, and searches.
  void use(const PatternStore& store, int variant = 0) {
    const PatternMatcher matcher(patterns(variant), false, &store);
    const std::string data = ".." + texts_[3] + ".." + texts_[38];
    EXPECT_EQ(searched(matcher, data), (std::set<std::size_t>{3, 38}));
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    if (!fs::exists(folder_)) return found;
    for (const auto& each : fs::directory_iterator(folder_))
      found.push_back(each.path());
    return found;
  }
  static std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static void write(const fs::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  }

  std::string root_;
  std::string folder_;
  std::vector<std::string> texts_;
};

TEST_F(PatternStoreTest, WhatWasCompiledOnceIsFound) {
  const PatternStore first(folder_, kRoomy);
  use(first);
  if (files().empty()) GTEST_SKIP() << "built without the pattern library";
  EXPECT_EQ(first.counters().kept, 1U);
  EXPECT_EQ(first.counters().found, 0U);
  const PatternStore second(folder_, kRoomy);
  use(second);
  EXPECT_EQ(second.counters().found, 1U);
  EXPECT_EQ(second.counters().kept, 0U);
  use(second, 1);  // others
  EXPECT_EQ(second.counters().found, 1U);
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(PatternStoreTest, TheKeyIsOfAllThatIsCompiled) {
  const std::vector<Pattern> given = patterns();
  const auto key = PatternStore::key_of(given);
  std::vector<Pattern> other = given;
  other[1].nocase = true;
  if (PatternStore::key_of({}) == key) GTEST_SKIP() << "built without the pattern library";
  EXPECT_NE(PatternStore::key_of(other), key);
  other = given;
  std::swap(other[1], other[3]);
  EXPECT_NE(PatternStore::key_of(other), key);
  other = given;
  other.pop_back();
  EXPECT_NE(PatternStore::key_of(other), key);
  // Octets that move from one pattern to its neighbour.
  const std::vector<Pattern> one = {{as_bytes("ab"), false}, {as_bytes("c"), false}};
  const std::vector<Pattern> two = {{as_bytes("a"), false}, {as_bytes("bc"), false}};
  EXPECT_NE(PatternStore::key_of(one), PatternStore::key_of(two));
}

TEST_F(PatternStoreTest, NothingCutIsUsedAndItIsMadeAnew) {
  use(PatternStore(folder_, kRoomy));
  if (files().empty()) GTEST_SKIP() << "built without the pattern library";
  const fs::path path = files().front();
  const std::string whole = content_of(path);
  const auto key = PatternStore::key_of(patterns());
  const PatternStore store(folder_, kRoomy);
  std::uint64_t refused = 0;
  for (std::size_t length = 0; length < whole.size(); length += length < 200 ? 1 : 97) {
    write(path, std::string_view(whole).substr(0, length));
    ASSERT_EQ(store.find(key), nullptr) << length;
    ++refused;
  }
  write(path, whole + "x");
  EXPECT_EQ(store.find(key), nullptr);
  EXPECT_EQ(store.counters().refused, refused + 1);
  use(store);
  EXPECT_EQ(store.counters().kept, 1U);
  EXPECT_EQ(content_of(path), whole);
}

TEST_F(PatternStoreTest, NoBitMayBeAnother) {
  use(PatternStore(folder_, kRoomy));
  if (files().empty()) GTEST_SKIP() << "built without the pattern library";
  const fs::path path = files().front();
  std::string content = content_of(path);
  const auto key = PatternStore::key_of(patterns());
  const PatternStore store(folder_, kRoomy);
  const std::size_t end = content.size();
  // Each octet of head and digest, and of what lies between some.
  for (std::size_t at = 0; at < end; at += at < 128 || at + 64 >= end ? 1 : 61) {
    const char flip = static_cast<char>(1U << at % 8);
    content[at] = static_cast<char>(content[at] ^ flip);
    write(path, content);
    ASSERT_EQ(store.find(key), nullptr) << at;
    content[at] = static_cast<char>(content[at] ^ flip);
  }
  // One of other patterns under this name.
  const auto other = PatternStore::key_of(patterns(1));
  use(store, 1);
  for (const fs::path& each : files()) {
    if (each != path) fs::copy_file(each, path, fs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(store.find(key), nullptr);
  EXPECT_NE(other, key);
}

TEST_F(PatternStoreTest, WhatOthersMayWriteToIsNotRead) {
  use(PatternStore(folder_, kRoomy));
  if (files().empty()) GTEST_SKIP() << "built without the pattern library";
  const fs::path path = files().front();
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const PatternStore store(folder_, kRoomy);
  for (const fs::perms open : {fs::perms::group_write, fs::perms::others_write}) {
    fs::permissions(path, open, fs::perm_options::add);
    use(store);
    // Made anew, and readable again.
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(store.counters().refused, 2U);
  // A link is not followed.
  const std::string elsewhere = root_ + "/elsewhere";
  fs::rename(path, elsewhere);
  fs::create_symlink(elsewhere, path);
  use(store);
  EXPECT_EQ(store.counters().refused, 3U);
  EXPECT_FALSE(fs::is_symlink(path));
}

TEST_F(PatternStoreTest, FilesStayWithinTheirBoundAndTheOldestGo) {
  use(PatternStore(folder_, kRoomy));
  if (files().empty()) GTEST_SKIP() << "built without the pattern library";
  const std::uint64_t one = fs::file_size(files().front());
  const PatternStore store(folder_, one * 4);
  const fs::path first = files().front();
  for (int variant = 1; variant < 12; ++variant) {
    // The first is used again and again; others lie back so that the order is certain.
    for (const fs::path& each : files()) {
      if (each != first)
        fs::last_write_time(each, fs::last_write_time(each) - std::chrono::minutes(1));
    }
    use(store, 0);
    use(store, variant);
    std::uint64_t octets = 0;
    for (const fs::path& each : files())
      octets += fs::file_size(each);
    EXPECT_LE(octets, one * 4);
  }
  EXPECT_EQ(store.counters().found, 11U);
  EXPECT_GE(store.counters().evicted, 7U);
  EXPECT_TRUE(fs::exists(first));
  // What is larger than the bound is not kept.
  const PatternStore tiny(root_ + "/tiny", one - 1);
  use(tiny);
  EXPECT_EQ(tiny.counters().kept, 0U);
}

TEST_F(PatternStoreTest, AFolderThatCannotBeIsNoFault) {
  write(root_ + "/file", "x");
  const PatternStore store(root_ + "/file/below", kRoomy);
  use(store);
  use(store);
  EXPECT_EQ(store.counters().kept, 0U);
  EXPECT_EQ(store.counters().found, 0U);
}

}  // namespace
}  // namespace netmoth::detect
