// SPDX-License-Identifier: Apache-2.0
// Version of the gRPC API in proto/continuo/v1 (docs/protocol.md has the table).
// A higher minor only adds; both sides speak the lower minor of the two.
#pragma once

#include <cstdint>

namespace continuo {

inline constexpr std::uint32_t kApiMajor = 1;
inline constexpr std::uint32_t kApiMinor = 0;
// Oldest minor of the same major that this build can still speak.
inline constexpr std::uint32_t kApiMinimumMinor = 0;

}  // namespace continuo
