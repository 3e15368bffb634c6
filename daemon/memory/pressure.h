// SPDX-License-Identifier: Apache-2.0
// Whether memory is short, and how much there is: of the machine, and of the control groups
// that this process is in.
//
// Short is any of: tasks stood still for want of memory for more than kStalled of the last 10 s
// (PSI, "some avg10", of the machine or the group); a group holds more than kFull of its limit,
// not counting file pages that can be dropped; less than kLeft of the machine's memory is
// available. There is no PSI in kernels that were built or started without; the others hold.
// Threads: [any-thread]; reads a few small files, some 50 µs.
#pragma once

#include <cstdint>
#include <string>

namespace continuo::memory {

inline constexpr double kStalled = 0.10;
inline constexpr double kFull = 0.95;
inline constexpr double kLeft = 0.05;

struct Pressure {
  bool psi = false;    // PSI can be read
  double stalled = 0;  // the worse of machine and group, 0..1
  bool short_of = false;
  std::string reason;                   // "" or "tasks waited for memory for 14 % of the last 10 s"
  std::uint64_t available_bytes = 0;    // of the machine
  std::uint64_t group_limit_bytes = 0;  // 0: none
  std::uint64_t group_used_bytes = 0;   // of the group with that limit
};

// `root` is "" but in tests.
[[nodiscard]] Pressure ReadPressure(const std::string& root = "");

// All that this process and its children may take: the machine's memory, or the least limit of
// a group if that is less.
[[nodiscard]] std::uint64_t UsableMemory(const std::string& root = "");

}  // namespace continuo::memory
