#include "output/batch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace netmoth::output {
namespace {

// Node makes a standard output that is a pipe non-blocking; whoever reads it may be slow.
TEST(FileSink, WaitsForTheReaderOfANonBlockingPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_NONBLOCK), 0);
  ASSERT_EQ(fcntl(ends[0], F_SETFL, 0), 0);
  constexpr std::size_t kLong = 1 << 20;  // many times what a pipe holds
  std::size_t read_bytes = 0;
  std::thread reader([&] {
    std::array<char, 4096> buffer;
    ssize_t count = 0;
    while ((count = read(ends[0], buffer.data(), buffer.size())) > 0)
      read_bytes += static_cast<std::size_t>(count);
  });
  FileSink sink(ends[1]);
  std::string lines(kLong, 'x');
  EXPECT_TRUE(sink.take(EventClass::kFlow, lines, 1));
  EXPECT_EQ(sink.error(), 0);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_EQ(read_bytes, kLong);
}

}  // namespace
}  // namespace netmoth::output
