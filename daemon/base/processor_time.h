// SPDX-License-Identifier: Apache-2.0
// How much of the processors has been used, by all and by one process. What they count is
// time since the start; loads are differences of two readings.
// Threads: [any-thread]; each call reads a file of /proc, tens of microseconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

namespace continuo::base {

struct CoreTime {
  std::uint64_t busy = 0;  // in the system's ticks; so too
  std::uint64_t all = 0;
};

// By the processor's number; what is offline is left out. Empty where /proc is not there.
[[nodiscard]] std::map<std::uint32_t, CoreTime> ReadCoreTimes();

// Of all threads of a process, in user and kernel; 0 for one that is gone. Ticks of 10 ms.
[[nodiscard]] double ReadProcessorSeconds(pid_t pid);

}  // namespace continuo::base
