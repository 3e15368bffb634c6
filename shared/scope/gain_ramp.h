// SPDX-License-Identifier: Apache-2.0
// A gain that is moved without a click: set by a window, applied by the audio thread.
//
// At a gain of 1 nothing is touched, to the last bit. Where it is bypassed it is 1 at once.
// Threads: Set any; Apply [audio-thread]. Real time: one pass over the block.
#pragma once

#include <atomic>
#include <cstdint>

namespace continuo::scope {

class GainRamp {
 public:
  static constexpr double kSeconds = 0.03;

  void Set(float gain) noexcept { wanted_.store(gain, std::memory_order_relaxed); }
  void Apply(float* const* audio, std::uint32_t channels, std::uint32_t frames,
             double sample_rate_hz, bool bypassed) noexcept;

 private:
  std::atomic<float> wanted_{1.0F};
  // [audio-thread]
  float goal_ = 1.0F;
  float gain_ = 1.0F;
  float step_ = 0.0F;
  std::uint32_t left_ = 0;  // frames to the goal
};

}  // namespace continuo::scope
