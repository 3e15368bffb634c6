// SPDX-License-Identifier: Apache-2.0
// What a thread asks of the operating system. Everything here concerns the calling
// thread, except LockMemory, and is called before its audio section begins.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace continuo::base {

inline constexpr std::size_t kMaxThreadName = 15;  // bytes; what is longer is cut

void NameThread(std::string_view name);

// For work that must not take the processor from a host's audio threads, which run
// at normal priority. Threads made by this one inherit it, and without permission
// it cannot be undone: for threads that end with their work.
inline constexpr int kBackgroundNice = 5;
void LowerPriority();

// Asks for SCHED_FIFO at `priority` (1..99), or at the highest that RLIMIT_RTPRIO
// allows if that is lower; 0 asks for nothing. Children do not inherit it. Returns
// what was got, in words:
//   "SCHED_FIFO 10"
//   "SCHED_FIFO 5 (asked for 10, RLIMIT_RTPRIO is 5)"
//   "SCHED_OTHER (no permission: RLIMIT_RTPRIO is 0; …)"
//   "SCHED_OTHER (real-time priority is off)"
[[nodiscard]] std::string RaisePriority(int priority);

// Keeps the calling thread on one processor, counted from 1; 0: on any that the process may
// use. One that it may not use is any.
void BindToCore(std::uint32_t core);

// Keeps what the process has mapped now, and will map, in RAM.
// RESOURCE_EXHAUSTED names RLIMIT_MEMLOCK; nothing is locked then.
[[nodiscard]] absl::Status LockMemory();

// Denormal numbers become 0: x86 flush-to-zero and denormals-are-zero, aarch64
// FPCR.FZ; nothing elsewhere. Without it a decaying filter may cost 100 times more.
void FlushDenormals() noexcept;

}  // namespace continuo::base
