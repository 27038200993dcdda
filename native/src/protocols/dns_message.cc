// Decodes DNS messages. See dns_message.h for the bounds.
#include "protocols/dns_message.h"

#include <algorithm>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

using base::Reader;

constexpr std::uint8_t kPointerMask = 0xc0;
constexpr std::size_t kRecordMinimum = 11;  // root name, type, class, ttl, length

// Walks one message; owns nothing but its place.
class MessageReader {
 public:
  MessageReader(Bytes wire, DnsMessage& message)
      : wire_(wire),
        max_arena_(std::min(kNameArenaBase + kNameArenaPerOctet * wire.size(), kMaxNameArena)),
        reader_(wire),
        message_(message) {}

  void run();

 private:
  bool read_name(DnsName& name);
  bool read_questions(std::size_t count);
  bool read_records(std::size_t count, std::vector<DnsRecord>& records);
  void read_rdata(DnsRecord& record, std::size_t start);
  void append_label(DnsName& name, Bytes label);

  Bytes wire_;
  std::size_t max_arena_;
  Reader reader_;
  DnsMessage& message_;
};

void MessageReader::append_label(DnsName& name, Bytes label) {
  if (name.truncated) return;
  const std::size_t dot = name.length == 0 ? 0 : 1;
  std::size_t room = kMaxNameLength - name.length;
  if (dot != 0) {
    if (room == 0) {
      name.truncated = message_.name_truncated = true;
      return;
    }
    message_.arena.push_back('.');
    --room;
  }
  const std::size_t taken = std::min(room, label.size());
  message_.arena.append(as_text(label.first(taken)));
  name.length = static_cast<std::uint16_t>(name.length + dot + taken);
  if (taken < label.size()) name.truncated = message_.name_truncated = true;
}

// A name that goes in circles is cut there and the message read on behind it, as Suricata does.
bool MessageReader::read_name(DnsName& name) {
  if (message_.arena.size() > max_arena_ || message_.steps > kMaxMessageSteps) return false;
  name = DnsName{static_cast<std::uint32_t>(message_.arena.size()), 0, false};
  std::size_t resume = 0;  // where the name itself ends; 0 until the first pointer
  std::size_t steps = 0;
  while (true) {
    const std::uint8_t length = reader_.u8();
    if (!reader_.ok()) return false;
    if (length == 0) break;
    ++message_.steps;
    if (++steps > kMaxNameSteps) {
      (resume != 0 ? message_.pointer_loop : message_.too_many_labels) = true;
      name.truncated = true;
      if (resume == 0) return false;
      break;
    }
    if ((length & kPointerMask) == kPointerMask) {
      const std::size_t target =
          static_cast<std::size_t>(length & ~kPointerMask) << 8 | reader_.u8();
      if (!reader_.ok()) return false;
      if (resume == 0) resume = reader_.position();
      reader_.seek(target);
      continue;
    }
    if ((length & kPointerMask) != 0) return false;  // 01 and 10 are reserved (RFC 6891 §5)
    const Bytes label = reader_.bytes(length);
    if (!reader_.ok()) return false;
    append_label(name, label);
  }
  if (resume != 0) reader_.seek(resume);
  return true;
}

bool MessageReader::read_questions(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    DnsQuestion question;
    if (!read_name(question.name)) return false;
    question.type = reader_.u16();
    question.klass = reader_.u16();
    if (!reader_.ok()) return false;
    message_.questions.push_back(question);
    message_.consumed = reader_.position();
  }
  return true;
}

// Names inside rdata may be compressed, so they are read from the whole message; the reader comes
// back to the end of the rdata whatever was found there.
void MessageReader::read_rdata(DnsRecord& record, std::size_t start) {
  const std::size_t end = start + record.rdata.size();
  const auto fixed = [&](std::size_t count) {
    record.fixed = reader_.bytes(count);
    return record.fixed.size() == count && reader_.position() <= end;
  };
  reader_.seek(start);
  switch (record.type) {
    case dns_type::kA:
      record.valid = record.rdata.size() == 4;
      break;
    case dns_type::kAaaa:
      record.valid = record.rdata.size() == 16;
      break;
    case dns_type::kNs:
    case dns_type::kCname:
    case dns_type::kDname:
    case dns_type::kPtr:
      record.valid = read_name(record.target);
      break;
    case dns_type::kMx:
      record.valid = fixed(2) && read_name(record.target);
      break;
    case dns_type::kSrv:
      record.valid = fixed(6) && read_name(record.target);
      break;
    case dns_type::kSoa:
      record.valid = read_name(record.target) && read_name(record.mailbox) && fixed(20);
      break;
    case dns_type::kSshfp:
      record.valid = record.rdata.size() > 2;
      break;
    default:
      record.valid = true;
  }
}

bool MessageReader::read_records(std::size_t count, std::vector<DnsRecord>& records) {
  for (std::size_t i = 0; i < count; ++i) {
    DnsRecord record;
    if (reader_.remaining() < kRecordMinimum || !read_name(record.name)) return false;
    record.type = reader_.u16();
    record.klass = reader_.u16();
    record.ttl = reader_.u32();
    const std::size_t length = reader_.u16();
    const std::size_t start = reader_.position();
    record.rdata = reader_.bytes(length);
    if (!reader_.ok()) return false;
    // A failed reader stays failed, so rdata is looked at with a reader of its own.
    MessageReader inside(wire_, message_);
    inside.read_rdata(record, start);
    records.push_back(record);
    message_.consumed = reader_.position();
  }
  return true;
}

void MessageReader::run() {
  message_.id = reader_.u16();
  message_.flags = reader_.u16();
  const std::size_t questions = reader_.u16();
  const std::size_t answers = reader_.u16();
  const std::size_t authorities = reader_.u16();
  const std::size_t additionals = reader_.u16();
  if (!reader_.ok()) {
    message_.fault = DnsFault::kHeader;
    return;
  }
  message_.consumed = kDnsHeaderLength;
  if (!read_questions(questions)) {
    message_.fault = DnsFault::kQuestions;
  } else if (!read_records(answers, message_.answers)) {
    message_.fault = DnsFault::kAnswers;
  } else if (!read_records(authorities, message_.authorities)) {
    message_.fault = DnsFault::kAuthorities;
  } else if (!read_records(additionals, message_.additionals)) {
    message_.fault = DnsFault::kAdditionals;
  }
}

}  // namespace

void parse_dns(Bytes wire, DnsMessage& message) {
  message.id = message.flags = 0;
  message.fault = DnsFault::kNone;
  message.name_truncated = message.pointer_loop = message.too_many_labels = false;
  message.asked = DnsAsked::kUnknown;
  message.response_time = 0;
  message.steps = 0;
  message.consumed = 0;
  message.questions.clear();
  message.answers.clear();
  message.authorities.clear();
  message.additionals.clear();
  message.arena.clear();
  MessageReader(wire, message).run();
}

}  // namespace netmoth::protocols
