// SPDX-License-Identifier: Apache-2.0
// Turns changes of a parameter into one value a frame, on a straight line over the
// parameter's smoothing time.
// Threads: [audio-thread]. Real time: no allocation, one pass over the frames.
#pragma once

#include <cstdint>

namespace continuo::stream {

class Smoother {
 public:
  Smoother(float value, std::uint32_t smoothing_frames) noexcept
      : smoothing_frames_(smoothing_frames), value_(value), target_(value) {}

  void SetTarget(float target) noexcept;
  // Arrives at once.
  void Snap(float value) noexcept;
  // At its target.
  void Arrive() noexcept { Snap(target_); }
  [[nodiscard]] bool moving() const noexcept { return frames_left_ > 0; }
  // The next `frames` values.
  void Render(float* values, std::uint32_t frames) noexcept;

 private:
  std::uint32_t smoothing_frames_;
  std::uint32_t frames_left_ = 0;
  float value_;
  float target_;
};

}  // namespace continuo::stream
