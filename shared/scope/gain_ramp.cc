// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/gain_ramp.h"

#include <algorithm>

namespace continuo::scope {

void GainRamp::Apply(float* const* audio, std::uint32_t channels, std::uint32_t frames,
                     double sample_rate_hz, bool bypassed) noexcept {
  const float wanted = bypassed ? 1.0F : wanted_.load(std::memory_order_relaxed);
  if (wanted != goal_) {
    goal_ = wanted;
    left_ = bypassed ? 0 : std::max(1U, static_cast<std::uint32_t>(kSeconds * sample_rate_hz));
    step_ = left_ == 0 ? 0.0F : (goal_ - gain_) / static_cast<float>(left_);
  }
  if (bypassed) left_ = 0;
  if (left_ == 0) gain_ = goal_;
  if (left_ == 0 && gain_ == 1.0F) return;
  const std::uint32_t moving = std::min(left_, frames);
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    float* const row = audio[channel];
    for (std::uint32_t i = 0; i < moving; ++i) row[i] *= gain_ + step_ * static_cast<float>(i + 1);
    for (std::uint32_t i = moving; i < frames; ++i) row[i] *= goal_;
  }
  gain_ += step_ * static_cast<float>(moving);
  left_ -= moving;
}

}  // namespace continuo::scope
