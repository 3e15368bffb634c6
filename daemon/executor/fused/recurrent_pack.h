// SPDX-License-Identifier: Apache-2.0
// A recurrent net packed for vectors of one width: plan.h says how.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/plan.h"
#include "daemon/executor/fused/recurrent_net.h"

namespace continuo::executor::fused {

// Moves, but is not copied: the plan points into it.
struct PackedRecurrent {
  RecurrentPlan plan{};
  std::vector<RecurrentLayer> layers;
  AlignedFloats weights;
  AlignedFloats start;  // a state's memory before the first frame
};

[[nodiscard]] PackedRecurrent PackRecurrent(const RecurrentNet& net, std::uint32_t lanes,
                                            Precision precision);

}  // namespace continuo::executor::fused
