// Looks at protocols that speak in lines of text. See probe_looks.h.
#include <algorithm>
#include <array>

#include "protocols/probe_looks.h"

namespace netmoth::protocols {
namespace {

constexpr Look kCertainClient{Certainty::kCertain, Side::kClient};
constexpr Look kCertainServer{Certainty::kCertain, Side::kServer};
constexpr Look kUnsureClient{Certainty::kUnsure, Side::kClient};
constexpr Look kUnsureServer{Certainty::kUnsure, Side::kServer};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// `text` is a proper beginning of `whole`: more bytes may still make it that.
bool may_become(std::string_view text, std::string_view whole) {
  return text.size() < whole.size() && whole.substr(0, text.size()) == text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char a, char b) { return a == lower(b); });
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_part) {
  return std::search(text.begin(), text.end(), lower_part.begin(), lower_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

// The first line without its end, or all there is; `complete` where the end was seen.
struct Line {
  std::string_view text;
  bool complete;
};

Line first_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {text, false};
  std::string_view line = text.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return {line, true};
}

bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '$';
}

constexpr std::array<std::string_view, 16> kHttpMethods{
    "GET",   "POST",     "HEAD",      "PUT",   "DELETE", "OPTIONS", "CONNECT", "TRACE",
    "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "REPORT", "SEARCH",  "MERGE",   "RPC_IN_DATA"};

bool is_http_method(std::string_view word) {
  return std::find(kHttpMethods.begin(), kHttpMethods.end(), word) != kHttpMethods.end();
}

// "220 text" or "220-text": what the server of several protocols greets with.
bool is_greeting(std::string_view text, std::string_view code) {
  return text.size() > 3 && starts_with(text, code) && (text[3] == ' ' || text[3] == '-');
}

}  // namespace

Look look_http(Bytes data) {
  std::string_view text = as_text(data.first(std::min<std::size_t>(data.size(), 4096)));
  if (starts_with(text, "HTTP/1.") || starts_with(text, "HTTP/0.9")) return kCertainServer;
  if (may_become(text, "HTTP/1.")) return kUnsureServer;
  while (!text.empty() && (text.front() == '\r' || text.front() == '\n'))
    text.remove_prefix(1);
  const Line line = first_line(text);
  std::size_t word = 0;
  while (word < line.text.size() && word < 24 && is_token_char(line.text[word]))
    ++word;
  if (word == 0) return kNoLook;
  const std::string_view method = line.text.substr(0, word);
  if (word == line.text.size()) {
    const bool may_be = std::any_of(kHttpMethods.begin(), kHttpMethods.end(),
                                    [&](auto m) { return method == m || may_become(method, m); });
    return !line.complete && may_be ? kUnsureClient : kNoLook;
  }
  if (line.text[word] != ' ' && line.text[word] != '\t') return kNoLook;
  const std::size_t version = line.text.rfind(" HTTP/");
  if (version != std::string_view::npos && version >= word) {
    const std::string_view number = line.text.substr(version + 6);
    if (!line.complete && number.size() < 2) return kUnsureClient;
    return starts_with(number, "2.") ? kNoLook : kCertainClient;
  }
  if (!is_http_method(method)) {
    // A method of somebody's own is believed once the version is there.
    const bool upper = method.size() >= 3 && std::all_of(method.begin(), method.end(), [](char c) {
                         return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
                       });
    return upper && !line.complete ? kUnsureClient : kNoLook;
  }
  std::string_view target = line.text.substr(word);
  target.remove_prefix(std::min(target.find_first_not_of(" \t"), target.size()));
  if (target.empty()) return line.complete ? kNoLook : kUnsureClient;
  if (starts_with_ignoring_case(target, "sip:") || starts_with_ignoring_case(target, "rtsp:")) {
    return kNoLook;
  }
  if (target.find(" RTSP/") != std::string_view::npos ||
      target.find(" SIP/") != std::string_view::npos) {
    return kNoLook;
  }
  if (line.complete) {
    // HTTP/0.9 and broken versions: believe only what names a path.
    return target.front() == '/' || starts_with_ignoring_case(target, "http://") ? kCertainClient
                                                                                 : kNoLook;
  }
  // A known method and a path: no other protocol starts so.
  return target.front() == '/' ? kCertainClient : kUnsureClient;
}

Look look_http2(Bytes data) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string_view text = as_text(data);
  if (starts_with(text, kPreface)) return kCertainClient;
  return may_become(text, kPreface) ? kUnsureClient : kNoLook;
}

Look look_ssh(Bytes data) {
  const std::string_view text = as_text(data);
  if (starts_with(text, "SSH-1.") || starts_with(text, "SSH-2.")) {
    return {Certainty::kCertain, Side::kEither};
  }
  return may_become(text, "SSH-2.") ? Look{Certainty::kUnsure, Side::kEither} : kNoLook;
}

