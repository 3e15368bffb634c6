// SPDX-License-Identifier: Apache-2.0
// A module that knows nothing of Continuo: nn~'s, or a plain forward(x). It keeps what it
// remembers in itself, so each stream has its own copy (the parameters are shared).
//
// Options of a variant:
//   layout   "1ct" or "ct": tensors are [1, C, T] or [C, T]   (plain)
//   method   the method that is called                        (nn~)
//   inputs, outputs   its channels, where they are not the manifest's (plain)
//   chunk    frames that it takes at a time; none, or "0": as they come
// What comes in other portions is gathered: chunk - 1 frames of latency, whatever the blocks.
// A side with a ratio above 1 has one value for that many frames: taken at their first one,
// held for all of them.
// Channels: a stream has as many on both sides, the manifest so too: the larger number of the
// module's. A sound with fewer inputs gets the mean of the channels, one with fewer outputs
// goes to all; latents are the first channels, the rest is ignored or silent.
// Parameters (nn~'s attributes) are set before a call where they have changed, to their value
// at its last frame. Where nothing is gathered a block is cut, into eight calls at most, where a
// value jumps, so that it does so at its frame; one that glides has one value a block.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <memory>
#include <string>

#include "daemon/executor/executor.h"

namespace continuo::executor {

inline constexpr std::uint32_t kMaxChunkFrames = 65536;

// INVALID_ARGUMENT names the option or the parameter that does not fit the module.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Model>> MakeForeignModel(torch::jit::Module module,
                                                                      const LoadRequest& request);

// Calls set_sample_rate where there is one; whether there is. Throws what it throws.
bool SetSampleRate(torch::jit::Module& module, std::uint32_t sample_rate_hz);

}  // namespace continuo::executor
