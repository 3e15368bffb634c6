// SPDX-License-Identifier: Apache-2.0
// Looking for exact silence, fast enough to do it for every block.
// Threads: [any-thread]. Real time: one pass, vectorised by the compiler.
#pragma once

#include <bit>
#include <cstdint>

namespace continuo::audio {

// Every sample is 0 or -0.
inline bool AllSilent(const float* samples, std::uint32_t count) noexcept {
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < count; ++i) found |= std::bit_cast<std::uint32_t>(samples[i]) << 1U;
  return found == 0;
}

}  // namespace continuo::audio
