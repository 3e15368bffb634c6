// SPDX-License-Identifier: Apache-2.0
// Whether a stream has nothing more to say: its input has been silence and its output the same
// value for so long that they will stay so.
//
// Problem: models do not fall silent exactly. An amplifier settles at a constant of its own,
// and a recurrent net at a cycle of its last bits; so the output has to be constant, within
// kTolerance, and not zero. Through a resampler a constant has a ripple of -112 dB of itself.
// Threads: [audio-thread]. Real time: one pass over a block whose input is silent, none else.
#pragma once

#include <array>
#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

// No sample but 0 in it.
[[nodiscard]] bool IsSilent(const float* const* audio, std::uint32_t channels,
                            std::uint32_t frames) noexcept;

class RestDetector {
 public:
  // Of any two output samples over the time that is looked at; the second is of the constant,
  // and counts where it is resampled.
  static constexpr float kTolerance = 1e-7F;
  static constexpr float kRippleTolerance = 5e-6F;

  // `settling_frames`: how long both must have lasted.
  RestDetector(std::uint32_t channels, std::uint64_t settling_frames, bool resampled) noexcept
      : channels_(channels),
        settling_frames_(settling_frames),
        ripple_(resampled ? kRippleTolerance : 0.0F) {}

  void Note(bool input_silent, const float* const* out, std::uint32_t frames) noexcept;
  // Begins anew.
  void Restart() noexcept { quiet_frames_ = 0; }
  [[nodiscard]] bool at_rest() const noexcept { return quiet_frames_ >= settling_frames_; }

 private:
  const std::uint32_t channels_;
  const std::uint64_t settling_frames_;
  const float ripple_;
  std::uint64_t quiet_frames_ = 0;
  std::array<float, ipc::kMaxChannels> anchor_{};  // outputs lie within half of the tolerance
};

}  // namespace continuo::stream
