// SPDX-License-Identifier: Apache-2.0
// How often, and how soon, a runner that keeps dying is started again.
//
// The first two restarts come at once: a musician hears the gap. Those after it wait
// longer and longer, and past the limit within the window there is none.
// Threads: one; pure but for what it remembers.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace continuo::supervisor {

class RestartPolicy {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // `limit` restarts within `window`; 0: none.
  RestartPolicy(std::size_t limit, Duration window) : limit_(limit), window_(window) {}

  void RecordDeath(TimePoint now) { deaths_.push_back(now); }

  // How long to wait before a start; nothing where the limit is spent.
  [[nodiscard]] std::optional<Duration> DelayBeforeStart(TimePoint now);
  // Deaths within the window.
  [[nodiscard]] std::size_t DeathsWithin(TimePoint now);

 private:
  std::size_t limit_;
  Duration window_;
  std::deque<TimePoint> deaths_;
};

}  // namespace continuo::supervisor
