// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/signal_tap.h"

#include <algorithm>
#include <cmath>

namespace continuo::scope {
namespace {

constexpr std::uint64_t kMask = SignalTap::kRingFrames - 1;

}  // namespace

void SignalTap::TakeInput(const float* const* in, std::uint32_t frames) noexcept {
  taking_ = watched_.load(std::memory_order_acquire) && frames <= kRingFrames / 2;
  if (!taking_) return;
  begun_.store(done_.load(std::memory_order_relaxed) + frames, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  Take(kInput, in, frames);
}

void SignalTap::TakeOutput(const float* const* out, std::uint32_t frames) noexcept {
  if (!taking_) return;
  Take(kOutput, out, frames);
  done_.store(done_.load(std::memory_order_relaxed) + frames, std::memory_order_release);
}

void SignalTap::Take(Side side, const float* const* audio, std::uint32_t frames) noexcept {
  const std::uint64_t begin = done_.load(std::memory_order_relaxed);
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    std::atomic<float>* const ring = rings_[side][channel].get();
    float peak = 0;
    for (std::uint32_t i = 0; i < frames; ++i) {
      const float sample = audio[channel][i];
      ring[(begin + i) & kMask].store(sample, std::memory_order_relaxed);
      peak = std::max(peak, std::abs(sample));
    }
    // Where the window takes the old peak between these two, it has been shown.
    std::atomic<float>& kept = peaks_[side][channel];
    if (peak > kept.load(std::memory_order_relaxed)) kept.store(peak, std::memory_order_relaxed);
  }
}

void SignalTap::Watch(bool on) {
  if (on == watched_.load(std::memory_order_relaxed)) return;
  if (on) {
    for (auto& side : rings_) {
      for (Ring& ring : side) {
        if (!ring) ring = std::make_unique<std::atomic<float>[]>(kRingFrames);
      }
    }
    watched_from_ = done_.load(std::memory_order_acquire);
    static_cast<void>(TakePeaks());  // of the last watch
  }
  watched_.store(on, std::memory_order_release);
}

Peaks SignalTap::TakePeaks() noexcept {
  Peaks peaks;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    peaks.input[channel] = peaks_[kInput][channel].exchange(0, std::memory_order_relaxed);
    peaks.output[channel] = peaks_[kOutput][channel].exchange(0, std::memory_order_relaxed);
  }
  return peaks;
}

bool SignalTap::Read(std::uint32_t frames, std::uint32_t delay, Excerpt* excerpt) const {
  const std::uint64_t end = done_.load(std::memory_order_acquire);
  const std::uint64_t span = std::uint64_t{frames} + delay;
  if (span > kRingFrames || watched_from_ + span > end) return false;
  Copy(kOutput, end - frames, frames, &excerpt->output);
  Copy(kInput, end - span, frames, &excerpt->input);
  excerpt->end = end;
  std::atomic_thread_fence(std::memory_order_acquire);
  return begun_.load(std::memory_order_relaxed) <= end - span + kRingFrames;
}

void SignalTap::Copy(Side side, std::uint64_t first, std::uint32_t frames, Channels* to) const {
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const std::atomic<float>* const ring = rings_[side][channel].get();
    (*to)[channel].resize(frames);
    for (std::uint32_t i = 0; i < frames; ++i) {
      (*to)[channel][i] = ring[(first + i) & kMask].load(std::memory_order_relaxed);
    }
  }
}

}  // namespace continuo::scope
