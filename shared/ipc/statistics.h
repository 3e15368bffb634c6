// SPDX-License-Identifier: Apache-2.0
// The runner's figures of one stream, published behind a sequence lock.
// Threads: one publisher (audio thread), any readers. Real time: both bounded; a
// reader gives up after a few tries rather than follow a peer that never settles.
#pragma once

#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::ipc {

struct Statistics {
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;
  std::uint64_t process_total_ns = 0;
  std::uint64_t process_max_ns = 0;
  std::uint64_t violations = 0;
  std::uint64_t non_finite_samples = 0;
  std::uint64_t dropped_results = 0;
};

void Publish(const Statistics& statistics, StatisticsBlock* block) noexcept;
[[nodiscard]] bool TryReadUntrusted(const StatisticsBlock& block, Statistics* statistics) noexcept;

}  // namespace continuo::ipc
