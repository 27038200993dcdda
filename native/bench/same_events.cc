// One capture read in different ways must give the same events: in pieces of 1, 7 and 65,536
// octets, with the other search for patterns and with none byte for byte, by several workers after
// sorting the lines.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "commands.h"
#include "pipeline/file_run.h"
#include "pipeline/signatures.h"

namespace netmoth::bench {
namespace {

struct Way {
  const char* name;
  std::size_t read_bytes;
  unsigned workers;
  detect::PatternSearch search = detect::PatternSearch::kLibrary;
};
constexpr Way kWays[] = {{"pieces of 1", 1, 1},
                         {"pieces of 7", 7, 1},
                         {"pieces of 64k", 1U << 16, 1},
                         {"2 workers", 0, 2},
                         {"3 workers, pieces of 7", 7, 3},
                         {"scalar search", 0, 1, detect::PatternSearch::kScalar},
                         {"no prefilter", 0, 1, detect::PatternSearch::kNone}};

// A set for each search; empty where none was given.
using Sets = std::array<pipeline::Signatures, 3>;

const pipeline::Signatures& signatures_of(const Way& way, const Sets& sets) {
  return sets[static_cast<std::size_t>(way.search)];
}

std::string events_of(const std::string& capture, const Way& way, const Sets& sets,
                      const std::string& scratch) {
  pipeline::FileRunOptions options;
  options.path = capture;
  options.eve_path = scratch;
  options.engine.workers = way.workers;
  const pipeline::Signatures& signatures = signatures_of(way, sets);
  options.engine.rules = signatures.rules;
  options.engine.indicators = signatures.indicators;
  if (way.read_bytes > 0) options.read_bytes = way.read_bytes;
  const auto result = pipeline::run_file(options, [](const pipeline::Progress&) { return true; });
  std::ostringstream text;
  if (result.fault.code != "NM_CAPTURE_FILE_FORMAT") text << std::ifstream(scratch).rdbuf();
  text << result.fault.code << result.fault.message << '\n';
  return text.str();
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

void show_difference(const std::string& capture, const Way& way, const std::string& one,
                     const std::string& other) {
  const auto expected = sorted_lines(one);
  const auto found = sorted_lines(other);
  const auto [a, b] = std::ranges::mismatch(expected, found);
  std::printf("%s: %s: %zu and %zu lines\n  - %s\n  + %s\n", capture.c_str(), way.name,
              expected.size(), found.size(), a == expected.end() ? "" : a->c_str(),
              b == found.end() ? "" : b->c_str());
}

}  // namespace

int same_events(Arguments arguments) {
  Sets sets;
  if (arguments.size() > 1 && std::strcmp(arguments[0], "--bundle") == 0) {
    for (std::size_t search = 0; search < sets.size(); ++search) {
      const detect::SearchOptions options{static_cast<detect::PatternSearch>(search), nullptr};
      const std::string reason = pipeline::load_signatures(arguments[1], sets[search], options);
      if (reason.empty()) continue;
      std::fprintf(stderr, "%s: %s\n", arguments[1], reason.c_str());
      return 1;
    }
    arguments = arguments.subspan(2);
  }
  char scratch[] = "/tmp/netmoth-same-XXXXXX";
  const int file = ::mkstemp(scratch);
  if (file < 0) return 1;
  ::close(file);
  std::size_t different = 0;
  std::size_t events = 0;
  for (const char* capture : arguments) {
    const std::string plain = events_of(capture, {"plain", 0, 1}, sets, scratch);
    events += static_cast<std::size_t>(std::ranges::count(plain, '\n')) - 1;
    for (const Way& way : kWays) {
      if (way.search != detect::PatternSearch::kLibrary && sets[0].rules == nullptr) continue;
      const std::string other = events_of(capture, way, sets, scratch);
      const bool same =
          way.workers == 1 ? plain == other : sorted_lines(plain) == sorted_lines(other);
      if (same) continue;
      ++different;
      show_difference(capture, way, plain, other);
    }
  }
  ::unlink(scratch);
  std::printf("{\"captures\":%zu,\"events\":%zu,\"different\":%zu}\n", arguments.size(), events,
              different);
  return different == 0 ? 0 : 1;
}

}  // namespace netmoth::bench
