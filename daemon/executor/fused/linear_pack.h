// SPDX-License-Identifier: Apache-2.0
// An impulse response packed as linear_plan.h says. Plain C++, as it is also tested under
// emulation of other processors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/linear_plan.h"

namespace continuo::executor::fused {

// Moves, but is not copied: the plan points into it. All of a state at rest is zero.
struct PackedLinear {
  LinearPlan plan{};
  AlignedFloats weights;
  std::size_t memory_floats = 0;
};

[[nodiscard]] PackedLinear PackLinear(const float* taps, std::uint32_t count, float bias);

}  // namespace continuo::executor::fused
