// SPDX-License-Identifier: Apache-2.0
// What goes into an effect and what comes out of it, for a panel that draws it.
//
// Problem: the audio thread must not wait for a window, nor work for one that is closed.
//
//   audio thread   TakeInput ── the effect ── TakeOutput          a block, both sides at one
//   position window         Watch(true) … TakePeaks(), Read() … Watch(false)
//
// Ring: frames by their position, `done` behind the newest. The writer first tells how far it will
// write (`begun`), so a reader that was overtaken while it copied sees so afterwards, and drops it.
// Threads: Take… [audio-thread], one at a time; all else [main-thread].
// Real time: no allocation, lock or system call; one load where nobody watches.
// tests/realtime proves it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace continuo::scope {

inline constexpr std::uint32_t kChannels = 2;

using Channels = std::array<std::vector<float>, kChannels>;

// Frames of both sides: output[c][i] answers input[c][i].
struct Excerpt {
  Channels input, output;
  std::uint64_t end = 0;  // position behind the last frame; the same twice: nothing was played
};

// The largest magnitude since the last question.
struct Peaks {
  std::array<float, kChannels> input{}, output{};
};

class SignalTap {
 public:
  static constexpr std::uint32_t kRingFrames = 1U << 15;

  void TakeInput(const float* const* in, std::uint32_t frames) noexcept;
  // Of the same block; where `in` and `out` are the same memory, after TakeInput.
  void TakeOutput(const float* const* out, std::uint32_t frames) noexcept;

  // Begins afresh where nobody has watched before.
  void Watch(bool on);
  [[nodiscard]] Peaks TakePeaks() noexcept;
  // The newest frames of the output, and of the input those `delay` earlier. False where so many
  // were not played since the watch began, or the audio thread has come round meanwhile.
  [[nodiscard]] bool Read(std::uint32_t frames, std::uint32_t delay, Excerpt* excerpt) const;

 private:
  enum Side : std::size_t { kInput, kOutput, kSides };
  using Ring = std::unique_ptr<std::atomic<float>[]>;

  void Take(Side side, const float* const* audio, std::uint32_t frames) noexcept;
  void Copy(Side side, std::uint64_t first, std::uint32_t frames, Channels* to) const;

  std::array<std::array<Ring, kChannels>, kSides> rings_;  // made at the first Watch, then kept
  std::array<std::array<std::atomic<float>, kChannels>, kSides> peaks_{};
  std::atomic<bool> watched_{false};
  std::atomic<std::uint64_t> begun_{0};  // the audio thread writes up to here
  std::atomic<std::uint64_t> done_{0};   // and has written up to here
  std::uint64_t watched_from_ = 0;       // main thread's
  bool taking_ = false;                  // audio thread's: the block's input was taken
};

}  // namespace continuo::scope
