// SPDX-License-Identifier: Apache-2.0
// The choice among the kernels of several instruction sets.
//
// The source level.cc is compiled once for each set (GCC's vector extensions, a
// width fixed by the build): the same expressions over 4, 8 or 16 lanes need no
// library, and what is not x86 gets the four lanes of the baseline.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {

// What this processor can run, the widest last.
[[nodiscard]] std::vector<const Kernels*> AvailableKernels();
// The widest, or the one that CONTINUO_SIMD names; FAILED_PRECONDITION if it is
// not among them.
[[nodiscard]] absl::StatusOr<const Kernels*> ChooseKernels();

}  // namespace continuo::executor::fused
