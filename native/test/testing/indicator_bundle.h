// Bundles with indicators made in code, byte for byte as docs/bundle.md says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "detect/indicators/kinds.h"

namespace netmoth::testing {

inline void put_little_endian(std::string& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i)
    out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// An indexed section: offsets, then the records.
inline std::string indexed_section(const std::vector<std::string>& records) {
  std::string index;
  std::string body;
  for (const std::string& record : records) {
    put_little_endian(index, body.size(), 4);
    body += record;
  }
  put_little_endian(index, body.size(), 4);
  return index + body;
}

struct MadeSection {
  std::uint32_t id = 0;
  std::uint32_t records = 0;
  std::string bytes;
};

// Header, section table, sections, digest.
inline std::string sealed_bundle(const std::vector<MadeSection>& sections) {
  constexpr std::size_t kAlignment = 8;
  const auto aligned = [](std::size_t at) {
    return (at + kAlignment - 1) / kAlignment * kAlignment;
  };
  std::string table;
  std::size_t offset = aligned(32 + sections.size() * 24);
  std::string body;
  for (const MadeSection& section : sections) {
    put_little_endian(table, section.id, 4);
    put_little_endian(table, section.records, 4);
    put_little_endian(table, offset + body.size(), 8);
    put_little_endian(table, section.bytes.size(), 8);
    body += section.bytes;
    body.resize(aligned(body.size()));
  }
  std::string file = "NMBUNDL\n";
  put_little_endian(file, 1, 2);
  put_little_endian(file, 1, 2);
  put_little_endian(file, sections.size(), 4);
  put_little_endian(file, offset + body.size() + 32, 8);
  put_little_endian(file, 0, 8);
  file += table;
  file.resize(offset);
  file += body;
  const auto digest = base::sha256(as_bytes(file));
  file.append(digest.begin(), digest.end());
  return file;
}

using IndicatorRows = std::vector<std::pair<std::string, std::uint32_t>>;  // key, place of its meta

inline std::string fixed_table(const IndicatorRows& rows) {
  std::string section;
  for (const auto& [key, meta] : rows) {
    section += key;
    put_little_endian(section, meta, 4);
  }
  return section;
}

inline std::string text_table(const IndicatorRows& rows) {
  std::string metas;
  std::vector<std::string> keys;
  for (const auto& [key, meta] : rows) {
    put_little_endian(metas, meta, 4);
    keys.push_back(key);
  }
  return metas + indexed_section(keys);
}

struct MadeMeta {
  std::uint32_t sid = 3'000'000'001;
  std::uint64_t expires = 0;
  std::uint8_t otherwise = 0;  // place from 1, below 128
};

// A bundle of indicators alone. Every meta is of list "feed", source "feed.txt", category "Botnet",
// confidence 90, severity 2.
class IndicatorBundle {
 public:
  explicit IndicatorBundle(std::vector<MadeMeta> metas) : metas_(std::move(metas)) {}

  // Rows in any order; a table without rows is left out.
  IndicatorBundle& table(detect::IndicatorKind kind, IndicatorRows rows) {
    std::ranges::sort(rows);
    const bool text = detect::row_of(kind).width == 0;
    const auto id = 16 + static_cast<std::uint32_t>(kind);
    const auto count = static_cast<std::uint32_t>(rows.size());
    sections_.push_back({id, count, text ? text_table(rows) : fixed_table(rows)});
    return *this;
  }

  [[nodiscard]] std::string sealed() const {
    std::vector<std::string> records;
    for (const MadeMeta& meta : metas_) {
      std::string record;
      put_little_endian(record, meta.sid, 4);
      record += std::string("\x00\x01\x02\x5a\x02", 5);  // texts of the pool, confidence, severity
      std::uint64_t left = meta.expires;
      for (; left >= 0x80; left >>= 7)
        record.push_back(static_cast<char>(0x80 | (left & 0x7f)));
      record.push_back(static_cast<char>(left));
      record.push_back(static_cast<char>(meta.otherwise));
      records.push_back(record);
    }
    std::vector<MadeSection> all{
        {2, 3, indexed_section({"feed", "feed.txt", "Botnet"})},
        {8, static_cast<std::uint32_t>(records.size()), indexed_section(records)}};
    all.insert(all.end(), sections_.begin(), sections_.end());
    return sealed_bundle(all);
  }

 private:
  std::vector<MadeMeta> metas_;
  std::vector<MadeSection> sections_;
};

// The bundle's spelling of a domain: "www.example.com" is "com.example.www.".
inline std::string domain_key(std::string name) {
  std::string key;
  while (!name.empty()) {
    const std::size_t dot = name.rfind('.');
    const std::size_t start = dot == std::string::npos ? 0 : dot + 1;
    key += name.substr(start) + '.';
    name.resize(start == 0 ? 0 : dot);
  }
  return key;
}

}  // namespace netmoth::testing
