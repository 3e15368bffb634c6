// SPDX-License-Identifier: Apache-2.0
#include "shared/client/crossfade.h"

#include <algorithm>

namespace continuo::client {

Crossfade::Crossfade(std::uint32_t channels, double sample_rate_hz) noexcept
    : channels_(channels), step_(static_cast<float>(1.0 / (kFadeSeconds * sample_rate_hz))) {}

void Crossfade::ContinueFrom(const Crossfade& previous) noexcept {
  heard_ = previous.heard_;
  last_ = previous.last_;
}

const float* const* Crossfade::Render(const float* const* from, const float* const* to,
                                      float* const* scratch, std::uint32_t frames) noexcept {
  const float* const* result = to;
  if (IsFading() || offset_left_ > 0.0F) {
    float blend = blend_;
    float left = offset_left_;
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      const float* target = to[channel];
      const float* origin = IsFading() ? from[channel] : target;
      blend = blend_;
      left = offset_left_;
      for (std::uint32_t i = 0; i < frames; ++i) {
        blend = std::min(blend + step_, 1.0F);
        float sample = target[i];
        if (blend != 1.0F) sample = origin[i] + blend * (sample - origin[i]);
        scratch[channel][i] = sample + left * offset_[channel];
        left = std::max(0.0F, left - step_);
      }
    }
    blend_ = blend;
    offset_left_ = left;
    result = scratch;
  }
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    last_[channel] = result[channel][frames - 1];
  }
  heard_ = true;
  return result;
}

}  // namespace continuo::client
