// SPDX-License-Identifier: Apache-2.0
// Weights files in other numbers, and with fewer of them: Executor::Convert of this executor.
// Errors: as there; INVALID_ARGUMENT names the tensor or field.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "daemon/executor/executor.h"

namespace continuo::executor::fused {

inline constexpr double kMaximumPrune = 0.9;

// `file` is the content of `conversion.weights_path`: a transformer, or a model's JSON, packed or
// not. FAILED_PRECONDITION where nothing can be pruned, which is so of all but transformers.
//
// Pruned are the hidden units of a transformer's layers: of each layer the same share, those of
// which the weights that lead in and out are the smallest. The network has fewer of them then: it
// is smaller and faster, not only sparse.
[[nodiscard]] absl::StatusOr<Converted> ConvertFile(absl::string_view file,
                                                    const Conversion& conversion);

}  // namespace continuo::executor::fused
