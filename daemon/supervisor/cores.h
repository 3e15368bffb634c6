// SPDX-License-Identifier: Apache-2.0
// How much of the processors this process may use: those of base/processors.h, and the quota
// of the control groups it is in (cgroup version 2 `cpu.max`, version 1 `cpu.cfs_quota_us`;
// the least of all levels counts).
// Threads: [any-thread]; reads files.
// Errors: none; what cannot be read limits nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::supervisor {

struct Cores {
  std::vector<std::uint32_t> ids;  // as the system counts them, from 0; never empty
  double quota = 1;                // processors' worth of time a second, at most ids.size()
};

// `root` stands before /proc and /sys, for tests.
[[nodiscard]] Cores UsableCores(const std::string& root = "");

}  // namespace continuo::supervisor
