// SPDX-License-Identifier: Apache-2.0
// The processors of the machine: which this process may use, how busy they are, and which a
// thread stays on. They are counted from 1; 0 means any.
// Threads: not an audio thread; Linux only, elsewhere everything is free and unknown.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace continuo::base {

// In ascending order, never empty.
[[nodiscard]] std::vector<std::uint32_t> AllowedProcessors();

// By the thread's number in the system; 0: the calling one. False where the system refuses.
bool KeepOnProcessor(pid_t thread, std::uint32_t processor);

// How much of the given processors is left, in processors, since the look before.
class IdleMeter {
 public:
  explicit IdleMeter(std::vector<std::uint32_t> processors);
  // What runs at a lower priority (nice) gives way and counts as left. All of them at the first
  // look, and where /proc/stat tells nothing.
  double Look();

 private:
  struct Ticks {
    std::uint64_t left = 0, all = 0;
  };
  [[nodiscard]] Ticks Read() const;

  const std::vector<std::uint32_t> processors_;
  Ticks last_;
};

}  // namespace continuo::base
