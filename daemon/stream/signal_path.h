// SPDX-License-Identifier: Apache-2.0
// What happens to a block between a stream's input and output ring: events,
// smoothing, sample rate, channels, the model.
//
// Problem: a model has one rate, one number of channels and a longest block; a
// stream has others.
// Channels: a model with the stream's channels takes them all; a mono model runs
// once a channel, each with its own state, or once for all with their mean; a stereo
// model in a mono stream gets its input twice and gives the mean.
// Key: the stream's last channels may be a key (side-chain). A model that listens to one gets a row
// behind its own: that of its channel, or the last there is; where the stream has none, its own
// input, so that it sounds as if there were no such thing. What comes out there is silence.
// Silence: where the input has been silent for the model's tail, and the output has
// settled, the path is at rest: nothing changes until another input or event, so the
// frames in between need not be processed, however many they are.
// Together: several paths of one model are run at once where that is faster (together()).
// Threads: Make on any thread but an audio thread; the rest [audio-thread].
// Real time: no allocation of its own; that of the executor is stated by it.
// Invariant: the output does not depend on how the signal is cut in blocks, but
// for the rounding of the model.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/stream/model_controls.h"
#include "daemon/stream/rate_converter.h"
#include "daemon/stream/rest_detector.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

struct SignalPathConfig {
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint32_t maximum_block_frames = 0;
  std::uint32_t key_channels = 0;        // of `channels`, the last ones
  std::uint32_t model_key_channels = 0;  // of the model's inputs, likewise: 0 or 1
  bool mid = false;  // a mono model gets the mean of all channels, and they all its output
  bool wants_transport = false;
  bool wants_midi = false;
  double tail_ms = 0;  // how long the model may sound after its input
  std::vector<ParameterSpec> parameters;
};

// The least time of a block of the maximum length.
struct BlockCost {
  double alone_us = 0;
  double crowded_us = 0;  // among others, which have taken the caches meanwhile
};

// Who gains by being run at once: paths of one `model`, of whose states this one has `states`, and
// all of them together `most`.
struct Together {
  const executor::Model* model = nullptr;  // null: nothing is gained
  std::uint32_t states = 1;
  std::uint32_t most = 1;
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
                             const BlockEvents& events) noexcept;
  // The same in three steps. What Begin is given stays as it is until End.
  void Begin(float* const* in, float* const* out, std::uint32_t frames,
             const BlockEvents& events) noexcept;
  // Of one, or of several that gain by it and have begun blocks of one length: bit by bit what one
  // after the other gives.
  static void Run(std::span<SignalPath* const> paths) noexcept;
  [[nodiscard]] bool End() noexcept;
  [[nodiscard]] Together together() const noexcept;

  void Reset() noexcept;
  // From another thread's order, at the next block. Index and value are checked.
  void SetParameter(std::uint32_t index, float value) noexcept {
    controls_.SetParameter(index, value);
  }
  // After the last block: while the input stays silent, its last frame goes on for ever.
  [[nodiscard]] bool at_rest() const noexcept {
    return rest_detector_.at_rest() && !controls_.moving();
  }

  [[nodiscard]] std::uint64_t non_finite_samples() const noexcept { return non_finite_samples_; }

  // Runs trial blocks of noise, then rests again.
  [[nodiscard]] absl::StatusOr<BlockCost> WarmUp();

 private:
  SignalPath(executor::Model& model, const SignalPathConfig& config,
             std::unique_ptr<RateConverter> converter);
  // Calls of one model at once.
  struct Calls;

  absl::Status MakeStates();
  [[nodiscard]] bool RunAlone() noexcept;
  void AddCalls(const float* const* in, float* const* out, const executor::Block& block,
                Calls* calls) noexcept;
  bool RunModel(const float* const* in, float* const* out, std::uint32_t frames) noexcept;
  bool RunChunk(const float* const* in, float* const* out, executor::Block block) noexcept;

  executor::Model& model_;
  const executor::Description description_;
  const SignalPathConfig config_;
  const std::uint32_t sound_channels_;  // of the stream, without its key
  const std::uint32_t channels_;        // on the way through the model: 1 for a mean
  const std::uint32_t key_channels_;    // likewise, behind them; 0 where nobody listens
  std::vector<std::unique_ptr<executor::State>> states_;
  const std::unique_ptr<RateConverter> converter_;  // null where the rates agree
  const std::uint32_t latency_frames_;
  const std::uint32_t maximum_model_frames_;
  ModelControls controls_;
  RestDetector rest_detector_;
  std::vector<float> spare_memory_;  // the second channel of a stereo model in a mono stream
  std::uint64_t non_finite_samples_ = 0;
  // The block in hand.
  std::array<const float*, ipc::kMaxChannels> in_rows_{};  // on the way through the model
  std::array<float*, ipc::kMaxChannels> out_rows_{};
  float* const* out_ = nullptr;  // the stream's
  std::uint32_t frames_ = 0;
  bool silent_ = false;
  bool ran_ = false;
};

}  // namespace continuo::stream
