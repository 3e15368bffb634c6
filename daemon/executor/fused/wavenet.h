// SPDX-License-Identifier: Apache-2.0
// NAM's WaveNet: from the file to a program.
//
// Source: the files of Neural Amp Modeler, versions 0.5 to 0.7, and its trainer, which
// says what a model means. Arrays of dilated causal convolutions; each array's head
// begins with the one before it; the last weight is the head's scale and overrides the
// one of the config. NAM's own player departs from the trainer in two rare cases: it
// leaves out "layer1x1_post_film" unless the layer is blended, and what a layer without
// "layer1x1" adds to its input. Here both are done.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/program_builder.h"

namespace continuo::executor::fused {

// One output; `kernels` outlive it.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeWaveNet(const NamFile& file,
                                                                   const Kernels& kernels);

// Its steps after those of `builder`. `path` for messages: "", "config.condition_dsp.".
[[nodiscard]] absl::StatusOr<Output> AddWaveNet(const NamFile& file, const std::string& path,
                                                ProgramBuilder& builder);

}  // namespace continuo::executor::fused
