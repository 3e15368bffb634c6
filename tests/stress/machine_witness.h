// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <sched.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/daemon_process.h"

namespace continuo::test {

// Sees when a core stands still: a thread on each of them that has precedence over all others
// wakes twice a millisecond. Where it comes more than kStallSeconds late nobody ran on that core:
// the hypervisor had given it to somebody else. On a machine of one's own there are none.
class MachineWitness {
 public:
  static constexpr double kStallSeconds = 1e-3, kReachSeconds = 10e-3;

  MachineWitness() {
    for (unsigned core = 0; core < std::thread::hardware_concurrency(); ++core) {
      threads_.emplace_back([this, core] { Run(core); });
    }
  }
  ~MachineWitness() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  // Whether the machine stood still between the two, or shortly before.
  [[nodiscard]] bool Saw(double from, double to) const {
    const std::scoped_lock lock(mutex_);
    return std::any_of(stalls_.rbegin(), stalls_.rend(), [&](const Stall& stall) {
      return stall.end > from - kReachSeconds && stall.begin < to;
    });
  }
  [[nodiscard]] std::string Words() const {
    // Without the precedence its lateness would say nothing.
    if (!credible_) return "whether the machine stood still is not known: no right to SCHED_FIFO";
    const std::scoped_lock lock(mutex_);
    double longest = 0, all = 0;
    for (const Stall& stall : stalls_) {
      longest = std::max(longest, stall.end - stall.begin);
      all += stall.end - stall.begin;
    }
    return fmt::format("the machine stood still {} times, {:.2f} s in all, {:.1f} ms at the most",
                       stalls_.size(), all, 1e3 * longest);
  }

 private:
  struct Stall {
    double begin, end;
  };
  void Run(unsigned core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    sched_param parameter{};
    parameter.sched_priority = sched_get_priority_max(SCHED_FIFO);
    if (pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) != 0 ||
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) != 0) {
      credible_ = false;
      return;
    }
    while (!stop_) {
      const double due = NowSeconds() + 500e-6;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
      const double awake = NowSeconds();
      if (awake < due + kStallSeconds) continue;
      const std::scoped_lock lock(mutex_);
      stalls_.push_back({due, awake});
    }
  }

  std::atomic<bool> stop_{false}, credible_{true};
  mutable std::mutex mutex_;
  std::vector<Stall> stalls_;
  std::vector<std::thread> threads_;
};

}  // namespace continuo::test
