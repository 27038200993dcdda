// What a file's first octets say it is, by libmagic: the names Suricata's `magic` has.
//
// Invariant: one finder belongs to one worker (libmagic's handles know no threads); its table is
// loaded when it is first asked. Where the table cannot be loaded every name is empty.
#pragma once

#include <memory>
#include <string_view>

#include "base/types.h"

struct magic_set;

namespace netmoth::protocols {

class MagicFinder {
 public:
  MagicFinder();
  ~MagicFinder();
  MagicFinder(const MagicFinder&) = delete;
  MagicFinder& operator=(const MagicFinder&) = delete;

  // Valid until the next call.
  [[nodiscard]] std::string_view name_of(Bytes start);

 private:
  struct Close {
    void operator()(magic_set* handle) const;
  };
  std::unique_ptr<magic_set, Close> handle_;
  bool tried_ = false;
};

}  // namespace netmoth::protocols
