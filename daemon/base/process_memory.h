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

// The resident memory alone, from /proc/<pid>/statm: some microseconds, and nothing that the
// process would notice. 0: gone.
[[nodiscard]] std::uint64_t ReadResidentBytes(pid_t pid);

// A descriptor of what the system says of this process, for MemoryGrowth; below 0: none.
[[nodiscard]] int OpenOwnMemory();

// By how much this process grows from Begin() on. All zeros before.
class MemoryGrowth {
 public:
  void Begin(int own_memory);
  // Private pages alone: those of files are the system's to drop.
  [[nodiscard]] std::uint64_t resident_bytes() const;
  // The most that it was, with pages of files; where that is less than at an earlier time, as
  // resident_bytes().
  [[nodiscard]] std::uint64_t peak_bytes() const;

 private:
  int own_memory_ = -1;
  std::uint64_t private_before_ = 0;
  std::uint64_t resident_before_ = 0;
  std::uint64_t peak_before_ = 0;
};

}  // namespace continuo::base
