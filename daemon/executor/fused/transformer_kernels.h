// SPDX-License-Identifier: Apache-2.0
// The choice among the kernels of a transformer, compiled as those of kernels.h are, with more
// of what a processor may have: half precision, and sums of products of whole numbers (VNNI).
#pragma once

#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/transformer_plan.h"

namespace continuo::executor::fused {

// The best of those that go with `kernels` on this processor.
[[nodiscard]] const TransformerKernels& TransformerKernelsOf(const Kernels& kernels);
// All that this processor can run.
[[nodiscard]] std::vector<const TransformerKernels*> AvailableTransformerKernels();

}  // namespace continuo::executor::fused
