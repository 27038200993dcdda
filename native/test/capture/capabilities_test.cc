#include "capture/capabilities.h"

#include <gtest/gtest.h>

#include <array>

namespace netmoth::capture {
namespace {

constexpr std::array kNeeded{Capability::kBpf, Capability::kNetRaw};
constexpr std::uint64_t bit(Capability capability) {
  return std::uint64_t{1} << static_cast<unsigned>(capability);
}

TEST(Capabilities, NamesThoseThatAreMissing) {
  EXPECT_EQ(capability_words("it", kNeeded, bit(Capability::kNetRaw)),
            "it needs the capabilities CAP_BPF, CAP_NET_RAW; missing: CAP_BPF");
  EXPECT_EQ(capability_words("it", kNeeded, 0),
            "it needs the capabilities CAP_BPF, CAP_NET_RAW; missing: CAP_BPF, CAP_NET_RAW");
}

TEST(Capabilities, SaysThatTheyAreNotWhatIsMissing) {
  const auto held = bit(Capability::kBpf) | bit(Capability::kNetRaw);
  EXPECT_EQ(capability_words("it", kNeeded, held).rfind("the kernel refuses it although", 0), 0U);
}

}  // namespace
}  // namespace netmoth::capture
