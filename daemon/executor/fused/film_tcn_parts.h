// SPDX-License-Identifier: Apache-2.0
// What the fronts of film_tcn share.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/film_tcn_front.h"

namespace continuo::executor::fused {

// A signal is looked at four times a frame: at the newest frame, and at three moments a
// quarter of a frame apart some frames ago, so that edges between frames can be seen.
inline constexpr std::uint32_t kPhases = 4, kPhaseTaps = 10, kPhasePast = kPhaseTaps - 1;

struct InterpolatingTaps {
  float taps[(kPhases - 1) * kPhaseTaps];  // of phases 1 to 3, the oldest first

  static InterpolatingTaps Read(FieldReader& fields, const nlohmann::json& front);
  // `from` is the oldest of kPhaseTaps frames.
  [[nodiscard]] double At(std::uint32_t phase, const float* from) const {
    if (phase == 0) return from[kPhasePast];
    const float* const row = taps + (phase - 1) * kPhaseTaps;
    double sum = 0;
    for (std::uint32_t i = 0; i < kPhaseTaps; ++i) sum += double{row[i]} * from[i];
    return sum;
  }
};

// NaN is `low`.
[[nodiscard]] constexpr double Within(double value, double low, double high) {
  return value > low ? (value < high ? value : high) : low;
}

// 0 for what is no number, and within ±8.
float Cleaned(float sample);
// To -1..1.
float Centred(const KnobRange& range, float value);

// models/tube/network.py has the equations.
[[nodiscard]] std::unique_ptr<Front> MakeTriodeFront(FieldReader& fields,
                                                     const nlohmann::json& front,
                                                     const std::vector<KnobRange>& knobs);

}  // namespace continuo::executor::fused
