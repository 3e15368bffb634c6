// SPDX-License-Identifier: Apache-2.0
// The .json files of RTNeural, as Keras keeps a net, and of AIDA-X (also .aidax), which
// adds gains, a self-test and metadata.
//
// Source: the files themselves. `layers` in their order, each with type, activation,
// shape (its last number: the outputs) and weights:
//   dense, time-distributed-dense   [inputs][outputs], [outputs]; the latter may be missing
//   conv1d      [kernel_size][inputs / groups][outputs], the oldest first, [outputs]; causal;
//               kernel_size and dilation in lists of one, groups 1 where it is missing
//   lstm        [inputs][4H] [H][4H] [4H], gates i, f, g, o
//   gru         [inputs][3H] [H][3H] [2][3H], gates z, r, h, the biases of input and hidden
//   batchnorm   gamma, beta, mean, variance, or the last two alone; epsilon
//   prelu       [1][outputs] or [1][1]: the slopes below 0
//   activation  none; nothing but its activation
// A softmax is one over all outputs.
// The last number of `in_shape`: the inputs; those beyond the first are knobs, 0 to 1.
// AIDA-X: in_gain and out_gain in dB; in_skip 1 adds the input (after its gain) to the
// output (before its gain); metadata.samplerate, 48 kHz unless stated;
// input_batch and output_batch: what the net gives from its start, without gains.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>

#include <nlohmann/json.hpp>

#include "daemon/executor/fused/recurrent_file.h"

namespace continuo::executor::fused {

[[nodiscard]] absl::StatusOr<RecurrentFile> ReadRtNeuralFile(const nlohmann::json& document);

}  // namespace continuo::executor::fused
