// SPDX-License-Identifier: Apache-2.0
#include "shared/client/wet_dry_mix.h"

#include <utility>

namespace continuo::client {
namespace {

void Scale(const float* effect, const float* dry, float wet_gain, float dry_gain, float* out,
           std::uint32_t frames) noexcept {
  if (dry_gain == 0.0F) {
    for (std::uint32_t i = 0; i < frames; ++i) out[i] = wet_gain * effect[i];
  } else {
    for (std::uint32_t i = 0; i < frames; ++i) out[i] = wet_gain * effect[i] + dry_gain * dry[i];
  }
}

}  // namespace

void WetDryMix::Render(const float* const* effect, const float* const* dry, float* const* out,
                       std::uint32_t channels, std::uint32_t frames, float wet_gain,
                       float dry_gain) noexcept {
  const float wet_from = std::exchange(wet_gain_, wet_gain);
  const float dry_from = std::exchange(dry_gain_, dry_gain);
  const bool moves = std::exchange(heard_, true) && (wet_from != wet_gain || dry_from != dry_gain);
  const float wet_step = (wet_gain - wet_from) / static_cast<float>(frames);
  const float dry_step = (dry_gain - dry_from) / static_cast<float>(frames);
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    if (!moves) {
      Scale(effect[channel], dry[channel], wet_gain, dry_gain, out[channel], frames);
      continue;
    }
    for (std::uint32_t i = 0; i < frames; ++i) {
      const auto passed = static_cast<float>(i + 1);
      float sample = (wet_from + wet_step * passed) * effect[channel][i];
      const float dry_now = dry_from + dry_step * passed;
      if (dry_now != 0.0F) sample += dry_now * dry[channel][i];
      out[channel][i] = sample;
    }
  }
}

}  // namespace continuo::client
