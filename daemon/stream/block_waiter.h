// SPDX-License-Identifier: Apache-2.0
// How a stream's audio thread waits for its next block: asleep, or awake for a moment around
// the time at which it is due.
//
// Threads: [audio-thread], but SetPredict and Wake [control-thread].
// Real time: sleeps on the signal, or spins for no more than its forecast's budget.
// Idle: a client that has sent nothing for kIdleAfterNs is left alone until it does. The wait
// is on a word of our own too, for the client can cut its own away (mapping_guard.h): nobody is
// woken by that any more.
#pragma once

#include <atomic>
#include <cstdint>

#include "daemon/stream/block_forecast.h"
#include "shared/ipc/segment_layout.h"
#include "shared/ipc/signal_group.h"

namespace continuo::stream {

class BlockWaiter {
 public:
  static constexpr std::uint64_t kIdleAfterNs = 10'000'000'000;

  // `signal` outlives it.
  BlockWaiter(ipc::Signal& signal, std::uint32_t sample_rate_hz);
  BlockWaiter(const BlockWaiter&) = delete;
  BlockWaiter& operator=(const BlockWaiter&) = delete;

  // Awake when a block is due, from the next wait on.
  void SetPredict(bool predict) noexcept { predict_.store(predict, std::memory_order_relaxed); }

  void NoteBlock(std::uint64_t sent_ns, std::uint32_t frames, std::uint64_t now_ns) noexcept;
  // Returns when the signal has moved from `seen`, or early for no reason.
  void Wait(std::uint32_t seen) noexcept;
  // Ends a Wait, though what the client writes may undo it: to be called again until it has.
  void Wake() noexcept;

 private:
  void Idle(std::uint32_t seen, std::uint64_t now_ns) noexcept;
  bool Watch(std::uint32_t seen, std::uint64_t now_ns) noexcept;

  ipc::Signal& signal_;
  ipc::Signal own_{};
  ipc::SignalGroup both_;
  const bool grouped_;
  BlockForecast forecast_;
  std::atomic<bool> predict_{false};
  std::uint64_t last_block_ns_ = 0;
  std::uint32_t empty_wakeups_ = 0;
};

}  // namespace continuo::stream
