// startLive(options, onBatch, onEnd) → { stats(), stop(onStopped), signatures(),
// swapSignatures(path, onDone) }; interfaces(); defaultInterface().
//
// Invariant: batches reach JavaScript in order and through one thread-safe function, at most
// `queueBatches` of them waiting; beyond that live capture drops and counts, a replay and the last
// flush wait for room. A bundle is loaded by a thread of its own, one at a time. Threads are joined
// before anything they use is freed, also when the environment is torn down.
#pragma once

#include <napi.h>

namespace netmoth::addon {

Napi::Value start_live(const Napi::CallbackInfo& info);
Napi::Value interfaces(const Napi::CallbackInfo& info);
Napi::Value default_interface(const Napi::CallbackInfo& info);

}  // namespace netmoth::addon
