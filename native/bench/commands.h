// What netmoth_bench can do. Each takes what follows its name on the command line and returns the
// exit status.
#pragma once

#include <span>

namespace netmoth::bench {

using Arguments = std::span<char*>;

// loop FILE [MAX_FLOWS]: decode and flow table alone, no payload looked at, no events.
int bare_loop(Arguments arguments);

// hostile list | hostile SHAPE [SIZE]: a shape of test/testing/hostile_shapes.h through a worker.
int hostile(Arguments arguments);

// capture bare|STRATEGY INTERFACE SECONDS: CPU of a thread that reads packets off an interface.
int capture(Arguments arguments);

// flood INTERFACE OCTETS PACKETS_A_SECOND SECONDS: UDP of eight flows, and how many were sent.
int flood(Arguments arguments);

// memory MAX_FLOWS: a worker with everything full; octets of each part and of the process, as JSON.
int memory(Arguments arguments);

// lists BUNDLE: what indicators of a bundle cost to load and to look up.
int lists(Arguments arguments);

// same [--bundle BUNDLE] FILE…: whether each capture gives the same events however it is read.
int same_events(Arguments arguments);

}  // namespace netmoth::bench
