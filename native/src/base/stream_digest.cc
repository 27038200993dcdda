// See stream_digest.h.
#include "base/stream_digest.h"

namespace netmoth::base {

void StreamDigest::start(DigestKinds wanted) {
  wanted_ = wanted;
  if (wanted_.md5) md5_init(&md5_);
  if (wanted_.sha1) sha1_init(&sha1_);
  if (wanted_.sha256) sha256_init(&sha256_);
}

void StreamDigest::update(Bytes data) {
  if (wanted_.md5) md5_update(&md5_, data.size(), data.data());
  if (wanted_.sha1) sha1_update(&sha1_, data.size(), data.data());
  if (wanted_.sha256) sha256_update(&sha256_, data.size(), data.data());
}

Digests StreamDigest::finish() {
  Digests made;
  if (wanted_.md5) md5_digest(&md5_, 16, made.md5.emplace().data());
  if (wanted_.sha1) sha1_digest(&sha1_, 20, made.sha1.emplace().data());
  if (wanted_.sha256) sha256_digest(&sha256_, 32, made.sha256.emplace().data());
  wanted_ = {};
  return made;
}

}  // namespace netmoth::base
