// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/wakeup.h"

#include <time.h>

#include <limits>

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace continuo::ipc {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

void Pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

#if defined(__linux__)

// Between processes, hence not FUTEX_PRIVATE_FLAG.
std::uint32_t* Word(SharedU32& word) noexcept { return reinterpret_cast<std::uint32_t*>(&word); }

// All of them: while a stream changes its thread there are two.
void Wake(SharedU32& word) noexcept {
  syscall(SYS_futex, Word(word), FUTEX_WAKE, std::numeric_limits<std::int32_t>::max(), nullptr);
}

void Sleep(SharedU32& word, std::uint32_t seen, std::uint64_t deadline_ns) noexcept {
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time.
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / kNsPerSecond);
  until.tv_nsec = static_cast<long>(deadline_ns % kNsPerSecond);
  syscall(SYS_futex, Word(word), FUTEX_WAIT_BITSET, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

#else

void Wake(SharedU32&) noexcept {}

void Sleep(SharedU32&, std::uint32_t, std::uint64_t) noexcept {
  const timespec moment{0, 50'000};
  nanosleep(&moment, nullptr);
}

#endif

}  // namespace

std::uint64_t MonotonicNs() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint32_t PresentCpu() noexcept {
#if defined(__linux__)
  const int cpu = sched_getcpu();
  return cpu < 0 ? 0 : static_cast<std::uint32_t>(cpu) + 1;
#else
  return 0;
#endif
}

void Notify(Signal& signal) noexcept {
  // Both sides use sequentially consistent order: either the waiter sees the new
  // sequence, or we see the sleeper.
  signal.sequence.fetch_add(1);
  if (signal.sleepers.load() != 0) Wake(signal.sequence);
}

void NotifyAlways(Signal& signal) noexcept {
  signal.sequence.fetch_add(1);
  Wake(signal.sequence);
}

std::uint32_t Observe(const Signal& signal) noexcept { return signal.sequence.load(); }

std::uint64_t SpinUntil(const Signal& signal, std::uint32_t seen, std::uint64_t until_ns) noexcept {
  for (;;) {
    for (int i = 0; i < 32; ++i) {
      if (signal.sequence.load(std::memory_order_acquire) != seen) return MonotonicNs();
      Pause();
    }
    const std::uint64_t now_ns = MonotonicNs();
    if (now_ns >= until_ns) return now_ns;
  }
}

void WaitUntil(Signal& signal, std::uint32_t seen, std::uint64_t deadline_ns,
               std::uint64_t spin_ns) noexcept {
  if (spin_ns > 0) {
    SpinUntil(signal, seen, MonotonicNs() + spin_ns);
    if (signal.sequence.load(std::memory_order_acquire) != seen) return;
  }
  // Counted up and down, not set: a group may wait on it too.
  signal.sleepers.fetch_add(1);
  if (signal.sequence.load() == seen && MonotonicNs() < deadline_ns) {
    Sleep(signal.sequence, seen, deadline_ns);
  }
  signal.sleepers.fetch_sub(1);
}

void SleepOffline(std::uint64_t ns) noexcept {
  const timespec moment{static_cast<time_t>(ns / kNsPerSecond),
                        static_cast<long>(ns % kNsPerSecond)};
  nanosleep(&moment, nullptr);
}

}  // namespace continuo::ipc
