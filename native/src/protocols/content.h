// What is wanted of the contents that protocols carry (bodies, attachments, files), and how their
// decoded octets reach whoever inspects them.
//
// Invariant: with everything off nothing is decoded, copied or digested: parsers count only.
#pragma once

#include "base/codec_memory.h"
#include "base/stream_digest.h"
#include "base/types.h"

namespace netmoth::protocols {

class MagicFinder;

struct ContentSettings {
  bool files = false;                   // fileinfo events
  base::DigestKinds digests;            // in them
  MagicFinder* magic = nullptr;         // in them; owned by the worker
  base::CodecMemory* memory = nullptr;  // for decoding; owned by the worker, there where any() is
  bool inspect = false;                 // pieces to TransactionSink::on_content()
  // Rules ask for contents of files beside those of on_content(), for protocol data units.
  bool inspect_files = false;
  bool frames = false;
  // Decoded octets of one content that are handed on for inspection (Suricata's
  // request-body-limit and response-body-limit).
  std::uint64_t request_inspected_octets = 100U << 10;
  std::uint64_t response_inspected_octets = 100U << 10;

  [[nodiscard]] bool any() const { return memory != nullptr && (files || inspect); }
};

// Decoded octets of one message's content, in order. `data` is valid during the call only.
struct ContentPiece {
  std::uint64_t tx_id = 0;
  Direction direction = Direction::kToServer;
  std::uint64_t offset = 0;  // of `data` in the decoded content
  Bytes data;
  bool last = false;  // nothing further of this content will be handed on
};

}  // namespace netmoth::protocols
