// SPDX-License-Identifier: Apache-2.0
// The last frames of a signal, addressed by absolute position.
//
// Layout: planar, a power of two of frames a channel, so that a position is a
// mask away. Positions start at kStart, so that a delay before the first frame
// reads the silence the memory was filled with.
// Memory: a mapping of its own, all of whose pages are there. A quarter of a megabyte that comes
// and goes with an effect would leave holes in the host's heap.
// Threads: [audio-thread] but for the constructor. Real time: one copy a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace continuo::client {

class FrameHistory {
 public:
  static constexpr std::uint64_t kStart = std::uint64_t{1} << 32;

  // Holds at least `minimum_frames`.
  FrameHistory(std::uint32_t channels, std::uint32_t minimum_frames);

  [[nodiscard]] std::uint32_t capacity_frames() const noexcept { return mask_ + 1; }
  void Write(std::uint64_t position, const float* const* audio, std::uint32_t frames) noexcept;
  // Becomes what `previous` was before `end`, at the same positions: as far as it fits, and
  // without the channels that are not here. Of one shape they change memory, and nothing is copied.
  void TakeOver(FrameHistory& previous, std::uint64_t end) noexcept;
  // What was written there, if it was at most capacity_frames() ago.
  void Read(std::uint64_t position, float* const* audio, std::uint32_t frames) const noexcept;
  [[nodiscard]] float At(std::uint32_t channel, std::uint64_t position) const noexcept {
    return Row(channel)[position & mask_];
  }

 private:
  struct Unmap {
    void operator()(float* frames) const noexcept;
    std::size_t bytes;
  };
  using Mapping = std::unique_ptr<float[], Unmap>;
  static Mapping Map(std::size_t floats);  // throws std::bad_alloc

  [[nodiscard]] float* Row(std::uint32_t channel) const noexcept {
    return frames_.get() + std::size_t{channel} * capacity_frames();
  }

  std::uint32_t channels_;
  std::uint32_t mask_;
  Mapping frames_;
};

}  // namespace continuo::client
