// SPDX-License-Identifier: Apache-2.0
// Looking for samples that are not finite, fast enough to do it for every block.
// Threads: [any-thread]. Real time: one pass, vectorised by the compiler.
#pragma once

#include <bit>
#include <cstdint>

namespace continuo::audio {

// No NaN and no infinity among them.
inline bool AllFinite(const float* samples, std::uint32_t count) noexcept {
  constexpr std::uint32_t kExponent = 0x7F800000;  // all ones in what is not finite
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(samples[i]);
    found |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  return found == 0;
}

}  // namespace continuo::audio
