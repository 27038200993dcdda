#include "pipeline/signatures.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <random>

#include "base/heap_balance.h"
#include "base/hex.h"

namespace netmoth::pipeline {
namespace {

// A whole file, read-only.
class MappedFile {
 public:
  MappedFile(void* at, std::size_t size) : at_(at), size_(size) {}
  ~MappedFile() { ::munmap(at_, size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] Bytes bytes() const { return {static_cast<const std::uint8_t*>(at_), size_}; }

 private:
  void* at_;
  std::size_t size_;
};

// nullptr where it cannot be mapped: errno says why, 0 of an empty file.
std::shared_ptr<const MappedFile> map_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat facts {};
  std::shared_ptr<const MappedFile> mapped;
  errno = 0;
  if (::fstat(descriptor, &facts) == 0 && facts.st_size > 0) {
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (at != MAP_FAILED) mapped = std::make_shared<MappedFile>(at, size);
  }
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return mapped;
}

std::uint64_t random_seed() {
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
}

}  // namespace

detect::SearchOptions search_with_cache(const std::string& folder) {
  detect::SearchOptions options;
  if (!folder.empty())
    options.store = std::make_shared<const detect::PatternStore>(folder, kPatternCacheOctets);
  return options;
}

std::string load_signatures(const std::string& path, Signatures& loaded,
                            const detect::SearchOptions& options) try {
  const std::int64_t heap_before = base::heap_balance();
  const std::shared_ptr<const MappedFile> file = map_file(path);
  if (file == nullptr) return errno == 0 ? "it is empty" : std::strerror(errno);
  detect::BundleFile bundle;
  detect::BundleFault fault = bundle.open(file->bytes());
  if (fault == detect::BundleFault::kNone)
    fault = detect::IndicatorSet::load(bundle, file, random_seed(), loaded.indicators);
  if (fault == detect::BundleFault::kNone) {
    loaded.rules = detect::RuleSet::load(bundle, file, loaded.report, options);
    fault = loaded.report.fault;
  }
  if (fault == detect::BundleFault::kNone) {
    const std::int64_t taken = base::heap_balance() - heap_before;
    loaded.heap_octets = static_cast<std::uint64_t>(std::max<std::int64_t>(taken, 0));
    loaded.file_octets = file->bytes().size();
    loaded.digest = "sha256:" + base::to_hex(bundle.digest());
    for (std::size_t kind = 0; loaded.indicators != nullptr && kind < detect::kIndicatorKinds;
         ++kind)
      loaded.indicator_entries += loaded.indicators->size(static_cast<detect::IndicatorKind>(kind));
  }
  return std::string(detect::bundle_fault_code(fault));
} catch (const std::bad_alloc&) {
  return "BUNDLE_MEMORY";
}

}  // namespace netmoth::pipeline
