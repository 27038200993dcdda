// Buffers and fields of files, of whatever protocol carried them. Source: Suricata 8 user guide,
// "File Keywords".
#include "detect/buffers.h"
#include "detect/fields.h"

namespace netmoth::detect {
namespace {

using protocols::AppProto;
using protocols::RecordKind;

void names(const TxView& tx, Direction side, BufferValues& out) {
  tx.for_each_file(side, [&](const KeptFile& file) {
    if (!file.info.name.empty()) out.add(std::string_view(file.info.name));
  });
}

void magics(const TxView& tx, Direction side, BufferValues& out) {
  tx.for_each_file(side, [&](const KeptFile& file) {
    if (!file.info.magic.empty()) out.add(std::string_view(file.info.magic));
  });
}

// The body of an HTTP/1 answer, whether it is a file or not; else files.
void contents(const TxView& tx, Direction side, BufferValues& out) {
  if (const Bytes body = tx.bodies[index_of(side)];
      tx.proto == AppProto::kHttp && side == Direction::kToClient) {
    if (!body.empty()) out.add(body);
    return;
  }
  tx.for_each_file(side, [&](const KeptFile& file) {
    if (!file.content.empty()) out.add(Bytes(file.content));
  });
}

// Of a file whose end was not seen it is known that it is longer than this.
void file_size(const FieldContext& c, FieldValues& out) {
  c.tx->for_each_file(c.direction, [&](const KeptFile& file) {
    const bool whole = file.info.state == protocols::FileState::kClosed && !file.info.gaps;
    if (whole)
      out.add(file.info.size);
    else
      out.add_at_least(file.info.size);
  });
}

template <std::string KeptFile::*kDigest>
void digest(const FieldContext& c, FieldValues& out) {
  c.tx->for_each_file(c.direction, [&](const KeptFile& file) {
    if (!(file.*kDigest).empty()) out.add(std::string_view(file.*kDigest));
  });
}

constexpr std::uint32_t kCarriers =
    kind_bit(RecordKind::kHttp) | kind_bit(RecordKind::kSmtp) | kind_bit(RecordKind::kFtpData);

constexpr BufferRow kRows[] = {
    {"file.data", kCarriers, Side::kAny, contents},
    {"file.magic", kCarriers, Side::kAny, magics},
    {"file.name", kCarriers, Side::kAny, names},
};

constexpr FieldScope kTx = FieldScope::kTransaction;
constexpr FieldRow kFields[] = {
    {.name = "filemd5",
     .scope = kTx,
     .kinds = kCarriers,
     .read = digest<&KeptFile::md5>,
     .sorted = true},
    {.name = "filesha1",
     .scope = kTx,
     .kinds = kCarriers,
     .read = digest<&KeptFile::sha1>,
     .sorted = true},
    {.name = "filesha256",
     .scope = kTx,
     .kinds = kCarriers,
     .read = digest<&KeptFile::sha256>,
     .sorted = true},
    {.name = "filesize", .scope = kTx, .kinds = kCarriers, .read = file_size},
};

}  // namespace

std::span<const BufferRow> file_buffers() {
  return kRows;
}

std::span<const FieldRow> file_fields() {
  return kFields;
}

}  // namespace netmoth::detect
