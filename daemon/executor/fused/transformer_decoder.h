// SPDX-License-Identifier: Apache-2.0
// The decoder made of a transformer's file.
//
// Weights are packed once, or streamed (transformer_weights.h). A sequence has rings of
// `token_window` keys and values a layer, its cell n at n modulo that.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <memory>

#include "daemon/base/mapped_file.h"
#include "daemon/executor/decoder.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/fused/transformer_kernels.h"

namespace continuo::executor::fused {

// `file` is that of a safetensors file. Options: "precision", "fp32" (which it is without) or
// "int8": weights of 8 bits, a scale for each output, and inputs of up to 15; attention stays in
// floats. INVALID_ARGUMENT names the tensor, field or option, what it is and what is expected.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Decoder>> MakeTransformerDecoder(
    absl::string_view file, const LoadRequest& request, const TransformerKernels& kernels);
// The same. Where the request has a window for the weights, they are streamed through it:
// RESOURCE_EXHAUSTED where it is too small, FAILED_PRECONDITION where the file stores other numbers
// than halves.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Decoder>> MakeTransformerDecoder(
    base::MappedFile file, const LoadRequest& request, const TransformerKernels& kernels);

}  // namespace continuo::executor::fused
