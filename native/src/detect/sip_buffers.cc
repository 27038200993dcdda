// Buffers of SIP messages and of the session descriptions in them. Source: Suricata 8 user guide,
// "SIP Keywords", "SDP Keywords".
#include "detect/buffers.h"
#include "protocols/http_fields.h"
#include "protocols/sdp.h"
#include "protocols/sip_message.h"

namespace netmoth::detect {
namespace {

using protocols::SdpSection;
using protocols::SipMessage;

const SipMessage& sip(const TxView& tx) {
  return static_cast<const SipMessage&>(*tx.record);
}

void add_if(std::string_view text, BufferValues& out) {
  if (!text.empty()) out.add(text);
}

template <std::string_view SipMessage::*kText>
void text(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(sip(tx).*kText, out);
}

template <bool kRequest>
void first_line(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (sip(tx).is_request == kRequest) add_if(sip(tx).first_line, out);
}

// A header by its name and by its compact form (RFC 3261 §7.3.3).
struct HeaderName {
  std::string_view whole;
  std::string_view compact;
};
constexpr HeaderName kFrom{"from", "f"};
constexpr HeaderName kTo{"to", "t"};
constexpr HeaderName kVia{"via", "v"};
constexpr HeaderName kUserAgent{"user-agent", "user-agent"};
constexpr HeaderName kContentType{"content-type", "c"};
constexpr HeaderName kContentLength{"content-length", "l"};

template <const HeaderName& kName>
void header(const TxView& tx, Direction /*side*/, BufferValues& out) {
  std::string_view rest = sip(tx).headers;
  while (!rest.empty()) {
    const std::string_view line = SdpSection::next_line(rest);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = protocols::trimmed(line.substr(0, colon));
    if (protocols::equal_ignoring_case(name, kName.whole) ||
        protocols::equal_ignoring_case(name, kName.compact))
      out.add(protocols::trimmed(line.substr(colon + 1)));
  }
}

// Lines of the session itself.
template <char kLetter>
void of_session(const TxView& tx, Direction /*side*/, BufferValues& out) {
  std::string_view rest = sip(tx).sdp;
  if (rest.empty()) return;
  protocols::next_sdp_section(rest).for_each(kLetter,
                                             [&](std::string_view value) { out.add(value); });
}

// Lines of its media.
template <char kLetter>
void of_media(const TxView& tx, Direction /*side*/, BufferValues& out) {
  std::string_view rest = sip(tx).sdp;
  if (rest.empty()) return;
  (void)protocols::next_sdp_section(rest);
  while (!rest.empty())
    protocols::next_sdp_section(rest).for_each(kLetter,
                                               [&](std::string_view value) { out.add(value); });
}

constexpr std::uint32_t kSip = kind_bit(protocols::RecordKind::kSip);

constexpr BufferRow kRows[] = {
    {"sdp.attribute", kSip, Side::kAny, of_session<'a'>},
    {"sdp.bandwidth", kSip, Side::kAny, of_session<'b'>},
    {"sdp.connection_data", kSip, Side::kAny, of_session<'c'>},
    {"sdp.email", kSip, Side::kAny, of_session<'e'>},
    {"sdp.encryption_key", kSip, Side::kAny, of_session<'k'>},
    {"sdp.media.connection_data", kSip, Side::kAny, of_media<'c'>},
    {"sdp.media.encryption_key", kSip, Side::kAny, of_media<'k'>},
    {"sdp.media.media", kSip, Side::kAny, of_media<'m'>},
    {"sdp.media.media_info", kSip, Side::kAny, of_media<'i'>},
    {"sdp.origin", kSip, Side::kAny, of_session<'o'>},
    {"sdp.phone_number", kSip, Side::kAny, of_session<'p'>},
    {"sdp.repeat_time", kSip, Side::kAny, of_session<'r'>},
    {"sdp.session_info", kSip, Side::kAny, of_session<'i'>},
    {"sdp.session_name", kSip, Side::kAny, of_session<'s'>},
    {"sdp.time", kSip, Side::kAny, of_session<'t'>},
    {"sdp.timezone", kSip, Side::kAny, of_session<'z'>},
    {"sdp.uri", kSip, Side::kAny, of_session<'u'>},
    {"sip.content_length", kSip, Side::kAny, header<kContentLength>},
    {"sip.content_type", kSip, Side::kAny, header<kContentType>},
    {"sip.from", kSip, Side::kAny, header<kFrom>},
    {"sip.method", kSip, Side::kToServer, text<&SipMessage::method>},
    {"sip.protocol", kSip, Side::kAny, text<&SipMessage::version>},
    {"sip.request_line", kSip, Side::kToServer, first_line<true>},
    {"sip.response_line", kSip, Side::kToClient, first_line<false>},
    {"sip.stat_code", kSip, Side::kToClient, text<&SipMessage::code>},
    {"sip.stat_msg", kSip, Side::kToClient, text<&SipMessage::reason>},
    {"sip.to", kSip, Side::kAny, header<kTo>},
    {"sip.uri", kSip, Side::kToServer, text<&SipMessage::uri>},
    {"sip.user_agent", kSip, Side::kAny, header<kUserAgent>},
    {"sip.via", kSip, Side::kAny, header<kVia>},
};

}  // namespace

std::span<const BufferRow> sip_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
