// SPDX-License-Identifier: Apache-2.0
// An effect's switch: from its sound to the host's own and back, without a click.
//
//   effect ── off ──► fading out ──────────► off: the stream is given nothing
//     ▲                   │ on                 │ on
//     └──── fading in ◄───┴──── settling ◄─────┘
//
// Switched on again the stream begins from rest, and is given blocks unheard until its delay is
// filled and what it gave last has died away; so nothing is heard of the sound before. A host
// that has not called at all for a while has been somewhere else: that is off, too.
// Threads: [audio-thread]. Real time: a few steps a frame.
#pragma once

#include <cstdint>

namespace continuo::client {

class BypassSwitch {
 public:
  // What the stream has to do with a block.
  enum class Task : std::uint8_t { kNothing, kProcess, kProcessFromRest };

  // A new device, or an export: the next block is as it is, without a fade.
  void Begin(double sample_rate_hz) noexcept;
  // First of each block. `interrupted`: the sound before the block is not what was given last.
  [[nodiscard]] Task Follow(bool on, bool interrupted) noexcept;
  // True where the block is the effect's sound alone.
  [[nodiscard]] bool IsOn() const noexcept { return on_ && share_ == 1.0F; }
  // The effect's share of the next frame; `latency_frames`: of the stream now.
  [[nodiscard]] float Next(std::uint32_t latency_frames) noexcept;

 private:
  std::uint32_t fade_frames_ = 1;
  float step_ = 1.0F;
  float share_ = 1.0F;
  bool begun_ = false;
  bool on_ = true;
  bool given_ = false;            // the block before went through the stream
  bool settling_ = false;         // unheard
  std::uint32_t fed_frames_ = 0;  // while settling
};

}  // namespace continuo::client
