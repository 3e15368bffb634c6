// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/audio_callback.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <limits>
#include <thread>

namespace continuo::ctl {
namespace {

std::int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void SleepUntil(std::int64_t time_ns) {
  const timespec until{time_ns / 1'000'000'000, time_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

bool TakePriority(int priority) {
  if (priority <= 0) return true;
  sched_param parameter{};
  parameter.sched_priority = priority;
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0;
}

void Loop(const CallbackPlan& plan, const std::function<void(std::uint32_t)>& call,
          CallbackTimes& times, std::atomic<std::uint32_t>& periods) {
  times.priority_refused = !TakePriority(plan.priority);
  std::int64_t start_ns = NowNs();
  std::uint64_t since_start = 0;
  for (std::uint32_t period = 0; period < plan.periods; ++period) {
    ++since_start;
    const auto due_ns =
        start_ns + static_cast<std::int64_t>(static_cast<double>(since_start) * plan.period_ns);
    SleepUntil(due_ns);
    std::int64_t before_ns = NowNs();
    if (static_cast<double>(before_ns - due_ns) > plan.period_ns) {
      // A sound card would have reported an xrun and begun anew.
      times.late.push_back(period);
      start_ns = before_ns;
      since_start = 0;
    }
    for (std::uint32_t index = 0; index < plan.calls; ++index) {
      call(index);
      const std::int64_t after_ns = NowNs();
      times.call_ns.push_back(static_cast<std::uint32_t>(
          std::min<std::int64_t>(after_ns - before_ns, std::numeric_limits<std::uint32_t>::max())));
      before_ns = after_ns;
    }
    periods.store(period + 1, std::memory_order_relaxed);
  }
}

}  // namespace

CallbackTimes RunCallback(const CallbackPlan& plan, const std::function<void(std::uint32_t)>& call,
                          const std::function<void(double)>& watch) {
  CallbackTimes times;
  times.call_ns.reserve(std::size_t{plan.periods} * plan.calls);
  times.late.reserve(plan.periods);
  std::atomic<std::uint32_t> done{0};
  std::thread thread([&] { Loop(plan, call, times, done); });
  while (done.load() < plan.periods) {
    watch(static_cast<double>(done.load()) / plan.periods);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  thread.join();
  return times;
}

}  // namespace continuo::ctl
