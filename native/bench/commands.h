// What netmoth_bench can do. Each takes what follows its name on the command line and returns the
// exit status.
#pragma once

#include <span>

namespace netmoth::bench {

using Arguments = std::span<char*>;

// loop FILE [MAX_FLOWS]: decode and flow table alone, no payload looked at, no events.
int bare_loop(Arguments arguments);

// same FILE…: whether each capture gives the same events however it is read.
int same_events(Arguments arguments);

}  // namespace netmoth::bench
