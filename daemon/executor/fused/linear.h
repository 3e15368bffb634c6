// SPDX-License-Identifier: Apache-2.0
// NAM's Linear: an impulse response of any length, and a bias, without latency.
//
// Source: the files of Neural Amp Modeler: the taps, the newest first, then the bias.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/network.h"

namespace continuo::executor::fused {

// `kernels` outlive it.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeLinear(const NamFile& file,
                                                                  const Kernels& kernels);

}  // namespace continuo::executor::fused
