// SPDX-License-Identifier: Apache-2.0
// The host's gains for the effect and for the dry signal.
//
// A host tells them once a block, so a gain that moves would be a step a block: it goes from the
// last block's to this one's over the block. One that stands is a factor, and 0 of the dry signal
// leaves out what is not finite in it.
// Threads: [audio-thread]. Real time: one pass over the block.
#pragma once

#include <cstdint>

namespace continuo::client {

class WetDryMix {
 public:
  // The next block has its gains from its first frame.
  void Forget() noexcept { heard_ = false; }
  void Render(const float* const* effect, const float* const* dry, float* const* out,
              std::uint32_t channels, std::uint32_t frames, float wet_gain,
              float dry_gain) noexcept;

 private:
  bool heard_ = false;
  float wet_gain_ = 1.0F;  // of the block before
  float dry_gain_ = 0.0F;
};

}  // namespace continuo::client
