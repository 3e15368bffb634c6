// SPDX-License-Identifier: Apache-2.0
// What a client accepts from a daemon.
#pragma once

#include <cstdint>

namespace continuo::client {

// A longer delay of the model cannot be matched by the dry signal.
inline constexpr std::uint32_t kMaxModelLatencyFrames = 16384;

inline constexpr std::uint32_t kMaxPipelinedBlocks = 16;

}  // namespace continuo::client
