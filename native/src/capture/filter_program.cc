// Registers: 6 the packet, 7 X, 8 A; the scratch words M[] lie on the stack. 0 to 5 are lost with
// each look at the packet. All arithmetic is of 32 bits.
#include "capture/filter_program.h"

#include <linux/bpf.h>

#include <bit>
#include <cstddef>

namespace netmoth::capture {
namespace {

constexpr std::uint8_t kContext = BPF_REG_6;
constexpr std::uint8_t kX = BPF_REG_7;
constexpr std::uint8_t kA = BPF_REG_8;
constexpr std::uint8_t kWord = BPF_MEM | BPF_W;
constexpr std::size_t kScratch = 16;

// Of M[k], from the frame pointer.
std::int16_t scratch_at(std::uint32_t k) {
  return static_cast<std::int16_t>(-4 * static_cast<int>(k + 1));
}

class Translator {
 public:
  Translator(std::span<const sock_filter> filter, int next, std::uint32_t snap_length)
      : filter_(filter), next_(next), snap_length_(snap_length), starts_(filter.size()) {}

  std::vector<std::uint64_t> run() {
    begin();
    for (std::size_t at = 0; at < filter_.size(); ++at) {
      starts_[at] = code_.size();
      if (!translate(filter_[at], at)) return {};
    }
    const std::size_t taken = code_.size();
    end();
    for (const Jump& jump : jumps_) {
      const std::size_t to = jump.to == kTaken          ? taken
                             : jump.to == kRefused      ? refused_
                             : jump.to < starts_.size() ? starts_[jump.to]
                                                        : code_.size();
      if (to >= code_.size() || to <= jump.from) return {};
      code_[jump.from].off = static_cast<std::int16_t>(to - jump.from - 1);
    }
    std::vector<std::uint64_t> words;
    words.reserve(code_.size());
    for (const bpf_insn& each : code_)
      words.push_back(std::bit_cast<std::uint64_t>(each));
    return words;
  }

 private:
  static constexpr std::size_t kTaken = ~std::size_t{0};
  static constexpr std::size_t kRefused = kTaken - 1;
  struct Jump {
    std::size_t from;
    std::size_t to;  // of the filter
  };

  void put(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::uint32_t value) {
    bpf_insn made{};
    made.code = static_cast<std::uint8_t>(code);
    made.dst_reg = static_cast<std::uint8_t>(to & 15U);
    made.src_reg = static_cast<std::uint8_t>(from & 15U);
    made.off = offset;
    made.imm = static_cast<std::int32_t>(value);
    code_.push_back(made);
  }
  void set(std::uint8_t to, std::uint32_t value) {
    put(BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, value);
  }
  void copy(std::uint8_t to, std::uint8_t from) { put(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0); }
  void field(std::uint8_t to, std::size_t offset) {
    put(BPF_LDX | kWord, to, kContext, static_cast<std::int16_t>(offset), 0);
  }
  void jump(int code, std::uint8_t left, std::uint8_t right, std::uint32_t value, std::size_t to) {
    jumps_.push_back({code_.size(), to});
    put(code, left, right, 0, value);
  }

  void begin() {
    put(BPF_ALU64 | BPF_MOV | BPF_X, kContext, BPF_REG_1, 0, 0);
    set(kA, 0);
    set(kX, 0);
    for (std::uint32_t k = 0; k < kScratch; ++k)
      put(BPF_ST | kWord, BPF_REG_10, 0, scratch_at(k), 0);
  }
  void end() {
    put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, kContext, 0, 0);
    put(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0,
        static_cast<std::uint32_t>(next_));
    put(0, 0, 0, 0, 0);  // the other half of the map
    set(BPF_REG_3, 0);
    put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
    set(BPF_REG_0, snap_length_);
    put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    refused_ = code_.size();
    set(BPF_REG_0, 0);
    put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }

  bool translate(const sock_filter& each, std::size_t at) {
    switch (BPF_CLASS(each.code)) {
      case BPF_LD:
        return load(each, kA);
      case BPF_LDX:
        return load(each, kX);
      case BPF_ST:
      case BPF_STX:
        if (each.k >= kScratch) return false;
        put(BPF_STX | kWord, BPF_REG_10, BPF_CLASS(each.code) == BPF_ST ? kA : kX,
            scratch_at(each.k), 0);
        return true;
      case BPF_ALU:
        return calculate(each);
      case BPF_JMP:
        return branch(each, at);
      case BPF_RET:
        if (BPF_RVAL(each.code) == BPF_A) {
          jump(BPF_JMP32 | BPF_JEQ | BPF_K, kA, 0, 0, kRefused);
          jump(BPF_JMP | BPF_JA, 0, 0, 0, kTaken);
        } else {
          jump(BPF_JMP | BPF_JA, 0, 0, 0, each.k == 0 ? kRefused : kTaken);
        }
        return true;
      default:  // BPF_MISC
        copy(BPF_MISCOP(each.code) == BPF_TAX ? kX : kA,
             BPF_MISCOP(each.code) == BPF_TAX ? kA : kX);
        return true;
    }
  }

