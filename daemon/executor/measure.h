// SPDX-License-Identifier: Apache-2.0
// What can be known of a model only by running it: delay, memory, tail, cost.
//
// Problem: a file of another program rarely says how late its sound is, whether it may be
// cut into blocks, or what it costs.
// Method: white noise at -14 dB. The latency is the lag at which the cross-correlation of
// input and output is greatest, exact for a pure delay with any memoryless nonlinearity and
// for linear-phase filters; where the output is too unlike the input for that, the time of
// its onset. Cost is the thread's processor time, so other programs do not count.
// Threads: as executor::Model.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "daemon/executor/executor.h"

namespace continuo::executor {

inline constexpr std::uint32_t kMeasuredBlockFrames = 256;
// Latencies above the stated one that are looked for.
inline constexpr std::uint32_t kMaxProbedLatencyFrames = 16384;
// What does not fall silent within this has a tail without end, kEndlessTailMs.
inline constexpr double kProbedTailMs = 5000;
inline constexpr double kEndlessTailMs = 600'000;

enum class LatencyEvidence : std::uint8_t { kCorrelation, kOnset, kNone };

struct Measured {
  std::uint32_t latency_frames = 0;  // 0 where there is no evidence
  LatencyEvidence evidence = LatencyEvidence::kNone;
  bool has_state = false;          // what came before changes what comes
  bool is_random = false;          // equal input and state, another output
  bool depends_on_blocks = false;  // other blocks of the same signal give another output
  double tail_ms = 0;              // until 80 dB below the noise's output
  double block_cost_us = 0;        // of kMeasuredBlockFrames, mean over `chunk_frames`
  double peak_block_cost_us = 0;   // of the dearest of them
};

// `parameters`: one value a parameter, held. `chunk_frames`: what the model gathers before it
// works, so that the mean is of whole rounds. INVALID_ARGUMENT where a block fails, or gives
// what is not finite.
[[nodiscard]] absl::StatusOr<Measured> Measure(Model& model, const std::vector<float>& parameters,
                                               std::uint32_t chunk_frames);

// The last two alone: of `kMeasuredBlockFrames`, in about a second. Errors as above.
struct BlockCost {
  double mean_us = 0;
  double peak_us = 0;
};
[[nodiscard]] absl::StatusOr<BlockCost> MeasureBlockCost(Model& model,
                                                         const std::vector<float>& parameters,
                                                         std::uint32_t chunk_frames);

// Of a cell of one sequence: the mean over the first 64, of the round that took the least, of
// processor time. In about a second.
[[nodiscard]] absl::StatusOr<double> MeasureCellUs(const Decoder& decoder);

}  // namespace continuo::executor
