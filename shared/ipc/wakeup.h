// SPDX-License-Identifier: Apache-2.0
// Waking the other process through a Signal in the segment.
//
// Protocol: the producer publishes its data, then Notify(). The consumer loops
//   { seen = Observe(); if (data there) take it; else Wait(seen, …); }
// A notification between Observe and Wait makes Wait return at once, so none is
// lost; if nobody sleeps, Notify makes no system call.
// Threads: one notifier and one waiter a Signal, both may be audio threads.
// Real time: Notify is one futex call at most. Wait ends at its deadline whatever
// the peer writes into the Signal; a hostile peer can only make it return early.
// Source: futex(2) on Linux; elsewhere Wait polls with short sleeps.
#pragma once

#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::ipc {

// Nanoseconds of CLOCK_MONOTONIC, the clock of every deadline here.
[[nodiscard]] std::uint64_t MonotonicNs() noexcept;

// The processor that this thread runs on, counted from 1; 0 where that is not known. No system
// call.
[[nodiscard]] std::uint32_t PresentCpu() noexcept;

void Notify(Signal& signal) noexcept;
// Wakes the waiter also where the peer has spoiled the count of sleepers.
void NotifyAlways(Signal& signal) noexcept;

[[nodiscard]] std::uint32_t Observe(const Signal& signal) noexcept;

// Looks at it again and again until it has moved from `seen`, at most until `until_ns`. Returns
// the time.
std::uint64_t SpinUntil(const Signal& signal, std::uint32_t seen, std::uint64_t until_ns) noexcept;

// Spins for `spin_ns`, then sleeps; returns when the signal has moved from `seen`,
// at `deadline_ns`, or early for no reason.
void WaitUntil(Signal& signal, std::uint32_t seen, std::uint64_t deadline_ns,
               std::uint64_t spin_ns) noexcept;

// Sleeps; for what is not in real time only (export, set-up).
void SleepOffline(std::uint64_t ns) noexcept;

}  // namespace continuo::ipc
