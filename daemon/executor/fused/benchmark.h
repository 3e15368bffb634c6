// SPDX-License-Identifier: Apache-2.0
// A fixed piece of work for this executor's kernels: Executor::RunBenchmark.
// Threads: any one.
#pragma once

#include <absl/status/statusor.h>

#include "daemon/executor/executor.h"
#include "daemon/executor/fused/kernels.h"

namespace continuo::executor::fused {

// A WaveNet of 16 and 8 channels over ten dilations each, in the shape of NAM's "standard"; and a
// transformer of four layers of width 192 that decodes one sequence. Weights are drawn by a fixed
// seed. Each figure is the least of many rounds, of processor time. About 0.2 s.
[[nodiscard]] absl::StatusOr<Benchmark> RunBenchmark(const Kernels& kernels);

}  // namespace continuo::executor::fused
