// See magic.h.
#include "protocols/magic.h"

#include <magic.h>

namespace netmoth::protocols {

void MagicFinder::Close::operator()(magic_set* handle) const {
  magic_close(handle);
}

MagicFinder::MagicFinder() = default;
MagicFinder::~MagicFinder() = default;

std::string_view MagicFinder::name_of(Bytes start) {
  if (!tried_) {
    tried_ = true;
    // What lies inside archives and containers is not looked at: it costs most and says least.
    constexpr int kFlags = MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF |
                           MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_CSV;
    handle_.reset(magic_open(kFlags));
    if (handle_ != nullptr && magic_load(handle_.get(), nullptr) != 0) handle_.reset();
  }
  if (handle_ == nullptr) return {};
  const char* name = magic_buffer(handle_.get(), start.data(), start.size());
  return name == nullptr ? std::string_view() : std::string_view(name);
}

}  // namespace netmoth::protocols
