// SPDX-License-Identifier: Apache-2.0
// How a stream's audio thread waits for its next block: asleep, or awake for a moment around
// the time at which it is due.
//
// Threads: [audio-thread], but SetPredict [control-thread].
// Real time: sleeps on the signal, or spins for no more than its forecast's budget.
// Idle: a client that has sent nothing for kIdleAfterNs is left alone until it does.
#pragma once

#include <atomic>
#include <cstdint>

#include "daemon/stream/block_forecast.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

class BlockWaiter {
 public:
  static constexpr std::uint64_t kIdleAfterNs = 10'000'000'000;

  // `signal` outlives it.
  BlockWaiter(ipc::Signal& signal, std::uint32_t sample_rate_hz) noexcept
      : signal_(signal), forecast_(sample_rate_hz) {}

  // Awake when a block is due, from the next wait on.
  void SetPredict(bool predict) noexcept { predict_.store(predict, std::memory_order_relaxed); }

  void NoteBlock(std::uint64_t sent_ns, std::uint32_t frames, std::uint64_t now_ns) noexcept;
  // Returns when the signal has moved from `seen`, or early for no reason.
  void Wait(std::uint32_t seen) noexcept;

 private:
  bool Watch(std::uint32_t seen, std::uint64_t now_ns) noexcept;

  ipc::Signal& signal_;
  BlockForecast forecast_;
  std::atomic<bool> predict_{false};
  std::uint64_t last_block_ns_ = 0;
  std::uint32_t empty_wakeups_ = 0;
};

}  // namespace continuo::stream
