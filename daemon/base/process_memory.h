// SPDX-License-Identifier: Apache-2.0
// How much memory a process holds.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace continuo::base {

struct ProcessMemory {
  std::uint64_t resident_bytes = 0;
  // PSS: each shared page counts as its part; sums over processes to what they hold.
  std::uint64_t proportional_bytes = 0;
};

// From /proc/<pid>/smaps_rollup; the resident figure alone from statm where that
// may not be read. Zeros for a process that is gone. Takes up to a millisecond.
[[nodiscard]] ProcessMemory ReadProcessMemory(pid_t pid);

}  // namespace continuo::base
