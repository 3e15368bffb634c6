// SPDX-License-Identifier: Apache-2.0
// Levels in dBFS: 0 is an amplitude of 1, and the level of a sine that reaches it.
#pragma once

#include <algorithm>
#include <cmath>

namespace continuo::scope {

// What is quieter is not told apart.
inline constexpr double kSilenceDb = -120.0;

[[nodiscard]] inline double AmplitudeToDb(double amplitude) noexcept {
  return amplitude > 0 ? std::max(kSilenceDb, 20 * std::log10(amplitude)) : kSilenceDb;
}

[[nodiscard]] inline double PowerToDb(double power) noexcept {
  return power > 0 ? std::max(kSilenceDb, 10 * std::log10(power)) : kSilenceDb;
}

}  // namespace continuo::scope
