// SPDX-License-Identifier: Apache-2.0
// NAM's LSTM: from the file to a plan.
//
// Source: the files of Neural Amp Modeler, version 0.5: for each layer
// W[4H][inputs + H], gates i, f, g, o, then b[4H], h0[H], c0[H]; then the head.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {

// Moves, but is not copied: the plan points into it.
struct Lstm {
  LstmPlan plan{};
  std::vector<LstmLayer> layers;
  AlignedFloats weights;
  AlignedFloats rest;  // a state's memory before the pre-warming, h0 and c0 in it
};

// Packed for vectors of `lanes`.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeLstm(const NamFile& file,
                                                                const Kernels& kernels);

}  // namespace continuo::executor::fused
