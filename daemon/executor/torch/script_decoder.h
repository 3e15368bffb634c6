// SPDX-License-Identifier: Apache-2.0
// A decoder made of a scripted GridTransformer (models/common/grid_transformer.py).
//
// Cells go through the module one by one, though it could take several rows: LibTorch's products
// choose their order by the number of rows, and a sequence's bits must not depend on that.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <memory>
#include <string>

#include "daemon/executor/decoder.h"

namespace continuo::executor {

// INVALID_ARGUMENT names the method or tensor that is missing. Throws what LibTorch throws.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Decoder>> MakeScriptDecoder(torch::jit::Module module,
                                                                         const std::string& path);

}  // namespace continuo::executor
