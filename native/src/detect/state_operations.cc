// Flowbits, flowint, xbits, hostbits and captured variables. Source: Suricata 8 user guide, "Flow
// Keywords", "Xbits". See detector.h.
#include <algorithm>

#include "detect/look.h"

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr std::size_t kMaxFlowVariables = 32;
constexpr std::size_t kMaxVariableOctets = 1024;

// Whose bit it is: xbits and hostbits name it differently.
HostKey host_key(std::string_view subject, std::uint64_t name, const Address& source,
                 const Address& destination) {
  HostKey key{HostKey::What::kBit, name, {}, {}};
  if (subject == "ip_dst" || subject == "dst") {
    key.first = destination;
  } else if (subject == "ip_pair" || subject == "both") {
    key.first = std::min(source, destination);
    key.second = std::max(source, destination);
    key.name ^= 1;  // a pair's bit is another than a host's
  } else {
    key.first = source;
  }
  return key;
}

bool compared(std::string_view operation, std::uint32_t left, std::uint32_t right) {
  if (operation == "==" || operation == "=") return left == right;
  if (operation == "!=") return left != right;
  if (operation == "<") return left < right;
  if (operation == "<=") return left <= right;
  if (operation == ">") return left > right;
  return left >= right;
}

}  // namespace

bool Detector::holds(const StateOperation& operation, Look& look) {
  using Memory = StateOperation::Memory;
  const bool wanted = operation.operation == "isset";
  const auto any = [&](auto is_set) {
    return std::ranges::any_of(operation.names, is_set) == wanted;
  };
  flow::Flow* const flow = look.subject.flow;
  auto* const state = flow == nullptr ? nullptr : static_cast<FlowState*>(flow->detection.get());
  switch (operation.memory) {
    case Memory::kFlowbits:
      return any([&](std::uint64_t name) { return state != nullptr && state->has_bit(name); });
    case Memory::kXbits:
    case Memory::kHostbits: {
      const std::pair<Address, Address> ends = look.ends();
      return any([&](std::uint64_t name) {
        return hosts_.find(host_key(operation.subject, name, ends.first, ends.second),
                           look.subject.now) != nullptr;
      });
    }
    case Memory::kFlowint: {
      const std::uint32_t* const number =
          state == nullptr || operation.names.empty() ? nullptr : state->number(operation.names[0]);
      if (operation.operation == "isset") return number != nullptr;
      if (operation.operation == "isnotset") return number == nullptr;
      if (number == nullptr) return false;
      auto right = static_cast<std::uint32_t>(operation.value);
      if (!operation.subject.empty()) {
        const std::uint32_t* const other = state->number(operation.subject_name);
        if (other == nullptr) return false;
        right = *other;
      }
      return compared(operation.operation, *number, right);
    }
    case Memory::kFlowvar:
      if (state == nullptr || operation.names.empty()) return false;
      return std::ranges::any_of(state->variables, [&](const FlowVariable& variable) {
        return variable.name == operation.names[0] && variable.value == operation.subject;
      });
    case Memory::kPktvar:
      return false;
  }
  return false;
}

void Detector::carry_out(const StateOperation& operation, Look& look) {
  using Memory = StateOperation::Memory;
  if (operation.names.empty()) return;
  const std::uint64_t name = operation.names[0];
  if (operation.memory == Memory::kXbits || operation.memory == Memory::kHostbits) {
    const auto [source, destination] = look.ends();
    const HostKey key = host_key(operation.subject, name, source, destination);
    const TimestampNs now = look.subject.now;
    const bool is_set = hosts_.find(key, now) != nullptr;
    const bool wanted =
        operation.operation == "set" || (operation.operation == "toggle" && !is_set);
    if (!wanted) return hosts_.erase(key);
    const TimestampNs until = operation.value > 0 ? now + operation.value * kSecond : 0;
    hosts_.make(key, now) = {now, until, 0, 0};
    return;
  }
  if (look.subject.flow == nullptr) return;
  FlowState& state = state_of(*look.subject.flow);
  if (operation.memory == Memory::kFlowbits) {
    const bool wanted =
        operation.operation == "set" || (operation.operation == "toggle" && !state.has_bit(name));
    if (wanted)
      (void)state.set_bit(name, set_->name_of(name));
    else
      state.clear_bit(name);
    return;
  }
  if (operation.memory != Memory::kFlowint) return;
  auto right = static_cast<std::uint32_t>(operation.value);
  if (!operation.subject.empty()) {
    const std::uint32_t* const other = state.number(operation.subject_name);
    if (other == nullptr) return;
    right = *other;
  }
  const std::uint32_t* const known = state.number(name);
  const std::uint32_t before = known == nullptr ? 0 : *known;
  if (operation.operation == "+")
    state.set_number(name, before + right);
  else if (operation.operation == "-")
    state.set_number(name, before - right);
  else
    state.set_number(name, right);
}

void Detector::keep_captures(const Rule& /*rule*/, Look& look) {
  if (look.subject.flow == nullptr) return;
  for (const MatchState::Captured& captured : match_.captured) {
    if (captured.scope != "flow") continue;
    FlowState& state = state_of(*look.subject.flow);
    const std::uint64_t name = name_number(captured.name);
    const std::string_view value =
        as_text(captured.value.first(std::min(captured.value.size(), kMaxVariableOctets)));
    const auto known = std::ranges::find(state.variables, name, &FlowVariable::name);
    if (known != state.variables.end())
      known->value.assign(value);
    else if (state.variables.size() < kMaxFlowVariables)
      state.variables.push_back({name, std::string(captured.name), std::string(value)});
  }
}

}  // namespace netmoth::detect
