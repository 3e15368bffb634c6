// SPDX-License-Identifier: Apache-2.0
// The least that a round trip between two processes can cost here: one futex
// wake-up there and one back, over shared memory, with nothing done in between.
//
// Problem: a figure in microseconds says little, as machines, kernels and loads
// differ. Beside this baseline, of the same minute, period and scheduling, it does.
// No code of Continuo's own transport is used in it.
// Threads: made before the program has other threads (it forks). RoundTrip() on one
// thread at a time; it neither allocates nor locks.
// Ownership: the child ends with the object, and with the parent however that ends.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace continuo::ctl {

class FutexPingPong {
 public:
  FutexPingPong();  // throws Failed where there is no second process
  ~FutexPingPong();
  FutexPingPong(const FutexPingPong&) = delete;
  FutexPingPong& operator=(const FutexPingPong&) = delete;

  // Wakes the other process and sleeps until it has answered. False where it is gone.
  bool RoundTrip() noexcept;

  // SCHED_FIFO at `priority` for the child, as the runner has it; 0: SCHED_OTHER.
  // False where it is not permitted.
  bool SetChildPriority(int priority) noexcept;

 private:
  struct Shared {
    std::atomic<std::uint32_t> ping;
    std::atomic<std::uint32_t> pong;
  };
  [[noreturn]] static void Answer(Shared& shared, pid_t parent) noexcept;

  Shared* shared_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace continuo::ctl
