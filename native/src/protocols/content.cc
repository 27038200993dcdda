// See content.h.
#include "protocols/content.h"

#include "protocols/parser.h"

namespace netmoth::protocols {

const ContentSettings& TransactionSink::content() const {
  static constexpr ContentSettings kNothingWanted;
  return kNothingWanted;
}

}  // namespace netmoth::protocols
