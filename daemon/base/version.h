// SPDX-License-Identifier: Apache-2.0
// Our version, and comparing versions (Semantic Versioning 2.0.0, without
// pre-release and build parts).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace continuo::base {

inline constexpr std::string_view kVersion = CONTINUO_VERSION;

struct SemanticVersion {
  std::uint32_t major_part = 0;
  std::uint32_t minor_part = 0;
  std::uint32_t patch_part = 0;
  auto operator<=>(const SemanticVersion&) const = default;
};

// "MAJOR.MINOR.PATCH", each up to 9 digits without leading zeros; else nothing.
[[nodiscard]] std::optional<SemanticVersion> ParseSemanticVersion(std::string_view text);

}  // namespace continuo::base
