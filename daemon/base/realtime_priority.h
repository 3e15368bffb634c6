// SPDX-License-Identifier: Apache-2.0
// Real-time priority of other threads than one's own, and the way out of it.
//
// Problem: a thread at SCHED_FIFO that does not sleep stops everything at normal priority on its
// processor, a host's audio threads among it. Models are not ours to trust with that.
#pragma once

#include <sys/types.h>

namespace continuo::base {

// Threads by their number in the system (gettid), 0 for the calling one: for a number whose
// thread has ended the system refuses.

// SCHED_FIFO's or SCHED_RR's (which RTKit gives) priority of a thread; 0: normal. [any-thread]
[[nodiscard]] int RealtimePriorityOf(pid_t thread) noexcept;

// Sets it; 0: normal priority. False where the system refuses. [any-thread], by an audio thread
// only for itself where a model becomes too slow, or has recovered: one system call.
bool SetFifoPriority(pid_t thread, int priority) noexcept;

// As far before others at normal priority as RLIMIT_NICE allows. False where it does not.
bool RaiseNice(pid_t thread) noexcept;

// The last guard: a thread that has run at real-time priority for 150 ms without sleeping goes
// on at normal priority, by a signal (SIGXCPU) to itself. For the whole process, once.
// `hard`: after 200 ms the kernel ends the process, as RTKit wants it.
void GuardRealtime(bool hard);

}  // namespace continuo::base
