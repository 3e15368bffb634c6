// SPDX-License-Identifier: Apache-2.0
// What a process of models may no longer do: one that reads a hostile file, and one that
// serves models which nobody has vouched for.
//
// Neither opens a socket, runs a program, makes a process or signals another; nor makes,
// removes, renames or changes a file. What is open stays usable, the control socket above all.
// There is no way back. Call before the first thread: some of it holds for the calling thread
// and its children alone.
// The system calls are filtered on x86-64 and aarch64 (seccomp), files by Landlock where the
// kernel has it (Linux 5.13).
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::runner {

// For an inspector, which has opened its executor. In addition it maps at most `more_bytes`
// beside what it has and leaves no core dump; it reads any file of its user. What it opened before
// may be written up to `file_bytes`.
[[nodiscard]] absl::Status Confine(std::uint64_t more_bytes, std::uint64_t file_bytes = 0);

// For a runner, which opens executors and models later: it reads what lies under `readable`
// (directories of models; those that do not exist are left out) and what programs need (system
// libraries, its own installation, /proc, /sys, /dev), and writes to shared memory alone. Gives in
// words what holds: "Landlock 7, seccomp", or what the kernel lacks.
[[nodiscard]] absl::StatusOr<std::string> ConfineServing(const std::vector<std::string>& readable);

}  // namespace continuo::runner
