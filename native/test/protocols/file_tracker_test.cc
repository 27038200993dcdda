#include "protocols/file_tracker.h"

#include <gtest/gtest.h>

#include "protocols/magic.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::RecordingSink;

constexpr FileTracker::Origin kOrigin{AppProto::kSmtp, Direction::kToClient, 7};

TEST(FileTracker, TellsAFileOnceAtItsEnd) {
  RecordingSink sink;
  sink.settings.files = true;
  FileTracker tracker;
  tracker.begin("a.txt", kOrigin, sink);
  tracker.data(as_bytes("ab"));
  tracker.data(as_bytes("c"));
  EXPECT_TRUE(sink.lines.empty());
  tracker.end(FileState::kClosed, nullptr, sink);
  tracker.end(FileState::kClosed, nullptr, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"app_proto":"smtp","fileinfo":{"filename":"a.txt","gaps":false,"state":"CLOSED",)"
            R"("stored":false,"size":3,"tx_id":7}})");
  EXPECT_EQ(sink.directions, std::vector{Direction::kToClient});
}

TEST(FileTracker, DigestsWhatIsWholeOnly) {
  RecordingSink sink;
  sink.settings.files = true;
  sink.settings.digests = {.md5 = true, .sha1 = true, .sha256 = true};
  FileTracker tracker;
  tracker.begin("a", kOrigin, sink);
  tracker.data(as_bytes("a"));
  tracker.data(as_bytes("bc"));
  tracker.end(FileState::kClosed, nullptr, sink);
  // The vectors of RFC 1321 §A.5 and FIPS 180.
  EXPECT_NE(sink.lines.at(0).find(
                R"("md5":"900150983cd24fb0d6963f7d28e17f72",)"
                R"("sha1":"a9993e364706816aba3e25717850c26c9cd0d89d",)"
                R"("sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")"),
            std::string::npos);
  tracker.begin("gap", kOrigin, sink);
  tracker.data(as_bytes("abc"));
  tracker.gap(10);
  tracker.end(FileState::kClosed, nullptr, sink);
  EXPECT_NE(sink.lines.at(1).find(R"("gaps":true,"state":"CLOSED","stored":false,"size":3)"),
            std::string::npos);
  tracker.begin("cut", kOrigin, sink);
  tracker.data(as_bytes("abc"));
  tracker.end(FileState::kTruncated, nullptr, sink);
  EXPECT_NE(sink.lines.at(2).find(R"("state":"TRUNCATED","stored":false)"), std::string::npos);
  EXPECT_EQ(sink.lines.at(2).find("md5"), std::string::npos);
}

TEST(FileTracker, DoesNothingWhereNobodyAsks) {
  RecordingSink sink;
  FileTracker tracker;
  tracker.begin("a.txt", kOrigin, sink);
  EXPECT_FALSE(tracker.is_open());
  tracker.data(as_bytes("ab"));
  tracker.end(FileState::kClosed, nullptr, sink);
  EXPECT_TRUE(sink.lines.empty());
}

TEST(FileTracker, NamesTheTypeByTheStart) {
  MagicFinder magic;
  RecordingSink sink;
  sink.settings.files = true;
  sink.settings.magic = &magic;
  FileTracker tracker;
  tracker.begin("a", kOrigin, sink);
  tracker.data(as_bytes("%PDF"));
  tracker.data(as_bytes("-1.4\n"));
  tracker.data(as_bytes(std::string(10'000, 'x')));
  tracker.end(FileState::kClosed, nullptr, sink);
  EXPECT_NE(sink.lines.at(0).find(R"("magic":"PDF document, version 1.4")"), std::string::npos)
      << sink.lines.at(0);
}

TEST(FileTracker, CutsNames) {
  RecordingSink sink;
  sink.settings.files = true;
  FileTracker tracker;
  tracker.begin(std::string(kMaxFileName + 10, 'n'), kOrigin, sink);
  tracker.end(FileState::kUnknown, nullptr, sink);
  EXPECT_LT(sink.lines.at(0).size(), kMaxFileName + 200);
  EXPECT_NE(sink.lines.at(0).find(R"("state":"UNKNOWN")"), std::string::npos);
}

}  // namespace
}  // namespace netmoth::protocols
