// From checked JavaScript objects (native/lib has seen every field) to the engine's structures.
#pragma once

#include <napi.h>

#include "pipeline/worker.h"

namespace netmoth::addon {

pipeline::EngineConfig engine_config(const Napi::Object& object);

std::uint32_t number_of(const Napi::Object& object, const char* name);
std::string text_of(const Napi::Object& object, const char* name);
Napi::Array texts_of(Napi::Env env, const std::vector<std::string>& texts);

// memoryWhenFull(engine, workers) → octets.
Napi::Value memory_when_full_of(const Napi::CallbackInfo& call);

// EngineStats of contracts/src/native.ts.
Napi::Object stats_object(Napi::Env env, const pipeline::WorkerCounters& counters,
                          const output::CaptureRecord& capture);

}  // namespace netmoth::addon
