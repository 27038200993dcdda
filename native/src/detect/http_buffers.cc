// Buffers of HTTP/1.x and HTTP/2. Source: Suricata 8 user guide, "HTTP Keywords".
#include <algorithm>

#include "detect/buffers.h"
#include "detect/uri.h"
#include "protocols/http2_stream.h"
#include "protocols/http_fields.h"
#include "protocols/http_transaction.h"

namespace netmoth::detect {
namespace {

using protocols::HttpTransaction;

const HttpTransaction& http(const TxView& tx) {
  return static_cast<const HttpTransaction&>(*tx.record);
}

void add_if(std::string_view text, BufferValues& out) {
  if (!text.empty()) out.add(text);
}

// Calls `each(name, value)` for the fields of a message, pseudo-fields of HTTP/2 left out.
template <typename Each>
void for_each_field(const TxView& tx, Direction side, Each each) {
  const HttpTransaction& t = http(tx);
  if (t.http2 != nullptr) {
    for (const auto& field : t.http2->sides[index_of(side)].headers) {
      if (!field.name.starts_with(':'))
        each(std::string_view(field.name), std::string_view(field.value));
    }
    return;
  }
  std::string_view rest = t.heads[index_of(side)].fields;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    each(protocols::trimmed(line.substr(0, colon)), protocols::trimmed(line.substr(colon + 1)));
  }
}

bool is_cookie(std::string_view name) {
  return protocols::equal_ignoring_case(name, "cookie") ||
         protocols::equal_ignoring_case(name, "set-cookie");
}

// The values of all fields of that name, joined as one.
void add_field(const TxView& tx, Direction side, std::string_view lower, BufferValues& out) {
  std::string* joined = nullptr;
  for_each_field(tx, side, [&](std::string_view name, std::string_view value) {
    if (!protocols::equal_ignoring_case(name, lower)) return;
    if (joined == nullptr) {
      joined = &out.make();
    } else {
      joined->append(", ");
    }
    joined->append(value);
  });
  if (joined != nullptr) out.add_made(*joined);
}

template <const char* kName>
void field(const TxView& tx, Direction side, BufferValues& out) {
  add_field(tx, side, kName, out);
}

#define NETMOTH_FIELD(variable, text) constexpr char variable[] = text
NETMOTH_FIELD(kAccept, "accept");
NETMOTH_FIELD(kAcceptEncoding, "accept-encoding");
NETMOTH_FIELD(kAcceptLanguage, "accept-language");
NETMOTH_FIELD(kConnection, "connection");
NETMOTH_FIELD(kContentLength, "content-length");
NETMOTH_FIELD(kContentType, "content-type");
NETMOTH_FIELD(kHost, "host");
NETMOTH_FIELD(kLocation, "location");
NETMOTH_FIELD(kReferer, "referer");
NETMOTH_FIELD(kServer, "server");
NETMOTH_FIELD(kUserAgent, "user-agent");
#undef NETMOTH_FIELD

void cookie(const TxView& tx, Direction side, BufferValues& out) {
  add_field(tx, side, side == Direction::kToServer ? "cookie" : "set-cookie", out);
}

void uri(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (http(tx).url.empty()) return;
  std::string& made = out.make();
  append_normalized_uri(http(tx).url, made);
  out.add_made(made);
}

void uri_raw(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(http(tx).url, out);
}

void method(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(http(tx).method, out);
}

void host(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.http2 == nullptr || t.hostname.empty()) return add_if(t.hostname, out);
  std::string& made = out.make();
  const std::size_t colon = t.hostname.rfind(':');
  const bool has_port =
      colon != std::string::npos && t.hostname.find(']', colon) == std::string::npos;
  made.assign(t.hostname, 0, has_port ? colon : std::string::npos);
  std::ranges::transform(made, made.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  out.add_made(made);
}

void protocol(const TxView& tx, Direction side, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.http2 != nullptr) return out.add(std::string_view("HTTP/2"));
  add_if(side == Direction::kToServer ? t.protocol : t.response_protocol, out);
}

void start_line(const TxView& tx, Direction side, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.http2 == nullptr) return add_if(t.heads[index_of(side)].start, out);
  if (side == Direction::kToServer && !t.method.empty()) {
    std::string& made = out.make();
    made.append(t.method).append(" ").append(t.url).append(" HTTP/2");
    out.add_made(made);
  }
}

void stat_code(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.status == 0) return add_if(t.status_text, out);
  std::string& made = out.make();
  made = std::to_string(t.status);
  out.add_made(made);
}

void stat_message(const TxView& tx, Direction /*side*/, BufferValues& out) {
  std::string_view line = http(tx).heads[1].start;
  for (int word = 0; word < 2; ++word) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return;
    line.remove_prefix(blank + 1);
  }
  add_if(protocols::trimmed(line), out);
}

