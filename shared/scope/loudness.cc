// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/loudness.h"

#include <algorithm>
#include <cmath>

namespace continuo::scope {

Loudness::Loudness(double sample_rate_hz)
    : state_(ebur128_init(kChannels, static_cast<unsigned long>(sample_rate_hz), EBUR128_MODE_I)) {
  if (state_) ebur128_set_max_history(state_.get(), kHistoryMs);
}

void Loudness::Hear(const Channels& channels, std::size_t frames) {
  if (!state_) return;
  for (const auto& channel : channels) frames = std::min(frames, channel.size());
  interleaved_.resize(frames * kChannels);
  for (std::size_t c = 0; c < kChannels; ++c) {
    const float* const last = channels[c].data() + channels[c].size() - frames;
    for (std::size_t i = 0; i < frames; ++i) {
      interleaved_[i * kChannels + c] = std::isfinite(last[i]) ? last[i] : 0.0F;
    }
  }
  ebur128_add_frames_float(state_.get(), interleaved_.data(), frames);
}

std::optional<double> Loudness::Lufs() const {
  double lufs = 0;
  if (!state_ || ebur128_loudness_global(state_.get(), &lufs) != EBUR128_SUCCESS ||
      !std::isfinite(lufs)) {
    return std::nullopt;
  }
  return lufs;
}

}  // namespace continuo::scope
