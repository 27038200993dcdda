// The table as the build compiled it in.
#include "correlate/application.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace netmoth::correlate {
namespace {

std::string_view name_of(std::string_view host) {
  return application(application_by_name(host)).name;
}

TEST(Application, TheTableIsLargeAndEveryEntryHasNameAndCategory) {
  EXPECT_GE(application_count(), 150U);
  std::set<std::string_view> names;
  for (std::size_t id = 1; id <= application_count(); ++id) {
    const Application each = application(static_cast<ApplicationId>(id));
    EXPECT_FALSE(each.name.empty());
    EXPECT_FALSE(each.category.empty());
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
  }
  EXPECT_EQ(application(kUnknownApplication).name, "unknown");
  EXPECT_EQ(application(kUnknownApplication).category, "");
  EXPECT_EQ(application(60'000).name, "unknown");
}

TEST(Application, ARuleCoversItsDomainAndWhatIsUnderIt) {
  EXPECT_EQ(name_of("netflix.com"), "Netflix");
  EXPECT_EQ(name_of("api-global.NETFLIX.com."), "Netflix");
  EXPECT_EQ(name_of("notnetflix.com"), "unknown");
  EXPECT_EQ(name_of("netflix.com.evil.example"), "unknown");
  EXPECT_EQ(name_of("com"), "unknown");
}

TEST(Application, TheLongestRuleWins) {
  EXPECT_EQ(name_of("www.google.com"), "Google");
  EXPECT_EQ(name_of("mail.google.com"), "Gmail");
  EXPECT_EQ(name_of("a.b.mail.google.com"), "Gmail");
  EXPECT_EQ(name_of("youtubei.googleapis.com"), "YouTube");
  EXPECT_EQ(name_of("storage.googleapis.com"), "Google APIs");
  EXPECT_EQ(name_of("teams.microsoft.com"), "Microsoft Teams");
}

TEST(Application, OddNamesAreUnknown) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("192.0.2.1"),
        std::string("..com"), std::string(1000, 'a'), std::string(253, '.')})
    EXPECT_EQ(application_by_name(name), kUnknownApplication) << name;
  EXPECT_EQ(name_of("..netflix.com"), "Netflix");
}

TEST(Application, ByFingerprint) {
  const auto name = [](std::string_view print) {
    return application(application_by_fingerprint(print)).name;
  };
  EXPECT_EQ(name("t13d1516h2_8daaf6152771_02713d6af862"), "Chromium");
  EXPECT_EQ(name("t13d1516h2_8daaf6152771_02713d6af86"), "unknown");
  EXPECT_EQ(name("e7d705a3286e19ea42f587b344ee6865"), "Tor");
  EXPECT_EQ(name(""), "unknown");
  EXPECT_EQ(name("zzz"), "unknown");
}

}  // namespace
}  // namespace netmoth::correlate
