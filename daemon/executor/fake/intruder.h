// SPDX-License-Identifier: Apache-2.0
// What a hostile model would try from inside a runner.
#pragma once

#include <cstdint>

namespace continuo::executor {

// In this order, from the lowest bit: what Intrude() could do.
inline constexpr const char* kDeeds[] = {
    "read a file of the user",
    "write it",
    "make another",
    "rename it",
    "open a TCP socket",
    "open a Unix socket",
    "fork",
    "run a program",
    "signal the daemon",
    "read the daemon's environment",
};

// Tries them all on the file that $CONTINUO_FAKE_SECRET names, and its neighbour.
[[nodiscard]] std::uint32_t Intrude() noexcept;

}  // namespace continuo::executor
