// SPDX-License-Identifier: Apache-2.0
// The daemon from "serving" to "ended": wiring alone.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>

#include "daemon/app/configuration.h"
#include "daemon/app/continuod/background.h"
#include "daemon/app/continuod/command_line.h"
#include "daemon/base/unique_fd.h"

namespace continuo::app {

// Serves `listener` until a signal or idleness ends it; the exit code. The signals that it
// waits for are blocked in every thread already.
[[nodiscard]] int RunDaemon(const CommandLine& line, const Configuration& configuration,
                            const std::string& socket_path, base::UniqueFd listener,
                            Background* background, const std::function<void()>& on_stopping);

// What of the configuration the command line does not overrule.
[[nodiscard]] absl::Status SetUpLog(const CommandLine& line, const Configuration& configuration);

}  // namespace continuo::app
