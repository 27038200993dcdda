// Community ID flow hashing, version 1 (https://github.com/corelight/community-id-spec).
//
// Invariant: both directions of a conversation give the same text; one-way ICMP keeps its
// direction.
#pragma once

#include <array>
#include <string_view>

#include "flow/flow_key.h"

namespace netmoth::flow {

// "1:" and 28 characters of base64.
using CommunityIdText = std::array<char, 30>;

CommunityIdText community_id(const FlowKey& key, std::uint16_t seed = 0);

}  // namespace netmoth::flow
