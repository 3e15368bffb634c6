// SPDX-License-Identifier: Apache-2.0
// Amounts as people write them: "2 GiB", "50 %", "5 min", "forever".
// Pure functions. Errors: INVALID_ARGUMENT with what is taken.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace continuo::memory {

inline constexpr std::uint64_t kLeastBudget = std::uint64_t{32} << 20;

// What the two below take, in words.
inline constexpr std::string_view kBudgetTakes =
    "a size such as \"2 GiB\" or \"900 MB\", or a share, \"50 %\"";
inline constexpr std::string_view kDurationTakes =
    "a time such as \"30 s\", \"5 min\", \"2 h\", \"0\" or \"forever\"";

// Of so much memory: "2 GiB", "900 MiB", "50 %", "1.5GB". At least 32 MiB, at most `whole_bytes`.
[[nodiscard]] absl::StatusOr<std::uint64_t> ParseBudget(std::string_view text,
                                                        std::uint64_t whole_bytes);

inline constexpr double kForever = 1e12;          // seconds
inline constexpr double kLongestKeepAlive = 1e9;  // of a number of seconds

// Seconds: "30 s", "5 min", "2 h", "0", a bare number of seconds, "forever" (kForever).
[[nodiscard]] absl::StatusOr<double> ParseDuration(std::string_view text);

}  // namespace continuo::memory
