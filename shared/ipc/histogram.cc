// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/histogram.h"

#include <algorithm>
#include <cmath>

namespace continuo::ipc {

void Add(HistogramBlock& histogram, std::uint64_t ns) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const double us = static_cast<double>(ns) / 1000.0;
  const double bucket = us <= 1.0 ? 0.0 : 4.0 * std::log2(us);
  const std::uint32_t index = std::min(static_cast<std::uint32_t>(bucket), kHistogramBuckets - 1);
  SharedU32& count = histogram.counts[index];
  // One thread adds: no need for a locked instruction.
  count.store(count.load(kRelaxed) + 1, kRelaxed);
  histogram.total_ns.store(histogram.total_ns.load(kRelaxed) + ns, kRelaxed);
  if (ns > histogram.maximum_ns.load(kRelaxed)) histogram.maximum_ns.store(ns, kRelaxed);
}

void Histogram::Include(const HistogramBlock& block) noexcept {
  for (std::uint32_t i = 0; i < kHistogramBuckets; ++i) {
    counts[i] += block.counts[i].load(std::memory_order_relaxed);
  }
  maximum_ns = std::max(maximum_ns, block.maximum_ns.load(std::memory_order_relaxed));
  total_ns += block.total_ns.load(std::memory_order_relaxed);
}

void Histogram::Include(const Histogram& other) noexcept {
  for (std::uint32_t i = 0; i < kHistogramBuckets; ++i) counts[i] += other.counts[i];
  maximum_ns = std::max(maximum_ns, other.maximum_ns);
  total_ns += other.total_ns;
}

std::uint64_t Histogram::Count() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  return total;
}

double Histogram::QuantileUs(double quantile) const noexcept {
  const std::uint64_t total = Count();
  if (total == 0) return 0.0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < kHistogramBuckets; ++i) {
    seen += counts[i];
    if (seen >= wanted) return std::fmin(BucketEndUs(i), MaximumUs());
  }
  return MaximumUs();
}

double Histogram::MaximumUs() const noexcept { return static_cast<double>(maximum_ns) / 1000.0; }

double BucketEndUs(std::uint32_t bucket) noexcept { return std::exp2((bucket + 1) / 4.0); }

}  // namespace continuo::ipc