void header(const TxView& tx, Direction side, BufferValues& out) {
  std::string& made = out.make();
  for_each_field(tx, side, [&](std::string_view name, std::string_view value) {
    if (is_cookie(name)) return;
    made.append(name).append(": ").append(value).append("\r\n");
  });
  if (!made.empty()) out.add_made(made);
}

void header_raw(const TxView& tx, Direction side, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.http2 != nullptr) return header(tx, side, out);
  if (t.heads[index_of(side)].fields.empty()) return;
  std::string& made = out.make();
  made.append(t.heads[index_of(side)].fields).append("\r\n");
  out.add_made(made);
}

void header_names(const TxView& tx, Direction side, BufferValues& out) {
  std::string& made = out.make();
  for_each_field(tx, side, [&](std::string_view name, std::string_view /*value*/) {
    made.append("\r\n").append(name);
  });
  if (made.empty()) return;
  made.append("\r\n\r\n");
  out.add_made(made);
}

void each_header(const TxView& tx, Direction side, BufferValues& out) {
  for_each_field(tx, side, [&](std::string_view name, std::string_view value) {
    std::string& made = out.make();
    made.append(name).append(": ").append(value);
    out.add_made(made);
  });
}

void start(const TxView& tx, Direction side, BufferValues& out) {
  const protocols::HttpHeadLines& head = http(tx).heads[index_of(side)];
  if (head.start.empty()) return;
  std::string& made = out.make();
  made.append(head.start).append("\r\n").append(head.fields).append("\r\n");
  out.add_made(made);
}

void body(const TxView& tx, Direction side, BufferValues& out) {
  if (!tx.bodies[index_of(side)].empty()) out.add(tx.bodies[index_of(side)]);
}

template <bool kValues>
void http2_headers(const TxView& tx, Direction side, BufferValues& out) {
  const HttpTransaction& t = http(tx);
  if (t.http2 == nullptr) return;
  for (const auto& field : t.http2->sides[index_of(side)].headers) {
    if (!kValues) {
      out.add(std::string_view(field.name));
      continue;
    }
    std::string& made = out.make();
    made.append(field.name).append(": ").append(field.value);
    out.add_made(made);
  }
}

constexpr std::uint32_t kHttp = kind_bit(protocols::RecordKind::kHttp);

constexpr BufferRow kRows[] = {
    {"http.accept", kHttp, Side::kToServer, field<kAccept>},
    {"http.accept_enc", kHttp, Side::kToServer, field<kAcceptEncoding>},
    {"http.accept_lang", kHttp, Side::kToServer, field<kAcceptLanguage>},
    {"http.connection", kHttp, Side::kAny, field<kConnection>},
    {"http.content_len", kHttp, Side::kAny, field<kContentLength>},
    {"http.content_type", kHttp, Side::kAny, field<kContentType>},
    {"http.cookie", kHttp, Side::kAny, cookie},
    {"http.header", kHttp, Side::kAny, header},
    {"http.header.raw", kHttp, Side::kAny, header_raw},
    {"http.header_names", kHttp, Side::kAny, header_names},
    {"http.host", kHttp, Side::kToServer, host},
    {"http.host.raw", kHttp, Side::kToServer, field<kHost>},
    {"http.location", kHttp, Side::kToClient, field<kLocation>},
    {"http.method", kHttp, Side::kToServer, method},
    {"http.protocol", kHttp, Side::kAny, protocol},
    {"http.referer", kHttp, Side::kToServer, field<kReferer>},
    {"http.request_body", kHttp, Side::kToServer, body},
    {"http.request_header", kHttp, Side::kToServer, each_header},
    {"http.request_line", kHttp, Side::kToServer, start_line},
    {"http.response_body", kHttp, Side::kToClient, body},
    {"http.response_header", kHttp, Side::kToClient, each_header},
    {"http.response_line", kHttp, Side::kToClient, start_line},
    {"http.server", kHttp, Side::kToClient, field<kServer>},
    {"http.start", kHttp, Side::kAny, start},
    {"http.stat_code", kHttp, Side::kToClient, stat_code},
    {"http.stat_msg", kHttp, Side::kToClient, stat_message},
    {"http.uri", kHttp, Side::kToServer, uri},
    {"http.uri.raw", kHttp, Side::kToServer, uri_raw},
    {"http.user_agent", kHttp, Side::kToServer, field<kUserAgent>},
    {"http2.header", kHttp, Side::kAny, http2_headers<true>},
    {"http2.header_name", kHttp, Side::kAny, http2_headers<false>},
};

}  // namespace

std::span<const BufferRow> http_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