Look look_smtp(Bytes data, bool port_says_so) {
  const Line line = first_line(as_text(data));
  if (starts_with_ignoring_case(line.text, "ehlo ") ||
      starts_with_ignoring_case(line.text, "helo ")) {
    return kCertainClient;
  }
  if (is_greeting(line.text, "220")) {
    if (contains_ignoring_case(line.text, "smtp") || contains_ignoring_case(line.text, " mail ")) {
      return kCertainServer;
    }
    if (contains_ignoring_case(line.text, "ftp")) return kNoLook;
    if (!line.complete) return kUnsureServer;
    return port_says_so ? kCertainServer : kNoLook;
  }
  if (port_says_so && (is_greeting(line.text, "554") || is_greeting(line.text, "421"))) {
    return kCertainServer;
  }
  if (line.text.empty()) return kNoLook;
  return !line.complete && (may_become(line.text, "220 ") || may_become(line.text, "EHLO ") ||
                            may_become(line.text, "HELO "))
             ? kUnsureClient
             : kNoLook;
}

Look look_ftp(Bytes data, bool port_says_so) {
  const Line line = first_line(as_text(data));
  if (is_greeting(line.text, "220")) {
    if (contains_ignoring_case(line.text, "smtp")) return kNoLook;
    if (contains_ignoring_case(line.text, "ftp")) return kCertainServer;
    if (!line.complete) return kUnsureServer;
    return port_says_so ? kCertainServer : kNoLook;
  }
  if (!port_says_so || !line.complete) return kNoLook;
  for (const std::string_view command : {"user ", "auth tls", "auth ssl", "feat", "syst"}) {
    if (starts_with_ignoring_case(line.text, command)) return kCertainClient;
  }
  return kNoLook;
}

Look look_imap(Bytes data) {
  const std::string_view text = as_text(data);
  for (const std::string_view greeting : {"* OK", "* PREAUTH", "* BYE"}) {
    if (starts_with_ignoring_case(text, "* ok") || starts_with(text, greeting)) {
      return kCertainServer;
    }
    if (may_become(text, greeting)) return kUnsureServer;
  }
  // A tag and a command: "a001 LOGIN user pass", "1 CAPABILITY".
  const Line line = first_line(text);
  const std::size_t space = line.text.find(' ');
  if (!line.complete || space == 0 || space > 16 || space == std::string_view::npos) return kNoLook;
  const std::string_view command = line.text.substr(space + 1);
  if (command == "CAPABILITY" || command == "capability" || command == "STARTTLS" ||
      command == "starttls" || starts_with(command, "LOGIN ") ||
      starts_with(command, "AUTHENTICATE ")) {
    return kCertainClient;
  }
  return kNoLook;
}

Look look_pop3(Bytes data, bool port_says_so) {
  const Line line = first_line(as_text(data));
  if (starts_with(line.text, "+OK")) {
    if (contains_ignoring_case(line.text, "pop") || port_says_so) return kCertainServer;
    return line.complete ? kNoLook : kUnsureServer;
  }
  if (!port_says_so || !line.complete) return kNoLook;
  const bool command = starts_with_ignoring_case(line.text, "user ") ||
                       starts_with_ignoring_case(line.text, "capa") ||
                       starts_with_ignoring_case(line.text, "stls");
  return command ? kCertainClient : kNoLook;
}

Look look_xmpp(Bytes data) {
  const std::string_view text = as_text(data.first(std::min<std::size_t>(data.size(), 1024)));
  const bool stream = starts_with(text, "<stream:stream") || starts_with(text, "<?xml");
  if (!stream) {
    return may_become(text, "<stream:stream") || may_become(text, "<?xml") ? kUnsureClient
                                                                           : kNoLook;
  }
  if (text.find("http://etherx.jabber.org/streams") != std::string_view::npos) {
    return {Certainty::kCertain, Side::kEither};
  }
  return text.size() < 512 ? kUnsureClient : kNoLook;
}

Look look_sip(Bytes data) {
  const std::string_view text = as_text(data.first(std::min<std::size_t>(data.size(), 2048)));
  if (starts_with(text, "SIP/2.0 ")) return kCertainServer;
  if (may_become(text, "SIP/2.0 ")) return kUnsureServer;
  const Line line = first_line(text);
  constexpr std::array<std::string_view, 14> kMethods{
      "INVITE ",    "ACK ",    "BYE ",     "CANCEL ", "OPTIONS ", "REGISTER ", "PRACK ",
      "SUBSCRIBE ", "NOTIFY ", "PUBLISH ", "INFO ",   "REFER ",   "MESSAGE ",  "UPDATE "};
  for (const std::string_view method : kMethods) {
    if (!starts_with(line.text, method)) continue;
    if (line.text.find(" SIP/2.0") != std::string_view::npos) return kCertainClient;
    const std::string_view target = line.text.substr(method.size());
    const bool sip = starts_with(target, "sip:") || starts_with(target, "sips:");
    return !line.complete && sip ? kUnsureClient : kNoLook;
  }
  return kNoLook;
}

Look look_ssdp(Bytes datagram) {
  const std::string_view text = as_text(datagram);
  const bool ssdp = starts_with(text, "M-SEARCH * HTTP/1.") ||
                    starts_with(text, "NOTIFY * HTTP/1.") ||
                    starts_with(text, "HTTP/1.1 200 OK\r\n");
  return ssdp ? Look{Certainty::kCertain, Side::kEither} : kNoLook;
}

}  // namespace netmoth::protocols
