// SPDX-License-Identifier: Apache-2.0
#include "shared/client/bypass_switch.h"

#include <algorithm>
#include <utility>

#include "shared/client/crossfade.h"

namespace continuo::client {

void BypassSwitch::Begin(double sample_rate_hz) noexcept {
  *this = {};
  fade_frames_ = std::max(1U, static_cast<std::uint32_t>(kFadeSeconds * sample_rate_hz));
  step_ = 1.0F / static_cast<float>(fade_frames_);
}

BypassSwitch::Task BypassSwitch::Follow(bool on, bool interrupted) noexcept {
  on_ = on;
  if (!std::exchange(begun_, true)) {
    share_ = on ? 1.0F : 0.0F;
    given_ = on;
    return on ? Task::kProcess : Task::kNothing;
  }
  if (interrupted) {
    share_ = 0.0F;
    given_ = false;
  }
  if (!on && share_ == 0.0F) {
    given_ = false;
    return Task::kNothing;
  }
  if (std::exchange(given_, true)) return Task::kProcess;
  settling_ = true;
  fed_frames_ = 0;
  return Task::kProcessFromRest;
}

float BypassSwitch::Next(std::uint32_t latency_frames) noexcept {
  if (settling_) {
    if (fed_frames_++ < latency_frames + fade_frames_) return share_;
    settling_ = false;
  }
  share_ = std::clamp(share_ + (on_ ? step_ : -step_), 0.0F, 1.0F);
  return share_;
}

}  // namespace continuo::client
