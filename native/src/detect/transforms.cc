// Transforms: what a rule makes of a buffer before it looks into it. Source: Suricata 8 user guide,
// "Transformations".
//
// Invariant: a result is at most as long as twice its source and kMaxTransformed.
#include <zlib.h>

#include <algorithm>

#include "base/digest.h"
#include "base/hex.h"
#include "detect/buffers.h"
#include "detect/inspect.h"
#include "detect/uri.h"

namespace netmoth::detect {
namespace {

constexpr std::size_t kMaxTransformed = std::size_t{256} << 10;

using Change = void (*)(const Transform&, Bytes, std::string&, PcreScratch&);

bool is_blank(std::uint8_t octet) {
  return octet == ' ' || (octet >= '\t' && octet <= '\r');
}

void append(std::string& out, Bytes octets) {
  out.append(as_text(octets));
}

template <int kFrom, int kTo>
void change_case(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  for (const std::uint8_t octet : in)
    out.push_back(
        static_cast<char>(octet >= kFrom && octet < kFrom + 26 ? octet - kFrom + kTo : octet));
}

void strip_whitespace(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  for (const std::uint8_t octet : in) {
    if (!is_blank(octet)) out.push_back(static_cast<char>(octet));
  }
}

void compress_whitespace(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  bool blank = false;
  for (const std::uint8_t octet : in) {
    if (!blank || !is_blank(octet)) out.push_back(static_cast<char>(octet));
    blank = is_blank(octet);
  }
}

void strip_pseudo_headers(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  std::string_view rest = as_text(in);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    if (!line.starts_with(':')) out.append(line);
    rest.remove_prefix(line.size());
  }
}

void dotprefix(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  out.push_back('.');
  append(out, in);
}

void domain(const Transform& transform, Bytes in, std::string& out, PcreScratch&) {
  // The registered name, by the last two labels; `tld` the last one.
  const std::string_view text = as_text(in);
  const std::size_t last = text.rfind('.');
  if (transform.name == "tld") {
    out.append(last == std::string_view::npos ? text : text.substr(last + 1));
    return;
  }
  const std::size_t before =
      last == std::string_view::npos || last == 0 ? last : text.rfind('.', last - 1);
  out.append(before == std::string_view::npos ? text : text.substr(before + 1));
}

void url_decode(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  std::string plain(as_text(in));
  std::ranges::replace(plain, '+', ' ');
  append_percent_decoded(plain, out);
}

void exclusive_or(const Transform& transform, Bytes in, std::string& out, PcreScratch&) {
  const Bytes key = transform.bytes;
  for (std::size_t i = 0; i < in.size(); ++i)
    out.push_back(static_cast<char>(key.empty() ? in[i] : in[i] ^ key[i % key.size()]));
}

void to_md5(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  append(out, Bytes(base::md5(in)));
}
void to_sha1(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  append(out, Bytes(base::sha1(in)));
}
void to_sha256(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  append(out, Bytes(base::sha256(in)));
}

void pcrexform(const Transform& transform, Bytes in, std::string& out, PcreScratch& scratch) {
  const PcreFound found = transform.pcre->find(in, scratch);
  if (!found.found || found.groups < 2) return;
  const auto [begin, end] = found.at[1];
  if (begin <= end && end <= in.size()) append(out, in.subspan(begin, end - begin));
}

void from_base64(const Transform& transform, Bytes in, std::string& out, PcreScratch&) {
  const auto number = [&](std::size_t at) {
    return at < transform.numbers.size() ? transform.numbers[at] : 0;
  };
  MatchState state;
  const Base64Decode decode{static_cast<std::uint64_t>(std::max<std::int64_t>(number(0), 0)),
                            static_cast<std::uint64_t>(std::max<std::int64_t>(number(1), 0)),
                            false};
  const auto mode = static_cast<Base64Mode>(std::clamp<std::int64_t>(number(2), 0, 2));
  if (decode_base64(decode, in, 0, state, mode)) append(out, state.base64);
}

void subslice(const Transform& transform, Bytes in, std::string& out, PcreScratch&) {
  const auto number = [&](std::size_t at) {
    return at < transform.numbers.size() ? transform.numbers[at] : std::int64_t{0};
  };
  const auto size = static_cast<std::int64_t>(in.size());
  std::int64_t from = number(0) < 0 ? size + number(0) : number(0);
  std::int64_t count = number(1) == 0 ? size : number(1);
  if (count < 0) count = size - from + count;
  from = std::clamp<std::int64_t>(from, 0, size);
  count = std::clamp<std::int64_t>(count, 0, size - from);
  append(out, in.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)));
}

// gzip where `window` says so, else zlib. What was read before a fault counts.
template <int kWindow>
void inflated(const Transform& transform, Bytes in, std::string& out, PcreScratch&) {
  const std::int64_t asked = transform.numbers.empty() ? 0 : transform.numbers[0];
  const std::size_t most =
      asked > 0 ? std::min(static_cast<std::size_t>(asked), kMaxTransformed) : kMaxTransformed;
  z_stream stream{};
  if (inflateInit2(&stream, kWindow) != Z_OK) return;
  stream.next_in = const_cast<Bytef*>(in.data());  // NOLINT: zlib reads only
  stream.avail_in = static_cast<uInt>(in.size());
  out.resize(most);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(most);
  (void)inflate(&stream, Z_SYNC_FLUSH);
  out.resize(most - stream.avail_out);
  (void)inflateEnd(&stream);
}

void header_lowercase(const Transform&, Bytes in, std::string& out, PcreScratch&) {
  bool name = true;
  for (const std::uint8_t octet : in) {
    if (octet == ':') name = false;
    if (octet == '\n') name = true;
    out.push_back(static_cast<char>(name && octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet));
  }
}

constexpr std::pair<std::string_view, Change> kTransforms[] = {
    {"compress_whitespace", compress_whitespace},
    {"domain", domain},
    {"dotprefix", dotprefix},
    {"from_base64", from_base64},
    {"gunzip", inflated<16 + MAX_WBITS>},
    {"header_lowercase", header_lowercase},
    {"pcrexform", pcrexform},
    {"strip_pseudo_headers", strip_pseudo_headers},
    {"strip_whitespace", strip_whitespace},
    {"subslice", subslice},
    {"tld", domain},
    {"to_lowercase", change_case<'A', 'a'>},
    {"to_md5", to_md5},
    {"to_sha1", to_sha1},
    {"to_sha256", to_sha256},
    {"to_uppercase", change_case<'a', 'A'>},
    {"url_decode", url_decode},
    {"xor", exclusive_or},
    {"zlib_deflate", inflated<MAX_WBITS>},
};

Change find_change(std::string_view name) {
  for (const auto& [known, change] : kTransforms) {
    if (known == name) return change;
  }
  return nullptr;
}

}  // namespace

bool known_transform(const Transform& transform) {
  return find_change(transform.name) != nullptr;
}

void apply_transform(const Transform& transform, BufferValues& values, PcreScratch& scratch) {
  const Change change = find_change(transform.name);
  if (change == nullptr) return;
  for (Bytes& value : values.changeable()) {
    std::string& made = values.make();
    change(transform, value.first(std::min(value.size(), kMaxTransformed)), made, scratch);
    value = as_bytes(made);
  }
}

}  // namespace netmoth::detect
