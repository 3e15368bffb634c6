// SPDX-License-Identifier: Apache-2.0
// TorchScript modules of Continuo's own convention (docs/model-integration.md):
//
//   forward(x [1, C, T], parameters [1, P, T], state: List[Tensor])
//       -> (y [1, C', T], List[Tensor])
//   initial_state() -> List[Tensor]       the state at rest
//
// The module is read only: all streams of a model share it.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <memory>

#include "daemon/executor/executor.h"

namespace continuo::executor {

// INVALID_ARGUMENT where a method is missing.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Model>> MakeNativeModel(torch::jit::Module module,
                                                                     const LoadRequest& request);

}  // namespace continuo::executor
