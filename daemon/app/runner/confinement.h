// SPDX-License-Identifier: Apache-2.0
// What a process may no longer do once it is about to read a hostile file.
#pragma once

#include <absl/status/status.h>

#include <cstdint>

namespace continuo::runner {

// From here on the process maps at most `more_bytes` beside what it has; writes, makes and
// removes no file; opens no socket; runs no program; signals nobody else; leaves no core
// dump. What it has open stays usable, the control socket above all. There is no way back.
// The system calls are filtered on x86-64 and aarch64 (seccomp); an error where the kernel
// refuses that.
[[nodiscard]] absl::Status Confine(std::uint64_t more_bytes);

}  // namespace continuo::runner
