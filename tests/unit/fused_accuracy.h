// SPDX-License-Identifier: Apache-2.0
// A model's sound against double precision.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/fused_bench.h"

namespace continuo::test {

inline constexpr double kTolerance = 1e-6;  // of full scale: of 1, or of the largest sample

// `silence`: how many frames of it are enough to fill the longest field.
inline void CheckAgainstReference(const json& model, std::size_t frames,
                                  std::size_t silence = 4096) {
  FusedBench bench;
  const auto in = TestSignal(frames, 11);
  const auto expected = Reference(model, in, silence);
  double full_scale = 0;
  for (const double sample : expected) full_scale = std::max(full_scale, std::abs(sample));
  REQUIRE(full_scale > 1e-3);
  full_scale = std::max(full_scale, 1.0);
  for (const std::string& level : SimdLevels()) {
    const auto loaded = bench.LoadWith(level, model);
    const auto state = NewState(*loaded);
    const auto out = Play(*state, in, 256);
    double largest = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      largest = std::max(largest, std::abs(out[i] - expected[i]));
    }
    INFO(level << ", " << model["config"].dump());
    CHECK(largest / full_scale <= kTolerance);
  }
}

}  // namespace continuo::test
