// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/statistics.h"

namespace continuo::ipc {

void Publish(const Statistics& statistics, StatisticsBlock* block) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const std::uint32_t lock = block->lock.load(kRelaxed);
  block->lock.store(lock + 1, kRelaxed);
  std::atomic_thread_fence(std::memory_order_release);
  block->blocks.store(statistics.blocks, kRelaxed);
  block->frames.store(statistics.frames, kRelaxed);
  block->process_total_ns.store(statistics.process_total_ns, kRelaxed);
  block->process_max_ns.store(statistics.process_max_ns, kRelaxed);
  block->violations.store(statistics.violations, kRelaxed);
  block->non_finite_samples.store(statistics.non_finite_samples, kRelaxed);
  block->dropped_results.store(statistics.dropped_results, kRelaxed);
  block->lock.store(lock + 2, std::memory_order_release);
}

bool TryReadUntrusted(const StatisticsBlock& block, Statistics* statistics) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = block.lock.load(std::memory_order_acquire);
    if (before % 2 != 0) continue;
    Statistics copy;
    copy.blocks = block.blocks.load(kRelaxed);
    copy.frames = block.frames.load(kRelaxed);
    copy.process_total_ns = block.process_total_ns.load(kRelaxed);
    copy.process_max_ns = block.process_max_ns.load(kRelaxed);
    copy.violations = block.violations.load(kRelaxed);
    copy.non_finite_samples = block.non_finite_samples.load(kRelaxed);
    copy.dropped_results = block.dropped_results.load(kRelaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (block.lock.load(kRelaxed) == before) {
      *statistics = copy;
      return true;
    }
  }
  return false;
}

}  // namespace continuo::ipc
