// SPDX-License-Identifier: Apache-2.0
// The two clocks. [any-thread], audio threads too: both are read through the vDSO.
#pragma once

#include <chrono>
#include <cstdint>

namespace continuo::base {

// CLOCK_MONOTONIC; comparable between processes of one machine.
[[nodiscard]] inline std::uint64_t MonotonicNs() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

// Milliseconds since 1970 (UTC); may jump.
[[nodiscard]] inline std::int64_t WallMs() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace continuo::base
