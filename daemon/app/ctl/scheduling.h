// SPDX-License-Identifier: Apache-2.0
// Under which policy threads run.
#pragma once

#include <sys/types.h>

#include <string>

namespace continuo::ctl {

// The highest SCHED_FIFO priority among a process's threads; 0 where it has none,
// or is gone.
[[nodiscard]] int HighestFifoPriority(pid_t process);

// "SCHED_FIFO 10", "SCHED_OTHER" for 0.
[[nodiscard]] std::string SchedulingWords(int fifo_priority);

}  // namespace continuo::ctl
