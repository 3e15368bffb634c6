// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/signal_group.h"

#include <time.h>

#include <algorithm>

#include "shared/ipc/wakeup.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace continuo::ipc {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint32_t kFutex32 = 2;     // of 32 bits, and between processes
constexpr long kFutexWaitvSyscall = 449;  // on every architecture

#if defined(__linux__)
long WaitOnAll(void* words, std::uint32_t count, timespec* until) noexcept {
  return syscall(kFutexWaitvSyscall, words, count, 0U, until, CLOCK_MONOTONIC);
}
#endif

}  // namespace

bool SignalGroup::Supported() noexcept {
#if defined(__linux__)
  // Of none it is an error, and which one tells whether there is the call.
  static const bool supported = WaitOnAll(nullptr, 0, nullptr) < 0 && errno == EINVAL;
  return supported;
#else
  return false;
#endif
}

SignalGroup::SignalGroup(std::span<Signal* const> signals)
    : signals_(signals.begin(), signals.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                      signals.size(), kMaxSignals))) {
  for (Signal* signal : signals_) {
    words_.push_back({0, reinterpret_cast<std::uintptr_t>(&signal->sequence), kFutex32, 0});
  }
}

void SignalGroup::Observe() noexcept {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    words_[i].value = signals_[i]->sequence.load(std::memory_order_acquire);
  }
}

void SignalGroup::WaitUntil(std::uint64_t deadline_ns) noexcept {
#if defined(__linux__)
  // Counted up and down, not set: another group may wait on it too.
  for (Signal* signal : signals_) signal->sleepers.fetch_add(1);
  // The kernel compares every word with what was observed before it sleeps.
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / kNsPerSecond);
  until.tv_nsec = static_cast<long>(deadline_ns % kNsPerSecond);
  WaitOnAll(words_.data(), static_cast<std::uint32_t>(words_.size()), &until);
  for (Signal* signal : signals_) signal->sleepers.fetch_sub(1);
#else
  SleepOffline(std::min<std::uint64_t>(deadline_ns, 1'000'000));
#endif
}

}  // namespace continuo::ipc
