// Flowbits, flowint, xbits, hostbits and captured variables. Source: Suricata 8 user guide, "Flow
// Keywords", "Xbits". See detector.h.
#include <algorithm>

#include "base/digest.h"
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

bool has_value(std::span<const FlowVariable> variables, const StateOperation& operation) {
  return !operation.names.empty() && std::ranges::any_of(variables, [&](const auto& variable) {
    return variable.name == operation.names[0] && variable.value == operation.subject;
  });
}

// At most kMaxFlowVariables, the value of a known one anew. False where there is no room.
bool keep_value(std::vector<FlowVariable>& variables, const MatchState::Captured& captured) {
  const std::uint64_t name = name_number(captured.name);
  const std::string_view value =
      as_text(captured.value.first(std::min(captured.value.size(), kMaxVariableOctets)));
  const auto known = std::ranges::find(variables, name, &FlowVariable::name);
  if (known != variables.end()) {
    known->value.assign(value);
    return true;
  }
  if (variables.size() >= kMaxFlowVariables) return false;
  variables.push_back({name, std::string(captured.name), std::string(value)});
  return true;
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
      sink_.await_turn();
      return any([&](std::uint64_t name) {
        return hosts_.has(host_key(operation.subject, name, ends.first, ends.second),
                          look.subject.now);
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
      return state != nullptr && has_value(state->variables, operation);
    case Memory::kPktvar:
      return has_value(packet_variables_, operation);
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
    const TimestampNs until = operation.value > 0 ? now + operation.value * kSecond : 0;
    sink_.await_turn();
    if (operation.operation == "toggle") return hosts_.toggle(key, until, now);
    if (operation.operation == "set") return hosts_.set(key, until, now);
    return hosts_.clear(key);
  }
  if (look.subject.flow == nullptr) return;
  FlowState& state = state_of(*look.subject.flow);
  if (operation.memory == Memory::kFlowbits) {
    const bool wanted =
        operation.operation == "set" || (operation.operation == "toggle" && !state.has_bit(name));
    if (!wanted)
      state.clear_bit(name);
    else if (!state.set_bit(name, set_->name_of(name)))
      ++counters_.names_refused;
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
  std::uint32_t after = right;
  if (operation.operation == "+") after = before + right;
  if (operation.operation == "-") after = before - right;
  if (!state.set_number(name, after)) ++counters_.names_refused;
}

// What rules have set or unset stands beside what the bundle lists, and comes before it.
bool Detector::look_up(const DatasetMatch& match, Bytes value) {
  using Operation = DatasetMatch::Operation;
  constexpr std::uint64_t kPresent = 1;
  constexpr std::uint64_t kRemoved = 2;
  const Dataset& dataset = *match.dataset;
  if (!dataset.fits(value.size())) return match.operation == Operation::kIsNotSet;
  const bool listed = dataset.lists(value);
  if (!dataset.changes()) return listed == (match.operation == Operation::kIsSet);
  HostKey key{HostKey::What::kValue, dataset.number(), {}, {}};
  const auto digest = base::sha256(value);
  const auto half = digest.begin() + sizeof key.first.octets;
  std::copy(digest.begin(), half, key.first.octets.begin());
  std::copy(half, digest.end(), key.second.octets.begin());
  sink_.await_turn();
  const auto is_present = [listed](std::uint64_t state) {
    return state == 0 ? listed : state == kPresent;
  };
  if (match.operation == Operation::kIsSet || match.operation == Operation::kIsNotSet)
    return is_present(hosts_.count_of(key, moment_)) == (match.operation == Operation::kIsSet);
  const bool wanted = match.operation == Operation::kSet;
  return hosts_.update(key, moment_, [&](HostState::Entry& entry, bool) {
    const bool changed = is_present(entry.count) != wanted;
    entry.count = wanted ? kPresent : kRemoved;
    return changed;
  });
}

void Detector::keep_captures(const Rule& /*rule*/, Look& look) {
  for (const MatchState::Captured& captured : match_.captured) {
    const bool of_packet = captured.scope == "pkt";
    if (!of_packet && (captured.scope != "flow" || look.subject.flow == nullptr)) continue;
    auto& kept = of_packet ? packet_variables_ : state_of(*look.subject.flow).variables;
    if (!keep_value(kept, captured)) ++counters_.names_refused;
  }
}

}  // namespace netmoth::detect
