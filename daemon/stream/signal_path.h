// SPDX-License-Identifier: Apache-2.0
// What happens to a block between a stream's input and output ring: events,
// smoothing, sample rate, channels, the model.
//
// Problem: a model has one rate, one number of channels and a longest block; a
// stream has others.
// Channels: a model with the stream's channels takes them all; a mono model runs
// once a channel, each with its own state; a stereo model in a mono stream gets
// its input twice and gives the mean.
// Threads: Make on any thread but an audio thread; the rest [audio-thread].
// Real time: no allocation of its own; that of the executor is stated by it.
// Invariant: the output does not depend on how the signal is cut in blocks, but
// for the rounding of the model.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/stream/rate_converter.h"
#include "daemon/stream/smoother.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

struct ParameterSpec {
  float minimum = 0;
  float maximum = 1;
  float value = 0;
  double smoothing_ms = 0;
};

struct SignalPathConfig {
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint32_t maximum_block_frames = 0;
  std::vector<ParameterSpec> parameters;
};

class SignalPath {
 public:
  // `model` outlives the path. INVALID_ARGUMENT where channels cannot be matched.
  static absl::StatusOr<std::unique_ptr<SignalPath>> Make(executor::Model& model,
                                                          const SignalPathConfig& config);

  // Of model and resamplers, in frames at the stream's rate.
  [[nodiscard]] std::uint32_t latency_frames() const noexcept { return latency_frames_; }

  // `in` and `out` have the stream's channels and do not overlap; what is not
  // finite in `in` becomes 0 and is counted. False: the model has failed, `out` is
  // undefined and the path is at rest again. At rest too after an output that is
  // not finite, which is left as it is for the client to refuse.
  [[nodiscard]] bool Process(float* const* in, float* const* out, std::uint32_t frames,
                             std::span<const ipc::ParameterEvent> events) noexcept;
  void Reset() noexcept;
  // From another thread's order, at the next block. Index and value are checked.
  void SetParameter(std::uint32_t index, float value) noexcept;

  [[nodiscard]] std::uint64_t non_finite_samples() const noexcept { return non_finite_samples_; }

  // Runs trial blocks of noise, then rests again. The least time of a block of the
  // maximum length.
  [[nodiscard]] absl::StatusOr<double> WarmUpUs();

 private:
  SignalPath(executor::Model& model, const SignalPathConfig& config);
  absl::Status MakeStates();
  bool RunModel(const float* const* in, float* const* out, std::uint32_t frames) noexcept;
  bool RunChunk(const float* const* in, float* const* out, std::uint32_t frames) noexcept;
  void RenderParameters(std::uint32_t model_frames) noexcept;

  executor::Model& model_;
  const executor::Description description_;
  const SignalPathConfig config_;
  std::vector<std::unique_ptr<executor::State>> states_;
  std::unique_ptr<RateConverter> converter_;  // null where the rates agree
  std::uint32_t latency_frames_ = 0;
  std::uint32_t maximum_model_frames_ = 0;
  std::vector<Smoother> smoothers_;
  std::vector<float> parameter_memory_;
  std::vector<float*> parameter_rows_;
  std::vector<const float*> parameter_chunk_;
  std::vector<float> spare_memory_;  // the second channel of a stereo model in a mono stream
  std::span<const ipc::ParameterEvent> events_;  // of the block in hand
  std::uint32_t block_frames_ = 0;
  std::uint64_t non_finite_samples_ = 0;
  bool at_rest_ = true;  // nothing was processed since the start: changes need no ramp
};

}  // namespace continuo::stream
