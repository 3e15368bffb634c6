// SPDX-License-Identifier: Apache-2.0
// One piece of work on weights in a process of its own: the benchmark of this machine, the cost and
// the error of a variant, weights in other numbers.
// Threads: the main thread of a runner that was started for that alone.
#pragma once

#include <string>

#include "continuo/internal/runner.pb.h"
#include "daemon/app/runner/control_channel.h"

namespace continuo::runner {

// Opens the executor, gives up its rights, works, answers; the process's exit code.
int RunAppraisal(ControlChannel* channel, const internal::Appraise& request,
                 const std::string& module_directory);

}  // namespace continuo::runner
