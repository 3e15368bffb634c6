// SPDX-License-Identifier: Apache-2.0
// What a module takes that says nothing of itself, found by trying.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <cstdint>
#include <string>

namespace continuo::executor {

struct PlainShape {
  bool batched = true;  // [1, C, T], else [C, T]
  std::uint32_t input_channels = 1;
  std::uint32_t output_channels = 1;
  std::uint32_t chunk_frames = 0;  // 0: takes any number of frames
};

struct NativeShape {
  std::uint32_t input_channels = 1;
  std::uint32_t output_channels = 1;
  std::uint32_t parameters = 0;
};

// Of forward(x): one or two channels, the fewest that work; any number of frames, else the
// smallest power of two. The output has as many frames as the input. INVALID_ARGUMENT says
// what the module said of the first trial.
[[nodiscard]] absl::StatusOr<PlainShape> ProbePlain(torch::jit::Module& module);

// Of forward(x, parameters, state) with initial_state(): likewise, with the fewest parameters
// that work, up to 16.
[[nodiscard]] absl::StatusOr<NativeShape> ProbeNative(torch::jit::Module& module);

}  // namespace continuo::executor
