// SPDX-License-Identifier: Apache-2.0
// A simulated audio callback: a thread that wakes at absolute times, a period
// apart, as a sound card's does, and times what it calls.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace continuo::ctl {

struct CallbackPlan {
  double period_ns = 0;
  std::uint32_t periods = 0;
  std::uint32_t calls = 1;  // one after the other in each period
  int priority = 0;         // SCHED_FIFO; 0 leaves SCHED_OTHER
};

struct CallbackTimes {
  std::vector<std::uint32_t> call_ns;  // of every call, in order
  std::vector<std::uint32_t> late;     // periods, by number, begun after the next one was due
  bool priority_refused = false;
};

// Runs `call(index)`, index from 0 to calls - 1, in each period on a thread of its
// own, and waits until it is through. The thread allocates nothing meanwhile. `watch(share)` is
// called now and then with what is done of it, on the caller's thread.
[[nodiscard]] CallbackTimes RunCallback(const CallbackPlan& plan,
                                        const std::function<void(std::uint32_t)>& call,
                                        const std::function<void(double)>& watch);

}  // namespace continuo::ctl
