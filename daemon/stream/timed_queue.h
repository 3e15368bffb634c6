// SPDX-License-Identifier: Apache-2.0
// Events that wait for their frame on the model's clock, first in, first out.
//
// Problem: resamplers hold frames back, so that a model comes to the frame of an event only
// some blocks after the block that brought it.
// Threads: one at a time, an audio thread it may be. Real time: a fixed ring, no allocation.
// Invariant: frames are pushed in ascending order.
#pragma once

#include <array>
#include <cstdint>

namespace continuo::stream {

template <typename Event, std::uint32_t kCapacity>
class TimedQueue {
 public:
  struct Entry {
    std::uint64_t frame;
    Event event;
  };

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == kCapacity; }
  [[nodiscard]] std::uint32_t size() const noexcept { return count_; }
  // `index` below size(), the oldest first.
  [[nodiscard]] const Entry& operator[](std::uint32_t index) const noexcept {
    return entries_[(first_ + index) % kCapacity];
  }
  // Not while it is full.
  void Push(std::uint64_t frame, const Event& event) noexcept {
    entries_[(first_ + count_++) % kCapacity] = {frame, event};
  }
  // Takes the oldest one off; not while it is empty.
  Entry Pop() noexcept {
    const Entry entry = entries_[first_];
    first_ = (first_ + 1) % kCapacity;
    --count_;
    return entry;
  }
  void Clear() noexcept { count_ = 0; }

 private:
  std::array<Entry, kCapacity> entries_{};
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace continuo::stream
