// Any octets as a bundle. Those that lack nothing but the right digest get it, so that what lies
// behind the check is reached too.
#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/reader.h"
#include "detect/record_reader.h"
#include "detect/rule_set.h"

using netmoth::Bytes;
namespace detect = netmoth::detect;

namespace {

// The file with its digest put right, where its length allows for one.
std::vector<std::uint8_t> resealed(Bytes file) {
  std::vector<std::uint8_t> fixed(file.begin(), file.end());
  constexpr std::size_t kLengthAt = 16;
  if (fixed.size() < kLengthAt + 8 + detect::kBundleDigestOctets) return fixed;
  netmoth::base::Reader length(Bytes(fixed).subspan(kLengthAt));
  const std::uint64_t size = length.u64_le();
  if (size < detect::kBundleDigestOctets || size > fixed.size()) return fixed;
  const std::size_t end = size - detect::kBundleDigestOctets;
  const auto digest = netmoth::base::sha256(Bytes(fixed).first(end));
  std::ranges::copy(digest, fixed.begin() + static_cast<std::ptrdiff_t>(end));
  return fixed;
}

void read_all(Bytes file) {
  detect::BundleFile bundle;
  if (bundle.open(file) != detect::BundleFault::kNone) return;
  detect::LoadReport report;
  (void)detect::RuleSet::load(bundle, nullptr, report, {detect::PatternSearch::kScalar, nullptr});
  detect::IndexedRecords pool;
  if (bundle.records(detect::bundle_section::kPool, pool) != detect::BundleFault::kNone) return;
  for (const detect::BundleSection& section : bundle.sections()) {
    detect::IndexedRecords records;
    if (!detect::IndexedRecords::open(section, records)) continue;
    for (std::size_t i = 0; i < records.size(); ++i) {
      detect::RecordReader reader(records.record(i), pool);
      while (reader.ok() && !reader.at_end()) {
        (void)reader.text();
        (void)reader.zigzag();
        (void)reader.count();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_all({data, size});
  read_all(resealed({data, size}));
  return 0;
}
