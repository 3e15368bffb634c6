// SPDX-License-Identifier: Apache-2.0
// NAM's WaveNet: from the file to a plan.
//
// Source: the files of Neural Amp Modeler, version 0.5. Arrays of dilated causal
// convolutions; each array's head begins with the one before it; the last weight is
// the head's scale and overrides the one of the config.
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
struct WaveNet {
  WaveNetPlan plan{};
  std::vector<std::vector<WaveNetLayer>> layers;
  std::vector<WaveNetArray> arrays;
  AlignedFloats weights;
  std::size_t memory_floats = 0;   // of a state
  std::uint32_t layer_count = 0;   // of all arrays: a state's positions
  std::uint32_t field_frames = 0;  // how far back the output hears the input
};

[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeWaveNet(const NamFile& file,
                                                                   const Kernels& kernels);

}  // namespace continuo::executor::fused
