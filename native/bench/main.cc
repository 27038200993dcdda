// The engine on a command line without Node: `read` does what `netmoth read` does with its
// defaults.
//
// Invariant: what is measured is in the libraries; nothing here runs per packet but the bare loop.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "commands.h"
#include "pipeline/file_run.h"

namespace netmoth::bench {
namespace {

int read(Arguments arguments) {
  pipeline::FileRunOptions options;
  options.path = arguments[0];
  options.eve_path = arguments.size() > 1 ? arguments[1] : "/dev/null";
  if (arguments.size() > 2) options.engine.workers = static_cast<unsigned>(std::atoi(arguments[2]));
  if (arguments.size() > 3) options.bundle_path = arguments[3];
  const pipeline::FileRunResult result =
      pipeline::run_file(options, [](const pipeline::Progress&) { return true; });
  if (!result.fault.code.empty()) std::fprintf(stderr, "%s\n", result.fault.message.c_str());
  std::printf("{\"packets\":%llu,\"events\":%llu,\"flows\":%llu,\"seconds\":%.6f}\n",
              static_cast<unsigned long long>(result.frames),
              static_cast<unsigned long long>(result.counters.events_made),
              static_cast<unsigned long long>(result.counters.flows.created), result.wall_seconds);
  return 0;
}

int usage() {
  std::fputs(
      "netmoth_bench read FILE [EVE [WORKERS [BUNDLE]]]\n"
      "netmoth_bench loop FILE [MAX_FLOWS]\n"
      "netmoth_bench capture bare|STRATEGY INTERFACE SECONDS\n"
      "netmoth_bench flood INTERFACE OCTETS PACKETS_A_SECOND SECONDS\n"
      "netmoth_bench hostile list | hostile SHAPE [SIZE]\n"
      "netmoth_bench lists BUNDLE\n"
      "netmoth_bench memory MAX_FLOWS [BUNDLE]\n"
      "netmoth_bench same [--bundle BUNDLE] FILE…\n",
      stderr);
  return 64;
}

}  // namespace
}  // namespace netmoth::bench

int main(int count, char** values) {
  using namespace netmoth::bench;
  const Arguments arguments(values, static_cast<std::size_t>(count));
  if (arguments.size() < 3) return usage();
  const char* const command = arguments[1];
  if (std::strcmp(command, "read") == 0) return read(arguments.subspan(2));
  if (std::strcmp(command, "loop") == 0) return bare_loop(arguments.subspan(2));
  if (std::strcmp(command, "hostile") == 0) return hostile(arguments.subspan(2));
  if (std::strcmp(command, "lists") == 0) return lists(arguments.subspan(2));
  if (std::strcmp(command, "capture") == 0) return capture(arguments.subspan(2));
  if (std::strcmp(command, "flood") == 0) return flood(arguments.subspan(2));
  if (std::strcmp(command, "memory") == 0) return memory(arguments.subspan(2));
  if (std::strcmp(command, "same") == 0) return same_events(arguments.subspan(2));
  return usage();
}
