// SPDX-License-Identifier: Apache-2.0
// Opening an executor module by its name.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "daemon/executor/executor.h"

namespace continuo::executor {

// Opens `<directory>/libcontinuo-executor-<name>.so`. NOT_FOUND names the path;
// FAILED_PRECONDITION: it does not fit this build. The module stays open.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Executor>> OpenExecutor(const std::string& directory,
                                                                     const std::string& name);

}  // namespace continuo::executor
