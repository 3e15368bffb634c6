// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/rest_detector.h"

#include <algorithm>
#include <cmath>

namespace continuo::stream {

bool IsSilent(const float* const* audio, std::uint32_t channels, std::uint32_t frames) noexcept {
  return std::all_of(audio, audio + channels, [frames](const float* row) {
    return std::all_of(row, row + frames, [](float sample) { return sample == 0.0F; });
  });
}

void RestDetector::Note(bool input_silent, const float* const* out, std::uint32_t frames) noexcept {
  if (!input_silent) {
    quiet_frames_ = 0;
    return;
  }
  bool constant = true;
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    float furthest = 0.0F;
    for (std::uint32_t i = 0; i < frames; ++i) {
      furthest = std::max(furthest, std::fabs(out[channel][i] - anchor_[channel]));
    }
    const float tolerance = std::max(kTolerance, ripple_ * std::fabs(anchor_[channel]));
    if (furthest <= tolerance / 2) continue;
    anchor_[channel] = out[channel][frames - 1];
    constant = false;
  }
  quiet_frames_ = constant ? quiet_frames_ + frames : 0;
}

}  // namespace continuo::stream