  bool load(const sock_filter& each, std::uint8_t to) {
    const int size = BPF_SIZE(each.code);
    switch (BPF_MODE(each.code)) {
      case BPF_IMM:
        set(to, each.k);
        return true;
      case BPF_LEN:
        field(to, offsetof(__sk_buff, len));
        return true;
      case BPF_MEM:
        if (each.k >= kScratch) return false;
        put(BPF_LDX | kWord, to, BPF_REG_10, scratch_at(each.k), 0);
        return true;
      case BPF_ABS:
        if (each.k >= static_cast<std::uint32_t>(SKF_AD_OFF)) return load_field(each.k);
        put(BPF_LD | BPF_ABS | size, 0, 0, 0, each.k);
        copy(to, BPF_REG_0);
        return true;
      case BPF_IND:
        put(BPF_LD | BPF_IND | size, 0, kX, 0, each.k);
        copy(to, BPF_REG_0);
        return true;
      case BPF_MSH:  // four times the low half of an octet: the length of an IPv4 header
        put(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, each.k);
        put(BPF_ALU | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 15);
        put(BPF_ALU | BPF_LSH | BPF_K, BPF_REG_0, 0, 0, 2);
        copy(to, BPF_REG_0);
        return true;
      default:
        return false;
    }
  }

  // What Linux keeps beside the packet; libpcap asks for these.
  bool load_field(std::uint32_t k) {
    switch (k - static_cast<std::uint32_t>(SKF_AD_OFF)) {
      case SKF_AD_PKTTYPE:
        field(kA, offsetof(__sk_buff, pkt_type));
        return true;
      case SKF_AD_IFINDEX:
        field(kA, offsetof(__sk_buff, ifindex));
        return true;
      case SKF_AD_VLAN_TAG:
        field(kA, offsetof(__sk_buff, vlan_tci));
        return true;
      case SKF_AD_VLAN_TAG_PRESENT:
        field(kA, offsetof(__sk_buff, vlan_present));
        return true;
      default:
        return false;
    }
  }

  bool calculate(const sock_filter& each) {
    const int operation = BPF_OP(each.code);
    if (operation == BPF_NEG) {
      put(BPF_ALU | BPF_NEG, kA, 0, 0, 0);
      return true;
    }
    const bool divides = operation == BPF_DIV || operation == BPF_MOD;
    if (BPF_SRC(each.code) == BPF_X) {
      if (divides) jump(BPF_JMP32 | BPF_JEQ | BPF_K, kX, 0, 0, kRefused);
      put(BPF_ALU | operation | BPF_X, kA, kX, 0, 0);
      return true;
    }
    if (divides && each.k == 0) return false;
    put(BPF_ALU | operation | BPF_K, kA, 0, 0, each.k);
    return true;
  }

  bool branch(const sock_filter& each, std::size_t at) {
    const int operation = BPF_OP(each.code);
    const std::size_t next = at + 1;
    if (operation == BPF_JA) {
      jump(BPF_JMP | BPF_JA, 0, 0, 0, next + each.k);
      return true;
    }
    if (BPF_SRC(each.code) == BPF_X)
      jump(BPF_JMP32 | operation | BPF_X, kA, kX, 0, next + each.jt);
    else
      jump(BPF_JMP32 | operation | BPF_K, kA, 0, each.k, next + each.jt);
    jump(BPF_JMP | BPF_JA, 0, 0, 0, next + each.jf);
    return true;
  }

  std::span<const sock_filter> filter_;
  int next_;
  std::uint32_t snap_length_;
  std::vector<bpf_insn> code_;
  std::vector<std::size_t> starts_;  // of each instruction of the filter
  std::vector<Jump> jumps_;
  std::size_t refused_ = 0;
};

}  // namespace

std::vector<std::uint64_t> chain_filter(std::span<const sock_filter> filter, int next,
                                        std::uint32_t snap_length) {
  return Translator(filter, next, snap_length).run();
}

}  // namespace netmoth::capture
