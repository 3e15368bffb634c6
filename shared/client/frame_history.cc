// SPDX-License-Identifier: Apache-2.0
#include "shared/client/frame_history.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace continuo::client {

FrameHistory::FrameHistory(std::uint32_t channels, std::uint32_t minimum_frames)
    : channels_(channels),
      mask_(std::bit_ceil(minimum_frames) - 1),
      frames_(Map(std::size_t{channels} * capacity_frames())) {}

FrameHistory::Mapping FrameHistory::Map(std::size_t floats) {
  const std::size_t bytes = floats * sizeof(float);
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const frames = static_cast<float*>(memory);
  std::fill_n(frames, floats, 0.0F);  // the audio thread meets no page fault
  return {frames, Unmap{bytes}};
}

void FrameHistory::Unmap::operator()(float* frames) const noexcept { ::munmap(frames, bytes); }

void FrameHistory::Write(std::uint64_t position, const float* const* audio,
                         std::uint32_t frames) noexcept {
  const auto start = static_cast<std::uint32_t>(position & mask_);
  const std::uint32_t first = std::min(frames, capacity_frames() - start);
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    float* const row = Row(channel);
    std::copy_n(audio[channel], first, row + start);
    std::copy_n(audio[channel] + first, frames - first, row);
  }
}

void FrameHistory::Read(std::uint64_t position, float* const* audio,
                        std::uint32_t frames) const noexcept {
  const auto start = static_cast<std::uint32_t>(position & mask_);
  const std::uint32_t first = std::min(frames, capacity_frames() - start);
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    std::copy_n(Row(channel) + start, first, audio[channel]);
    std::copy_n(Row(channel), frames - first, audio[channel] + first);
  }
}

void FrameHistory::TakeOver(FrameHistory& previous, std::uint64_t end) noexcept {
  if (channels_ == previous.channels_ && mask_ == previous.mask_) {
    frames_.swap(previous.frames_);
    return;
  }
  const std::uint32_t channels = std::min(channels_, previous.channels_);
  const std::uint32_t frames = std::min(capacity_frames(), previous.capacity_frames());
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    float* const row = Row(channel);
    for (std::uint64_t position = end - frames; position != end;) {
      const auto from = static_cast<std::uint32_t>(position & previous.mask_);
      const auto to = static_cast<std::uint32_t>(position & mask_);
      const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(
          end - position, std::min(previous.capacity_frames() - from, capacity_frames() - to)));
      std::copy_n(previous.Row(channel) + from, length, row + to);
      position += length;
    }
  }
}

}  // namespace continuo::client
