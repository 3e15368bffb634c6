// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set; CMakeLists.txt sets CONTINUO_LANES,
// CONTINUO_LEVEL (the name) and CONTINUO_TABLE.
#include "daemon/executor/fused/linear_kernel.h"
#include "daemon/executor/fused/plan.h"
#include "daemon/executor/fused/program_kernel.h"
#include "daemon/executor/fused/recurrent_kernel.h"
#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

void RunTanh(const float* in, float* out, std::size_t count) noexcept {
  float lanes[kLanes];
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t n = count - i < kLanes ? count - i : kLanes;
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] = k < n ? in[i + k] : 0.0F;
    Store(lanes, Tanh(Load(lanes)));
    for (std::size_t k = 0; k < n; ++k) out[i + k] = lanes[k];
  }
}

}  // namespace

extern const Kernels CONTINUO_TABLE;
const Kernels CONTINUO_TABLE = {CONTINUO_LEVEL, kLanes,       RunProgram, SettleProgram,
                                RunLinear,      RunRecurrent, RunTanh};

}  // namespace continuo::executor::fused
