// SPDX-License-Identifier: Apache-2.0
// The network made of a recurrent net.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/recurrent_net.h"

namespace continuo::executor::fused {

// `net` fits together: the readers see to that. `warm_up_frames` of silence, the
// parameters at 0, come before a stream begins.
[[nodiscard]] std::unique_ptr<Network> MakeRecurrent(const RecurrentNet& net,
                                                     const Kernels& kernels,
                                                     std::uint32_t warm_up_frames,
                                                     Precision precision = Precision::kFloat32);

// The option "precision" of a variant: float32, as without it, or int16.
[[nodiscard]] absl::StatusOr<Precision> PrecisionOf(const LoadRequest& request);

// The net's output for `in` from its start, without the silence; the parameters at 0.
[[nodiscard]] std::vector<float> RunFromStart(const Network& network, const std::vector<float>& in,
                                              std::uint32_t parameters);

}  // namespace continuo::executor::fused
