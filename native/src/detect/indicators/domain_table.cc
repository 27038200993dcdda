#include "detect/indicators/domain_table.h"

#include <algorithm>

namespace netmoth::detect {
namespace {

constexpr char lower(char letter) {
  return static_cast<char>(letter | (letter >= 'A' && letter <= 'Z' ? 'a' - 'A' : 0));
}

}  // namespace

DomainTable::DomainTable(const TextRows& rows, std::uint64_t seed) : rows_(rows), seed_(seed) {
  index_.build(rows.size(), [&](std::uint32_t row) {
    std::uint64_t hash = seed_;
    std::size_t labels = 0;
    std::string_view key = rows_.key(row);
    while (!key.empty()) {
      const std::size_t dot = std::min(key.find('.'), key.size() - 1);
      hash = hash_of(as_bytes(key.substr(0, dot)), hash);
      key.remove_prefix(dot + 1);
      ++labels;
    }
    fewest_ = std::min(fewest_, labels);
    most_ = std::min(std::max(most_, labels), kMaxLabels);
    return hash;
  });
}

bool DomainTable::suffixes_of(std::string_view name, Suffixes& suffixes) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxDomain) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    suffixes.text[i] = lower(name[i]);
  suffixes.length = name.size();
  std::uint64_t hash = seed_;
  std::size_t end = name.size();
  for (std::size_t labels = 1; labels <= most_; ++labels) {
    std::size_t start = end;
    while (start > 0 && suffixes.text[start - 1] != '.')
      --start;
    hash = hash_of(as_bytes({suffixes.text.data() + start, end - start}), hash);
    if (labels >= fewest_) {
      suffixes.each[suffixes.count++] = {hash, start};
      index_.prefetch(hash);
    }
    if (start == 0) break;
    end = start - 1;
  }
  return true;
}

bool DomainTable::is_key_of(std::string_view key, std::string_view name) {
  if (key.size() != name.size() + 1) return false;
  while (!key.empty()) {
    const std::size_t length = std::min(key.find('.'), key.size() - 1);
    if (!name.ends_with(key.substr(0, length))) return false;
    name.remove_suffix(length);
    key.remove_prefix(length + 1);
    if (name.empty() || name.back() != '.') return name.empty() && key.empty();
    name.remove_suffix(1);
  }
  return false;
}

}  // namespace netmoth::detect
