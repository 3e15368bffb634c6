// SPDX-License-Identifier: Apache-2.0
// A runner's other life: to read one foreign file, which may be hostile, and to end.
//
// Problem: whatever the file does (crash, loop, allocate) must happen to nobody else. The
// daemon starts a runner for each file with --inspector, sets it a time, and believes
// nothing of what it answers.
// Threads: one; the process has no other of ours.
#pragma once

#include <string>

#include "daemon/app/runner/control_channel.h"

namespace continuo::runner {

// Waits for the InspectFile, answers with Inspected, and returns the process's exit code.
[[nodiscard]] int RunInspector(ControlChannel* channel, const std::string& module_directory);

}  // namespace continuo::runner
