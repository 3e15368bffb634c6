// SPDX-License-Identifier: Apache-2.0
// Signals as measurements need them, and a model's state that plays them block by block.
// Threads: as executor::Model.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/executor/executor.h"

namespace continuo::executor {

using Signal = std::vector<std::vector<float>>;  // [channel][frame]

// White, uniform, -14 dB, the same each time; the channels differ.
[[nodiscard]] Signal Noise(std::uint32_t channels, std::size_t frames);
[[nodiscard]] double Peak(const Signal& signal);
// The greatest difference, as a share of the peak.
[[nodiscard]] double Difference(const Signal& a, const Signal& b);
[[nodiscard]] Signal Head(const Signal& signal, std::size_t frames);
[[nodiscard]] Signal Tail(const Signal& signal, std::size_t skip);

// Processor time of the calling thread.
[[nodiscard]] double ThreadSeconds();

class Player {
 public:
  // `parameters`: one value a parameter, held. The model outlives the player.
  Player(Model& model, const std::vector<float>& parameters);

  // Takes a fresh state.
  [[nodiscard]] absl::Status Begin();
  // Appends to `out`. `dearest`, if given, gets the cost of the dearest block, in seconds.
  // INVALID_ARGUMENT where a block fails or what comes is not finite.
  [[nodiscard]] absl::Status Play(const Signal& in, std::uint32_t block_frames, Signal* out,
                                  double* dearest = nullptr);
  // Both.
  [[nodiscard]] absl::StatusOr<Signal> PlayAnew(const Signal& in, std::uint32_t block_frames);

 private:
  Model& model_;
  const std::uint32_t maximum_;
  std::vector<std::vector<float>> rows_;
  std::vector<const float*> row_pointers_;
  std::unique_ptr<State> state_;
};

}  // namespace continuo::executor
