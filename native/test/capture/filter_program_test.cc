// Filters translated to the kernel's newer kind of BPF take what libpcap's own interpreter takes:
// every filter here, every frame, cut at every length. Run in the kernel by BPF_PROG_TEST_RUN.
#include "capture/filter_program.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "capture/packet_filter.h"
#include "testing/packet_builder.h"

// libpcap's interpreter. Its header and <linux/bpf.h> both have a bpf_insn, which are different.
extern "C" unsigned bpf_filter(const sock_filter* program, const unsigned char* packet,
                               unsigned wire_length, unsigned length);

namespace netmoth::capture {
namespace {

using testing::Buffer;

constexpr std::uint32_t kSnapLength = 262'144;
// BPF_PROG_TEST_RUN takes a link header off, which the filters here look at: so there are two.
constexpr std::size_t kLinkHeader = 14;

constexpr std::array kFilters{
    "udp port 53",
    "tcp",
    "host 192.0.2.1 and not port 22",
    "src net 192.0.2.0/24",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "ip[0] & 15 > 5 or ip6",
    "len > 100",
    "less 60 or greater 1000",
    "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
    "ip6 and udp portrange 50-60",
    "icmp or arp or vlan 7",
    "ip[2:2] % 7 = 3 or ip[2:2] * 3 - 5 > 200",
    "udp[8] ^ udp[9] = 0",
    "not ip proto 17 and ether host 02:00:00:00:00:02",
};

std::vector<Buffer> frames() {
  testing::TcpSpec syn;
  syn.source_port = 40'000;
  syn.destination_port = 80;
  syn.flags = 2;
  testing::TcpSpec data = syn;
  data.flags = 24;
  Buffer tagged = testing::ethernet(
      testing::ipv4("192.0.2.1", "192.0.2.2", testing::udp(53, 5353, "a tagged one")));
  const Buffer tag = testing::bytes({0x81, 0x00, 0x00, 0x07});
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  return {
      testing::ethernet(testing::ipv4("192.0.2.1", "192.0.2.2", testing::tcp(syn, ""))),
      testing::ethernet(
          testing::ipv4("192.0.2.1", "10.0.0.1", testing::tcp(data, "GET / HTTP/1.1"))),
      testing::ethernet(testing::ipv4("10.1.1.1", "192.0.2.1", testing::udp(53, 999, "name"))),
      testing::ethernet(testing::ipv6("2001:db8::1", "2001:db8::2", testing::udp(999, 53, "name"))),
      testing::ethernet(testing::ipv4("10.1.1.1", "10.1.1.2", testing::icmp(8, 0, {}))),
      tagged,
  };
}

class Program {
 public:
  explicit Program(std::span<const sock_filter> filter)
      : next_(::bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "next", 4, 4, 1, nullptr)) {
    if (next_ < 0) return;
    const auto code = chain_filter(filter, next_, kSnapLength);
    if (code.empty()) return;
    program_ =
        ::bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "filter", "Dual MIT/GPL",
                        reinterpret_cast<const ::bpf_insn*>(code.data()), code.size(), nullptr);
  }
  ~Program() {
    if (program_ >= 0) ::close(program_);
    if (next_ >= 0) ::close(next_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] bool has_map() const { return next_ >= 0; }
  [[nodiscard]] bool loaded() const { return program_ >= 0; }
  [[nodiscard]] bool takes(Bytes frame) const {
    Buffer data(kLinkHeader);
    data.insert(data.end(), frame.begin(), frame.end());
    bpf_test_run_opts run{};
    run.sz = sizeof run;
    run.data_in = data.data();
    run.data_size_in = static_cast<std::uint32_t>(data.size());
    EXPECT_EQ(::bpf_prog_test_run_opts(program_, &run), 0) << std::strerror(errno);
    EXPECT_TRUE(run.retval == 0 || run.retval == kSnapLength) << run.retval;
    return run.retval != 0;
  }

 private:
  int next_ = -1;
  int program_ = -1;
};

TEST(FilterProgram, TakesWhatTheClassicFilterTakes) {
  for (const char* const text : kFilters) {
    const CompiledFilter filter = compile_filter(text, "", false, kSnapLength);
    ASSERT_EQ(filter.error, "") << text;
    const Program program(filter.program);
    if (!program.has_map()) GTEST_SKIP() << "no BPF here: " << std::strerror(errno);
    ASSERT_TRUE(program.loaded()) << text << ": " << std::strerror(errno);
    for (const Buffer& frame : frames()) {
      for (std::size_t length = frame.size(); length > 0; --length) {
        const Bytes part = Bytes(frame).first(length);
        const auto octets = static_cast<unsigned>(part.size());
        const bool classic = ::bpf_filter(filter.program.data(), part.data(), octets, octets) != 0;
        EXPECT_EQ(program.takes(part), classic) << text << ", " << length << " octets";
      }
    }
  }
}

TEST(FilterProgram, RefusesWhatItDoesNotKnow) {
  const std::vector<sock_filter> odd{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)},
      {BPF_RET | BPF_K, 0, 0, 1}};
  EXPECT_TRUE(chain_filter(odd, 0, kSnapLength).empty());
  const std::vector<sock_filter> beyond{{BPF_JMP | BPF_JA, 0, 0, 5}, {BPF_RET | BPF_K, 0, 0, 1}};
  EXPECT_TRUE(chain_filter(beyond, 0, kSnapLength).empty());
  const std::vector<sock_filter> by_zero{{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0},
                                         {BPF_RET | BPF_K, 0, 0, 1}};
  EXPECT_TRUE(chain_filter(by_zero, 0, kSnapLength).empty());
}

}  // namespace
}  // namespace netmoth::capture
