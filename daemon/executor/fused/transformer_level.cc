// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, as level.cc is.
#include "daemon/executor/fused/attention_kernel.h"
#include "daemon/executor/fused/product_kernel.h"
#include "daemon/executor/fused/transformer_plan.h"

namespace continuo::executor::fused {

extern const TransformerKernels CONTINUO_TABLE;
const TransformerKernels CONTINUO_TABLE = {
    CONTINUO_LEVEL, CONTINUO_READS_HALVES != 0, RunNormalise, RunProduct, RunAttention, RunExp2};

}  // namespace continuo::executor::fused
