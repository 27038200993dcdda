// The eBPF tap as kernels without tcx get it: on a clsact qdisc, in network namespaces.
#include "capture/clsact.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <csignal>

#include "capture/ebpf_tap.h"
#include "testing/network_namespace.h"

namespace netmoth::capture {
namespace {

using testing_support::in_namespace;
using testing_support::send_datagrams;
using testing_support::shell;

std::unique_ptr<EbpfTap> must_tap() {
  LiveFault fault;
  auto tap = EbpfTap::load({.lanes = 1, .ring_bytes = std::size_t{4} << 20}, fault);
  if (tap == nullptr) {
    std::printf("skipped: %s\n", fault.message.c_str());
    std::fflush(stdout);
    ::_exit(testing_support::kNamespaceSkipped);
  }
  tap->use_clsact();
  EXPECT_TRUE(tap->attach(::if_nametoindex("va"), false, fault)) << fault.message;
  return tap;
}

bool has_qdisc() {
  return shell("tc qdisc show dev va | grep -q clsact");
}
// Ours.
bool has_filter() {
  return shell("tc filter show dev va ingress | grep -q 'bpf.* handle 0x6e6d '") ||
         shell("tc filter show dev va egress | grep -q 'bpf.* handle 0x6e6d '");
}
// One that lets everything through and is the last that is asked.
bool add_filter_of_another(const std::string& direction, int priority) {
  return shell("tc filter add dev va " + direction + " prio " + std::to_string(priority) +
               " bpf da bytecode '1,6 0 0 0,'");
}

TEST(Clsact, TapsBothWaysAndLeavesNoFilter) {
  in_namespace([] {
    {
      const auto tap = must_tap();
      EXPECT_TRUE(has_qdisc() && has_filter());
      ASSERT_EQ(send_datagrams(25), 25);
      EXPECT_GE(tap->counters(0).packets, 25U);
      std::size_t records = 0;
      for (TapRing& ring : tap->rings(0)) {
        for (; !ring.peek().empty(); ring.pop())
          ++records;
      }
      EXPECT_EQ(records, tap->counters(0).packets);
    }
    EXPECT_FALSE(has_filter());
  });
}

// The qdisc is ours, then another puts its filter there: it outlives us.
TEST(Clsact, LeavesWhatAnotherPutOnItsQdisc) {
  in_namespace([] {
    {
      const auto tap = must_tap();
      ASSERT_TRUE(add_filter_of_another("egress", 1));
    }
    EXPECT_FALSE(has_filter());
    EXPECT_TRUE(shell("tc filter show dev va egress | grep -q 'pref 1 '"));
  });
}

// Of a verdict before ours the kernel asks no further: we would see nothing and not know it.
TEST(Clsact, RefusesToComeAfterAnother) {
  for (const char* const direction : {"ingress", "egress"}) {
    in_namespace([direction] {
      { const auto tap = must_tap(); }
      ASSERT_TRUE(add_filter_of_another(direction, 40'000));
      { const auto tap = must_tap(); }  // which comes after ours
      ASSERT_TRUE(add_filter_of_another(direction, 1));
      LiveFault fault;
      const auto tap = EbpfTap::load({.lanes = 1, .ring_bytes = std::size_t{4} << 20}, fault);
      ASSERT_NE(tap, nullptr) << fault.message;
      tap->use_clsact();
      EXPECT_FALSE(tap->attach(::if_nametoindex("va"), false, fault));
      EXPECT_NE(fault.message.find("another's filter comes first"), std::string::npos)
          << fault.message;
      EXPECT_FALSE(has_filter());
    });
  }
}

TEST(Clsact, LeavesTheQdiscOfAnother) {
  in_namespace([] {
    ASSERT_TRUE(shell("tc qdisc add dev va clsact"));
    { const auto tap = must_tap(); }
    EXPECT_TRUE(has_qdisc());
    EXPECT_FALSE(has_filter());
  });
}

// A filter outlives whoever is killed; the next to start has it and takes it off.
TEST(Clsact, TakesOverWhatAKilledOneLeft) {
  in_namespace([] {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto tap = must_tap();
      (void)!::write(ready[1], "x", 1);
      ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    const bool tapped = ::read(ready[0], &byte, 1) == 1;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    if (!tapped) ::_exit(testing_support::kNamespaceSkipped);
    EXPECT_TRUE(has_qdisc() && has_filter()) << "the kernel keeps it";
    {
      const auto tap = must_tap();
      ASSERT_EQ(send_datagrams(5), 5);
      EXPECT_GE(tap->counters(0).packets, 5U);
    }
    EXPECT_FALSE(has_filter());
  });
}

}  // namespace
}  // namespace netmoth::capture
