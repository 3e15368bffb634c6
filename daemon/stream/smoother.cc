// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/smoother.h"

#include <algorithm>

namespace continuo::stream {

void Smoother::SetTarget(float target) noexcept {
  if (target == target_) return;
  if (smoothing_frames_ == 0) {
    Snap(target);
    return;
  }
  target_ = target;
  frames_left_ = smoothing_frames_;
}

void Smoother::Snap(float value) noexcept {
  value_ = target_ = value;
  frames_left_ = 0;
}

void Smoother::Render(float* values, std::uint32_t frames) noexcept {
  const std::uint32_t ramp = std::min(frames, frames_left_);
  for (std::uint32_t i = 0; i < ramp; ++i) {
    // Towards the target by an equal share of what is left; the last step is not
    // computed, so that rounding cannot miss the target.
    value_ = frames_left_ == 1 ? target_
                               : value_ + (target_ - value_) / static_cast<float>(frames_left_);
    --frames_left_;
    values[i] = value_;
  }
  std::fill(values + ramp, values + frames, value_);
}

}  // namespace continuo::stream
