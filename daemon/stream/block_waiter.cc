// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/block_waiter.h"

#include <array>

#include "shared/ipc/wakeup.h"

namespace continuo::stream {
namespace {

constexpr std::uint64_t kWaitNs = 100'000'000;
// Nobody relies on its end: longer than the watchdog of a test that would.
constexpr std::uint64_t kIdleWaitNs = 600'000'000'000;
// Where only the client's word can be waited for: it is not woken once that is cut.
constexpr std::uint64_t kLoneIdleWaitNs = 1'000'000'000;
// A client that only wakes us is looked at once in a while, lest this thread starve
// others at its priority.
constexpr std::uint32_t kMaxEmptyWakeups = 64;
constexpr std::uint64_t kNapNs = 1'000'000;

}  // namespace

BlockWaiter::BlockWaiter(ipc::Signal& signal, std::uint32_t sample_rate_hz)
    : signal_(signal),
      both_(std::array{&signal, &own_}),
      grouped_(ipc::SignalGroup::Supported()),
      forecast_(sample_rate_hz) {}

void BlockWaiter::Wake() noexcept {
  ipc::NotifyAlways(signal_);
  ipc::NotifyAlways(own_);
}

void BlockWaiter::NoteBlock(std::uint64_t sent_ns, std::uint32_t frames,
                            std::uint64_t now_ns) noexcept {
  forecast_.Note(sent_ns, frames, now_ns);
  last_block_ns_ = now_ns;
  empty_wakeups_ = 0;
}

void BlockWaiter::Wait(std::uint32_t seen) noexcept {
  const std::uint64_t now_ns = ipc::MonotonicNs();
  const bool predict = predict_.load(std::memory_order_relaxed);
  if (!predict || !Watch(seen, now_ns)) {
    if (now_ns - last_block_ns_ > kIdleAfterNs) {
      Idle(seen, now_ns);
    } else {
      ipc::WaitUntil(signal_, seen, now_ns + kWaitNs, 0);
    }
  }
  empty_wakeups_ = ipc::Observe(signal_) != seen ? empty_wakeups_ + 1 : 0;
  if (empty_wakeups_ > kMaxEmptyWakeups) ipc::SleepOffline(kNapNs);
}

void BlockWaiter::Idle(std::uint32_t seen, std::uint64_t now_ns) noexcept {
  if (!grouped_) return ipc::WaitUntil(signal_, seen, now_ns + kLoneIdleWaitNs, 0);
  both_.Observe();
  if (ipc::Observe(signal_) == seen) both_.WaitUntil(now_ns + kIdleWaitNs);
}

// True: the signal has moved.
bool BlockWaiter::Watch(std::uint32_t seen, std::uint64_t now_ns) noexcept {
  const BlockForecast::Watch watch = forecast_.Next(now_ns);
  if (watch.end_ns == 0) return false;
  if (now_ns < watch.begin_ns) {
    ipc::WaitUntil(signal_, seen, watch.begin_ns, 0);
    if (ipc::Observe(signal_) != seen) return true;
    now_ns = ipc::MonotonicNs();
    // Woken for no reason: the rest of the time is slept as before.
    if (now_ns < watch.begin_ns) return false;
  }
  forecast_.Spend(ipc::SpinUntil(signal_, seen, watch.end_ns) - now_ns);
  return ipc::Observe(signal_) != seen;
}

}  // namespace continuo::stream
