// Any octets as a text: what is written is one JSON string in UTF-8 without raw control characters.
#include <cstdlib>

#include "base/json_writer.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  std::string out;
  base::JsonWriter(out).text(as_text({data, size}));
  if (!base::is_utf8(out) || out.size() < 2 || out.front() != '"' || out.back() != '"')
    std::abort();
  for (std::size_t i = 1; i + 1 < out.size(); ++i) {
    if (static_cast<unsigned char>(out[i]) < 0x20 || out[i] == '"') std::abort();
    if (out[i] == '\\') i += out[i + 1] == 'u' ? 5 : 1;
  }
  return 0;
}
