// SPDX-License-Identifier: Apache-2.0
// What the streams of one process tell each other about a runner: how many times
// in a row it has let one of them down.
//
// Problem: sixteen streams of one host share a runner. When it stops, each would
// wait its whole deadline within the same period, sixteen in a row.
// Use: Note() after a miss, Clear() after a sign of life; each miss leaves an
// eighth of the patience to the next, so all together wait 8/7 of one deadline.
// Threads: [any-thread], lock-free. Two runners may share an entry: then one is
// waited for less than it might have been, for one period.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace continuo::client {

class RunnerSuspicion {
 public:
  static RunnerSuspicion& Of(std::int32_t runner_pid) noexcept {
    static std::array<RunnerSuspicion, 64> all;
    return all[static_cast<std::uint32_t>(runner_pid) % all.size()];
  }
  void Note() noexcept { misses_.fetch_add(1, std::memory_order_relaxed); }
  void Clear() noexcept { misses_.store(0, std::memory_order_relaxed); }
  // What is left of a patience of `ns`.
  [[nodiscard]] std::uint64_t Shorten(std::uint64_t ns) const noexcept {
    return ns >> std::min(3 * std::min(misses_.load(std::memory_order_relaxed), 21U), 63U);
  }

 private:
  std::atomic<std::uint32_t> misses_{0};
};

}  // namespace continuo::client
