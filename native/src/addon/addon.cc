// The module's exports. native/lib/index.ts is the only caller: it has checked every argument.
#include <napi.h>

#include "addon/config.h"
#include "addon/live_job.h"
#include "addon/read_job.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("readFile", Napi::Function::New(env, netmoth::addon::read_file, "readFile"));
  exports.Set("startLive", Napi::Function::New(env, netmoth::addon::start_live, "startLive"));
  exports.Set("interfaces", Napi::Function::New(env, netmoth::addon::interfaces, "interfaces"));
  exports.Set("defaultInterface",
              Napi::Function::New(env, netmoth::addon::default_interface, "defaultInterface"));
  exports.Set("memoryWhenFull",
              Napi::Function::New(env, netmoth::addon::memory_when_full_of, "memoryWhenFull"));
  return exports;
}

}  // namespace

NODE_API_MODULE(netmoth, initialize)
