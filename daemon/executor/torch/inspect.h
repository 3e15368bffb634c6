// SPDX-License-Identifier: Apache-2.0
// What a TorchScript file is that comes without a manifest.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <string>
#include <vector>

#include "daemon/executor/executor.h"

namespace continuo::executor {

// One Inspection a method of an nn~ module, `forward` first; else one. Runs the module, so it
// may do whatever a hostile one does. INVALID_ARGUMENT begins with `path`.
[[nodiscard]] absl::StatusOr<std::vector<Inspection>> InspectModule(torch::jit::Module module,
                                                                    const std::string& path);

}  // namespace continuo::executor
