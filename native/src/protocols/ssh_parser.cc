// See ssh_parser.h.
#include "protocols/ssh_parser.h"

#include "base/digest.h"
#include "base/hex.h"
#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kHeaderOctets = 6;  // packet_length, padding_length, message number
constexpr std::uint8_t kMessageKexinit = 20;
constexpr std::uint8_t kMessageNewkeys = 21;
constexpr std::size_t kCookieOctets = 16;

// "SSH-protoversion-softwareversion SP comments"
bool read_banner(std::string_view line, SshSide& side) {
  constexpr std::string_view kStart = "SSH-";
  if (line.substr(0, kStart.size()) != kStart) return false;
  line.remove_prefix(kStart.size());
  const std::size_t dash = line.find('-');
  if (dash == 0 || dash == std::string_view::npos) return false;
  side.proto_version.assign(line.substr(0, dash));
  const std::string_view software = line.substr(dash + 1);
  side.software_version.assign(software.substr(0, software.find(' ')));
  return true;
}

// The lists of RFC 4253 §7.1 in their order; hassh takes those of the sender's own direction.
bool read_kexinit(Bytes payload, Direction direction, SshSide& side) {
  base::Reader reader(payload);
  reader.skip(kCookieOctets);
  std::array<std::string_view, 10> lists;
  for (std::string_view& list : lists)
    list = as_text(reader.bytes(reader.u32()));
  if (!reader.ok()) return false;
  const std::size_t own = direction == Direction::kToServer ? 0 : 1;
  constexpr std::size_t kKex = 0, kEncryption = 2, kMac = 4, kCompression = 6;
  for (const std::size_t at : {kKex, kEncryption + own, kMac + own, kCompression + own}) {
    if (at != kKex) side.hassh_text.push_back(';');
    side.hassh_text.append(lists[at]);
  }
  side.hassh = base::to_hex(base::md5(as_bytes(side.hassh_text)));
  return true;
}

}  // namespace

void SshParser::finish(Side& side) {
  side.state = State::kFinished;
  side.kept = {};
  side.line.forget();
}

void SshParser::take_banner(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  TextLine line;
  const bool whole = side.line.next(data, line);
  if (!whole) {
    if (!side.line.rest_is_cut()) return;
    line = {side.line.rest(), true};
  }
  SshSide& mine = told(direction);
  if (!mine.proto_version.empty()) {  // the end of a banner that was too long
    if (whole) side.state = State::kHeader;
    return;
  }
  if (!read_banner(line.text, mine)) {
    const bool preamble = direction == Direction::kToClient && line.text.substr(0, 4) != "SSH-";
    if (preamble && ++side.lines <= kMaxSshPreambleLines) return;
    sink.on_anomaly(AppProto::kSsh, "invalid_banner", direction);
    return finish(side);
  }
  if (line.cut) sink.on_anomaly(AppProto::kSsh, "long_banner", direction);
  if (whole) side.state = State::kHeader;
  // Version 1 has other packets and none of the lists; "1.99" means that 2 is spoken too.
  if (mine.proto_version.substr(0, 2) == "1." && mine.proto_version != "1.99") finish(side);
}

// The packet in `frame` is whole.
void SshParser::tell_packet(Direction direction, Side& side, TransactionSink& sink) {
  const Bytes packet = side.frame.octets();
  if (packet.empty()) return;
  const std::size_t header = std::min(kHeaderOctets, packet.size());
  tell_frame("ssh.record.pdu", direction, packet, sink);
  tell_frame("ssh.record.hdr", direction, packet.first(header), sink);
  if (packet.size() > header)
    tell_frame("ssh.record.data", direction, packet.subspan(header), sink);
  side.frame.forget();
}

void SshParser::take_header(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const std::size_t taken = std::min(kHeaderOctets - side.kept.size(), data.size());
  if (sink.content().frames) side.frame.add(data.first(taken));
  side.kept.insert(side.kept.end(), data.begin(), data.begin() + static_cast<long>(taken));
  data = data.subspan(taken);
  if (side.kept.size() < kHeaderOctets) return;
  base::Reader reader(side.kept);
  const std::uint32_t length = reader.u32();
  side.padding = reader.u8();
  const std::uint8_t message = reader.u8();
  side.kept.clear();
  if (length < 2) {
    sink.on_anomaly(AppProto::kSsh, "invalid_record", direction);
    return finish(side);
  }
  side.left = length - 2;
  if (message == kMessageNewkeys) {
    tell_packet(direction, side, sink);
    return finish(side);
  }
  if (message != kMessageKexinit) {
    side.state = State::kSkip;
  } else if (length > kMaxSshKexinit) {
    sink.on_anomaly(AppProto::kSsh, "long_kex_record", direction);
    finish(side);
  } else {
    side.state = State::kKexinit;
  }
}

void SshParser::take_kexinit(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const std::size_t taken = std::min<std::size_t>(side.left, data.size());
  Bytes payload = data.first(taken);
  if (sink.content().frames) side.frame.add(payload);
  data = data.subspan(taken);
  side.left -= static_cast<std::uint32_t>(taken);
  if (side.left > 0 || !side.kept.empty()) {
    side.kept.insert(side.kept.end(), payload.begin(), payload.end());
    payload = side.kept;
  }
  if (side.left > 0) return;
  tell_packet(direction, side, sink);
  const bool padded = side.padding <= payload.size();
  if (!padded ||
      !read_kexinit(payload.first(payload.size() - side.padding), direction, told(direction))) {
    sink.on_anomaly(AppProto::kSsh, "invalid_record", direction);
  }
  finish(side);
}

bool SshParser::complete() const {
  return sides_[0].state == State::kFinished && sides_[1].state == State::kFinished;
}

Verdict SshParser::report(TransactionSink& sink) {
  const bool anything =
      !session_.client.proto_version.empty() || !session_.server.proto_version.empty();
  if (!reported_ && anything) sink.on_record(Direction::kToServer, session_);
  reported_ = true;
  return Verdict::kDone;
}

Verdict SshParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  while (!data.empty() && side.state != State::kFinished) {
    switch (side.state) {
      case State::kBanner:
        take_banner(direction, data, sink);
        break;
      case State::kHeader:
        take_header(direction, data, sink);
        break;
      case State::kKexinit:
        take_kexinit(direction, data, sink);
        break;
      case State::kSkip: {
        const std::size_t taken = std::min<std::size_t>(side.left, data.size());
        side.left -= static_cast<std::uint32_t>(taken);
        if (sink.content().frames) side.frame.add(data.first(taken));
        data = data.subspan(taken);
        if (side.left > 0) break;
        side.state = State::kHeader;
        tell_packet(direction, side, sink);
        break;
      }
      case State::kFinished:
        break;
    }
  }
  return complete() ? report(sink) : Verdict::kMore;
}

Verdict SshParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  side.frame.forget();
  if (side.state == State::kSkip && missing <= side.left) {
    side.left -= static_cast<std::uint32_t>(missing);
    if (side.left == 0) side.state = State::kHeader;
    return Verdict::kMore;
  }
  finish(side);  // packet borders cannot be found again
  return complete() ? report(sink) : Verdict::kMore;
}

void SshParser::on_close(TransactionSink& sink) {
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    Side& side = sides_[index_of(direction)];
    SshSide& mine = told(direction);
    if (side.state == State::kBanner && mine.proto_version.empty())
      (void)read_banner(side.line.rest(), mine);
  }
  (void)report(sink);
}

}  // namespace netmoth::protocols
