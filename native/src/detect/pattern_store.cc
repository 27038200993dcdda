// See pattern_store.h. A file: magic, key, length of what follows (u64, little-endian), what the
// library serialized, and the SHA-256 of all before it.
#include "detect/pattern_store.h"

#include <algorithm>

#include "base/digest.h"
#include "base/hex.h"

#ifdef NETMOTH_VECTORSCAN
#include <fcntl.h>
#include <hs/hs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/reader.h"
#endif

namespace netmoth::detect {

PatternStore::Counters PatternStore::counters() const {
  return {found_.load(), refused_.load(), kept_.load(), evicted_.load()};
}

std::string PatternStore::path_of(const Key& key) const {
  return folder_ + "/" + base::to_hex(key) + ".patterns";
}

#ifdef NETMOTH_VECTORSCAN

namespace {

namespace fs = std::filesystem;
using Octets = std::vector<std::uint8_t>;

constexpr std::string_view kMagic = "NMPATN1\n";
constexpr std::size_t kHeadOctets = 8 + 32 + 8;
constexpr std::size_t kDigestOctets = 32;
// ET Open's largest group takes 0.7 MB.
constexpr std::size_t kMostFileOctets = std::size_t{64} << 20;

void append(Octets& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_number(Octets& out, std::uint64_t value) {
  for (unsigned octet = 0; octet < 8; ++octet)
    out.push_back(static_cast<std::uint8_t>(value >> (octet * 8)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// Another user's, or one that others may write to, is not read.
bool is_ours(const struct stat& facts) {
  return S_ISREG(facts.st_mode) && facts.st_uid == ::geteuid() &&
         (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Empty where it cannot be had whole.
Octets read_own_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts {};
  if (file.number() < 0 || ::fstat(file.number(), &facts) != 0 || !is_ours(facts)) return {};
  if (facts.st_size <= 0 || static_cast<std::size_t>(facts.st_size) > kMostFileOctets) return {};
  Octets octets(static_cast<std::size_t>(facts.st_size));
  std::size_t have = 0;
  while (have < octets.size()) {
    const ssize_t got = ::read(file.number(), octets.data() + have, octets.size() - have);
    if (got <= 0) return {};
    have += static_cast<std::size_t>(got);
  }
  ::futimens(file.number(), nullptr);  // used now: the last to go
  return octets;
}

bool write_file(const std::string& path, Bytes octets) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  while (file.number() >= 0 && !octets.empty()) {
    const ssize_t put = ::write(file.number(), octets.data(), octets.size());
    if (put <= 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(put));
  }
  return file.number() >= 0;
}

// What was serialized; empty where the file is not sound.
Bytes payload_of(Bytes file, const PatternStore::Key& key) {
  if (file.size() < kHeadOctets + kDigestOctets) return {};
  const Bytes sealed = file.first(file.size() - kDigestOctets);
  base::Reader reader(sealed);
  if (as_text(reader.bytes(kMagic.size())) != kMagic) return {};
  if (!std::ranges::equal(reader.bytes(key.size()), key)) return {};
  const std::uint64_t length = reader.u64_le();
  if (length != reader.remaining()) return {};
  if (!std::ranges::equal(base::sha256(sealed), file.last(kDigestOctets))) return {};
  return reader.bytes(length);
}

struct Kept {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t octets = 0;
};

}  // namespace

PatternStore::Key PatternStore::key_of(const std::vector<Pattern>& patterns) {
  Octets told;
  append(told, as_bytes(kMagic));
  append(told, as_bytes(hs_version()));
  hs_platform_info_t platform{};
  (void)hs_populate_platform(&platform);
  append_number(told, platform.tune);
  append_number(told, platform.cpu_features);
  for (const Pattern& pattern : patterns) {
    append_number(told, pattern.bytes.size() << 1 | (pattern.nocase ? 1U : 0U));
    append(told, pattern.bytes);
  }
  return base::sha256(told);
}

hs_database* PatternStore::find(const Key& key) const {
  const std::string path = path_of(key);
  if (::access(path.c_str(), F_OK) != 0) return nullptr;
  const Octets file = read_own_file(path);
  const Bytes payload = payload_of(file, key);
  hs_database_t* database = nullptr;
  if (payload.empty() || hs_deserialize_database(reinterpret_cast<const char*>(payload.data()),
                                                 payload.size(), &database) != HS_SUCCESS) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  found_.fetch_add(1, std::memory_order_relaxed);
  return database;
}

void PatternStore::keep(const Key& key, const hs_database* database) const {
  char* text = nullptr;
  std::size_t length = 0;
  if (hs_serialize_database(database, &text, &length) != HS_SUCCESS) return;
  Octets file;
  append(file, as_bytes(kMagic));
  append(file, key);
  append_number(file, length);
  append(file, as_bytes(std::string_view(text, length)));
  std::free(text);  // NOLINT: the library took it from malloc
  append(file, base::sha256(file));
  if (file.size() > std::min<std::uint64_t>(kMostFileOctets, most_octets_)) return;
  std::error_code fault;
  fs::create_directories(folder_, fault);
  const std::string path = path_of(key);
  // Renamed when whole, so that a file under its name is a whole one; of several that write one,
  // each has a name of its own.
  static std::atomic<unsigned> serial{0};
  const std::string draft =
      path + "." + std::to_string(::getpid()) + "-" + std::to_string(serial.fetch_add(1));
  if (!write_file(draft, file) || ::rename(draft.c_str(), path.c_str()) != 0) {
    ::unlink(draft.c_str());
    return;
  }
  kept_.fetch_add(1, std::memory_order_relaxed);
  make_room(file.size());
}

// The folder is looked through at the first call, and when there is too much.
void PatternStore::make_room(std::uint64_t more) const {
  const std::lock_guard lock(mutex_);
  if (held_ != kUnknown) held_ += more;
  if (held_ <= most_octets_) return;
  std::vector<Kept> files;
  std::uint64_t octets = 0;
  std::error_code fault;
  for (fs::directory_iterator each(folder_, fault), end; !fault && each != end;
       each.increment(fault)) {
    if (each->path().filename().string().find(".patterns") == std::string::npos) continue;
    std::error_code gone;
    files.push_back({each->path(), each->last_write_time(gone), each->file_size(gone)});
    if (gone)
      files.pop_back();
    else
      octets += files.back().octets;
  }
  held_ = octets;
  std::ranges::sort(files, {}, &Kept::used);
  for (const Kept& file : files) {
    if (held_ <= most_octets_) return;
    if (fs::remove(file.path, fault)) evicted_.fetch_add(1, std::memory_order_relaxed);
    held_ -= file.octets;
  }
}

#else

// Nothing is compiled without the library.
PatternStore::Key PatternStore::key_of(const std::vector<Pattern>& /*patterns*/) {
  return {};
}

hs_database* PatternStore::find(const Key& /*key*/) const {
  return nullptr;
}

void PatternStore::keep(const Key& /*key*/, const hs_database* /*database*/) const {}

void PatternStore::make_room(std::uint64_t /*more*/) const {}

#endif

}  // namespace netmoth::detect
