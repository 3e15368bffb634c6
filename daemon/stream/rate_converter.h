// SPDX-License-Identifier: Apache-2.0
// Runs a model at its own rate inside a stream of another rate, with as many
// frames out as in, at an exact and constant delay.
//
//   host frames ─► resampler ─► model ─► resampler ─► queue ─► host frames
//
// Both resamplers keep time: the k-th frame they give stands for the moment of the
// k-th frame of their rate, however many frames they hold back. The queue begins
// with `latency_frames` of silence, the most that was held back at any moment in a
// trial of many block lengths; so the delay of the pair is exactly that.
//
// Threads: built on any thread, Process [audio-thread]. Real time: libsamplerate
// allocates when it is made, not when it runs (tests/realtime).
// Source: libsamplerate, SRC_SINC_MEDIUM_QUALITY (121 dB, 90 % of the band).
#pragma once

#include <absl/status/statusor.h>
#include <samplerate.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace continuo::stream {

// One direction, any number of channels, planar in and out.
class Resampler {
 public:
  static absl::StatusOr<Resampler> Make(std::uint32_t channels, double ratio,
                                        std::uint32_t maximum_input_frames);
  // At most MaximumOutputFrames(); all input is taken.
  std::uint32_t Process(const float* const* in, std::uint32_t frames, float* const* out) noexcept;
  void Reset() noexcept { src_reset(state_.get()); }
  [[nodiscard]] std::uint32_t maximum_output_frames() const noexcept {
    return maximum_output_frames_;
  }

 private:
  struct Delete {
    void operator()(SRC_STATE* state) const { src_delete(state); }
  };
  Resampler() = default;

  std::unique_ptr<SRC_STATE, Delete> state_;
  std::uint32_t channels_ = 0;
  double ratio_ = 1.0;
  std::uint32_t maximum_output_frames_ = 0;
  std::vector<float> interleaved_in_;
  std::vector<float> interleaved_out_;
};

class RateConverter {
 public:
  static absl::StatusOr<std::unique_ptr<RateConverter>> Make(std::uint32_t channels,
                                                             std::uint32_t host_rate_hz,
                                                             std::uint32_t model_rate_hz,
                                                             std::uint32_t maximum_block_frames);

  // Of the pair of resamplers, in host frames.
  [[nodiscard]] std::uint32_t latency_frames() const noexcept { return latency_frames_; }
  // The longest block the model will be given.
  [[nodiscard]] std::uint32_t maximum_model_frames() const noexcept {
    return down_.maximum_output_frames();
  }

  // model(in, out, frames) is called once, or not at all where the block gives no
  // frame at the model's rate. False where it returns false.
  template <typename RunModel>
  bool Process(const float* const* in, float* const* out, std::uint32_t frames,
               RunModel run_model) noexcept {
    const std::uint32_t model_frames = down_.Process(in, frames, model_in_rows_.data());
    if (model_frames > 0 &&
        !run_model(model_in_rows_.data(), model_out_rows_.data(), model_frames)) {
      return false;
    }
    Finish(model_frames, out, frames);
    return true;
  }
  void Reset() noexcept;
  // Frames that were due and not there; a delay that is exact has none.
  [[nodiscard]] std::uint64_t missing_frames() const noexcept { return missing_frames_; }

 private:
  RateConverter(Resampler down, Resampler up, std::uint32_t channels,
                std::uint32_t maximum_block_frames);
  void Finish(std::uint32_t model_frames, float* const* out, std::uint32_t frames) noexcept;
  [[nodiscard]] std::uint32_t MeasureHeldBackFrames();

  Resampler down_;
  Resampler up_;
  std::uint32_t channels_;
  std::uint32_t maximum_block_frames_;
  std::uint32_t latency_frames_ = 0;
  std::vector<float> memory_;
  std::vector<float*> model_in_rows_, model_out_rows_, host_rows_, queue_rows_;
  std::uint32_t queued_frames_ = 0;
  std::uint64_t missing_frames_ = 0;
};

}  // namespace continuo::stream
