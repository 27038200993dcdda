// readFile(options, onProgress, onDone): one capture file on a thread of its own.
//
// Invariant: the thread is joined before the job is freed, at the end of the file or when the
// environment is torn down in the middle; it never waits for JavaScript.
#pragma once

#include <napi.h>

namespace netmoth::addon {

Napi::Value read_file(const Napi::CallbackInfo& info);

}  // namespace netmoth::addon
