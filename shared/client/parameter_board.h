// SPDX-License-Identifier: Apache-2.0
// The values that a stream's parameters should have: written by any thread, read
// and sent by the audio thread, and still there when a connection is made anew.
//
// Threads: [any-thread], lock-free. A value that was set twice before the audio
// thread looks is sent once, with the later value. What is not finite is not taken:
// the other side would refuse the whole block for it.
#pragma once

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::client {

class ParameterBoard {
 public:
  [[nodiscard]] std::uint32_t count() const noexcept {
    return count_.load(std::memory_order_acquire);
  }
  void SetCount(std::uint32_t count) noexcept { count_.store(count, std::memory_order_release); }

  [[nodiscard]] float Get(std::uint32_t index) const noexcept {
    return values_[index].load(std::memory_order_relaxed);
  }
  // Keeps the value without sending it: the other side has it already.
  void Note(std::uint32_t index, float value) noexcept {
    if (std::isfinite(value)) values_[index].store(value, std::memory_order_relaxed);
  }
  void Set(std::uint32_t index, float value) noexcept {
    Note(index, value);
    Send(index);
  }
  // Has the value in force sent again.
  void Send(std::uint32_t index) noexcept {
    changed_.fetch_or(std::uint64_t{1} << index, std::memory_order_release);
  }
  void SendAll() noexcept {
    const std::uint32_t known = count();
    const std::uint64_t all = known >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << known) - 1;
    changed_.fetch_or(all, std::memory_order_release);
  }

  // Calls visit(index, value) for each value that has to be sent. [audio-thread]
  template <typename Visit>
  void TakeChanges(Visit visit) noexcept {
    if (changed_.load(std::memory_order_relaxed) == 0) return;
    std::uint64_t changed = changed_.exchange(0, std::memory_order_acquire);
    const std::uint32_t known = count();
    while (changed != 0) {
      const auto index = static_cast<std::uint32_t>(std::countr_zero(changed));
      changed &= changed - 1;
      if (index < known) visit(index, Get(index));
    }
  }

 private:
  static_assert(ipc::kMaxParameters <= 64, "one bit of `changed_` a parameter");

  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint64_t> changed_{0};
  std::atomic<float> values_[ipc::kMaxParameters]{};
};

}  // namespace continuo::client
