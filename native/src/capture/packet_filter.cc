// Compilation by libpcap.
//
// Invariant: see packet_filter.h. libpcap's parser is not called from two threads at once.
#include "capture/packet_filter.h"

#include <pcap/pcap.h>

#include <memory>
#include <mutex>

namespace netmoth::capture {
namespace {

using Handle = std::unique_ptr<pcap_t, void (*)(pcap_t*)>;

constexpr int kSmallBufferBytes = 256 * 1024;

Handle open_handle(const std::string& interface, bool raw_ip, int snap_length) {
  if (!interface.empty() && !raw_ip) {
    char error[PCAP_ERRBUF_SIZE] = {};
    Handle live(::pcap_create(interface.c_str(), error), ::pcap_close);
    if (live != nullptr) {
      ::pcap_set_snaplen(live.get(), snap_length);
      ::pcap_set_promisc(live.get(), 0);
      ::pcap_set_buffer_size(live.get(), kSmallBufferBytes);
      if (::pcap_activate(live.get()) >= 0) return live;
    }
  }
  return {::pcap_open_dead(raw_ip ? DLT_RAW : DLT_EN10MB, snap_length), ::pcap_close};
}

}  // namespace

CompiledFilter compile_filter(const std::string& expression, const std::string& interface,
                              bool raw_ip, std::uint32_t snap_length) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  CompiledFilter result;
  const auto snap = static_cast<int>(snap_length);
  if (expression.empty()) {
    result.program.push_back({BPF_RET | BPF_K, 0, 0, snap_length});
    return result;
  }
  const Handle handle = open_handle(interface, raw_ip, snap);
  if (handle == nullptr) {
    result.error = "libpcap has no memory";
    return result;
  }
  bpf_program program{};
  constexpr int kOptimize = 1;
  if (::pcap_compile(handle.get(), &program, expression.c_str(), kOptimize, PCAP_NETMASK_UNKNOWN) !=
      0) {
    result.error = ::pcap_geterr(handle.get());
    return result;
  }
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& instruction = program.bf_insns[i];
    result.program.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
  }
  ::pcap_freecode(&program);
  return result;
}

}  // namespace netmoth::capture
