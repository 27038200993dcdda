#include "capture/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace netmoth::capture {
namespace {

std::string name_of(Capability capability) {
  switch (capability) {
    case Capability::kNetAdmin:
      return "CAP_NET_ADMIN";
    case Capability::kNetRaw:
      return "CAP_NET_RAW";
    case Capability::kIpcLock:
      return "CAP_IPC_LOCK";
    case Capability::kPerfmon:
      return "CAP_PERFMON";
    case Capability::kBpf:
      return "CAP_BPF";
  }
  return "";
}

std::string listed(std::span<const Capability> some) {
  std::string text;
  for (const Capability each : some)
    text += (text.empty() ? "" : ", ") + name_of(each);
  return text;
}

std::uint64_t effective() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return 0;
  return data[0].effective | std::uint64_t{data[1].effective} << 32;
}

}  // namespace

std::string capability_words(const std::string& what, std::span<const Capability> needed,
                             std::uint64_t held) {
  std::vector<Capability> missing;
  for (const Capability each : needed) {
    if ((held >> static_cast<unsigned>(each) & 1) == 0) missing.push_back(each);
  }
  if (missing.empty()) {
    return "the kernel refuses " + what + " although it has " + listed(needed) +
           " (lockdown, a security module, seccomp, or a user namespace of its own)";
  }
  return what + " needs the capabilities " + listed(needed) + "; missing: " + listed(missing);
}

std::string capability_words(const std::string& what, std::span<const Capability> needed) {
  return capability_words(what, needed, effective());
}

}  // namespace netmoth::capture
