// The code is canonical: the codes of one length are consecutive, in the order of their symbols, so
// the lists of symbols by length say everything. See hpack_huffman.h.
#include "protocols/hpack_huffman.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kLongest = 30;
constexpr std::uint16_t kEndOfString = 256;

// Symbols by length of their code, shortest first.
constexpr std::array<std::uint16_t, 257> kSymbols{
    48,  49,  50,  97,
    99,  101, 105, 111,
    115, 116,  // 5 bits
    32,  37,  45,  46,
    47,  51,  52,  53,
    54,  55,  56,  57,
    61,  65,  95,  98,
    100, 102, 103, 104,
    108, 109, 110, 112,
    114, 117,  // 6
    58,  66,  67,  68,
    69,  70,  71,  72,
    73,  74,  75,  76,
    77,  78,  79,  80,
    81,  82,  83,  84,
    85,  86,  87,  89,
    106, 107, 113, 118,
    119, 120, 121, 122,  // 7
    38,  42,  44,  59,
    88,  90,  // 8
    33,  34,  40,  41,
    63,             // 10
    39,  43,  124,  // 11
    35,  62,        // 12
    0,   36,  64,  91,
    93,  126,       // 13
    94,  125,       // 14
    60,  96,  123,  // 15
    92,  195, 208,  // 19
    128, 130, 131, 162,
    184, 194, 224, 226,  // 20
    153, 161, 167, 172,
    176, 177, 179, 209,
    216, 217, 227, 229,
    230,  // 21
    129, 132, 133, 134,
    136, 146, 154, 156,
    160, 163, 164, 169,
    170, 173, 178, 181,
    185, 186, 187, 189,
    190, 196, 198, 228,
    232, 233,  // 22
    1,   135, 137, 138,
    139, 140, 141, 143,
    147, 149, 150, 151,
    152, 155, 157, 158,
    165, 166, 168, 174,
    175, 180, 182, 183,
    188, 191, 197, 231,
    239,  // 23
    9,   142, 144, 145,
    148, 159, 171, 206,
    215, 225, 236, 237,  // 24
    199, 207, 234, 235,  // 25
    192, 193, 200, 201,
    202, 205, 210, 213,
    218, 219, 238, 240,
    242, 243, 255,  // 26
    203, 204, 211, 212,
    214, 221, 222, 223,
    241, 244, 245, 246,
    247, 248, 250, 251,
    252, 253,
    254,  // 27
    2,   3,   4,   5,
    6,   7,   8,   11,
    12,  14,  15,  16,
    17,  18,  19,  20,
    21,  23,  24,  25,
    26,  27,  28,  29,
    30,  31,  127, 220,
    249,                          // 28
    10,  13,  22,  kEndOfString,  // 30
};

// How many codes have a length.
constexpr std::array<std::uint8_t, kLongest + 1> kCount{0,  0,  0,  0, 0,  10, 26, 32, 6, 0, 5,
                                                        3,  2,  6,  2, 3,  0,  0,  0,  3, 8, 13,
                                                        26, 29, 12, 4, 15, 19, 29, 0,  4};

consteval bool is_complete() {
  std::uint64_t room = 0;
  std::size_t symbols = 0;
  for (std::size_t length = 1; length <= kLongest; ++length) {
    room += std::uint64_t{kCount[length]} << (kLongest - length);
    symbols += kCount[length];
  }
  std::array<bool, 257> seen{};
  for (const std::uint16_t symbol : kSymbols) {
    if (seen[symbol]) return false;
    seen[symbol] = true;
  }
  return room == std::uint64_t{1} << kLongest && symbols == kSymbols.size();
}
static_assert(is_complete());

}  // namespace

bool huffman_decode(Bytes coded, std::size_t limit, std::string& out) {
  std::uint32_t code = 0;   // the bits since the last symbol
  std::uint32_t first = 0;  // the first code of that length
  std::size_t index = 0;    // of its symbol
  std::size_t length = 0;
  std::size_t written = 0;
  bool ones = true;  // all bits since the last symbol are
  for (const std::uint8_t octet : coded) {
    for (unsigned shift = 8; shift > 0; --shift) {
      const std::uint32_t bit = (octet >> (shift - 1)) & 1u;
      ones = ones && bit == 1;
      code = code << 1 | bit;
      first <<= 1;
      ++length;
      if (code - first >= kCount[length]) {  // the code is complete: never below `first`
        first += kCount[length];
        index += kCount[length];
        continue;
      }
      const std::uint16_t symbol = kSymbols[index + code - first];
      if (symbol == kEndOfString || written == limit) return false;
      out.push_back(static_cast<char>(symbol));
      ++written;
      code = first = 0;
      index = length = 0;
      ones = true;
    }
  }
  return ones && length < 8;
}

}  // namespace netmoth::protocols
