// SPDX-License-Identifier: Apache-2.0
// One signal that changes its source without a click.
//
// Where both the source before and the one to come are at hand, they are crossfaded
// in kFadeSeconds; where the one before has ended, the step is taken up by an offset
// that decays in that time. Both may be under way at once.
// Threads: [audio-thread]. Real time: one pass over the block.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::client {

inline constexpr double kFadeSeconds = 0.008;

class Crossfade {
 public:
  Crossfade(std::uint32_t channels, double sample_rate_hz) noexcept;

  // True while the source before is needed.
  [[nodiscard]] bool IsFading() const noexcept { return blend_ < 1.0F; }
  // True where the source to come is heard alone.
  [[nodiscard]] bool IsSettled() const noexcept { return !IsFading() && offset_left_ == 0.0F; }
  // Starts from the source before; Turn goes back to it from where it is.
  void Start() noexcept { blend_ = 0.0F; }
  void Turn() noexcept { blend_ = 1.0F - blend_; }
  // The source to come alone from now on; `before(channel)` is what it had one frame
  // before. Without a frame heard yet there is no step.
  template <typename Before>
  void Cut(Before before) noexcept {
    blend_ = 1.0F;
    offset_left_ = heard_ ? 1.0F : 0.0F;
    for (std::uint32_t channel = 0; heard_ && channel < channels_; ++channel) {
      const float step = last_[channel] - before(channel);
      // What one frame of the host's was not a number would be none for the whole decay.
      offset_[channel] = std::isfinite(step) ? step : 0.0F;
    }
  }
  // As if nothing had been heard.
  void Forget() noexcept { heard_ = false; }
  // Goes on from what another has last given; Cut() then takes up the step.
  void ContinueFrom(const Crossfade& previous) noexcept;
  [[nodiscard]] bool heard() const noexcept { return heard_; }

  // `from` is read while fading only. The result is in `to` where there is nothing to
  // do, else in `scratch`, which may be the memory of either.
  [[nodiscard]] const float* const* Render(const float* const* from, const float* const* to,
                                           float* const* scratch, std::uint32_t frames) noexcept;

 private:
  const std::uint32_t channels_;
  const float step_;          // a frame
  float blend_ = 1.0F;        // 0: the source before, 1: the one to come
  float offset_left_ = 0.0F;  // of the offset, 1 … 0
  bool heard_ = false;
  std::array<float, ipc::kMaxChannels> offset_{};
  std::array<float, ipc::kMaxChannels> last_{};
};

}  // namespace continuo::client
