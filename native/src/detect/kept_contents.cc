// Contents and files of transactions that are not over, kept until they are looked at. See
// detector.h.
//
// Invariant: of a flow kMaxBodies bodies of kMaxBodyOctets and kMaxFiles files are kept, of either
// kMaxContentOctets in all; what goes beyond is counted.
#include <algorithm>

#include "base/hex.h"
#include "detect/detector.h"
#include "detect/transaction.h"

namespace netmoth::detect {
namespace {

using protocols::AppProto;

constexpr std::size_t kMaxBodyOctets = std::size_t{128} << 10;

}  // namespace

void Detector::on_content(const Subject& subject, const protocols::ContentPiece& piece) {
  if (set_ == nullptr || !(set_->wants_bodies() || keep_bodies_)) return;
  FlowState& state = state_of(*subject.flow);
  const KeptBody* const body = state.bodies.find(piece.tx_id, piece.direction);
  if (body == nullptr && piece.offset != 0 && subject.flow->start <= bodies_since_)
    return;  // its start is missing
  const std::size_t has = body == nullptr ? 0 : body->content.size();
  const std::size_t room = kMaxBodyOctets - std::min(kMaxBodyOctets, has);
  const Bytes kept = piece.data.first(std::min(room, piece.data.size()));
  counters_.octets_dropped += piece.data.size() - kept.size();
  counters_.octets_dropped +=
      body == nullptr ? state.bodies.add({piece.tx_id, piece.direction, {kept.begin(), kept.end()}})
                      : state.bodies.append(body, kept);
}

void Detector::on_file(const Subject& subject, const protocols::FileInfo& file) {
  if (set_ == nullptr) return;  // alerts tell files whatever rules ask for
  FlowState& state = state_of(*subject.flow);
  KeptFile kept;
  kept.tx_id = file.tx_id;
  kept.direction = subject.direction;
  kept.info = file;
  kept.info.transaction = nullptr;
  kept.info.content = {};
  kept.content.assign(file.content.begin(), file.content.end());
  if (file.digests.md5) kept.md5 = base::to_hex(*file.digests.md5);
  if (file.digests.sha1) kept.sha1 = base::to_hex(*file.digests.sha1);
  if (file.digests.sha256) kept.sha256 = base::to_hex(*file.digests.sha256);
  counters_.octets_dropped += state.files.add(std::move(kept));
}

TxView Detector::view_of(const Subject& subject, const protocols::Record& record) {
  ++tx_stamp_;
  TxView tx;
  tx.proto = static_cast<AppProto>(subject.flow->app_proto);
  tx.record = &record;
  tx.id = tx_id_of(record);
  tx.direction = subject.direction;
  auto* const state = static_cast<FlowState*>(subject.flow->detection.get());
  if (state == nullptr) return tx;
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    if (const KeptBody* body = state->bodies.find(tx_id_of(record), direction); body != nullptr)
      tx.bodies[index_of(direction)] = body->content;
  }
  tx.files = state->files.all();
  return tx;
}

}  // namespace netmoth::detect
