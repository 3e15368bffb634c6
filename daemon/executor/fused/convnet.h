// SPDX-License-Identifier: Apache-2.0
// NAM's ConvNet: dilated convolutions of two taps one after the other, each with a
// batch norm (folded into its weights) or a bias, and an activation; then a dense head.
//
// Source: the files of Neural Amp Modeler. For each block W[out][in][2], then the bias,
// or of the batch norm the means, variances, weights, biases and one epsilon; at the
// end the head's W[out][channels] and its bias.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/program_builder.h"

namespace continuo::executor::fused {

// One output; `kernels` outlive it.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeConvNet(const NamFile& file,
                                                                   const Kernels& kernels);

// Its steps after those of `builder`. `path` for messages: "", "config.condition_dsp.".
[[nodiscard]] absl::StatusOr<Output> AddConvNet(const NamFile& file, const std::string& path,
                                                ProgramBuilder& builder);

}  // namespace continuo::executor::fused
