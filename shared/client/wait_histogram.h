// SPDX-License-Identifier: Apache-2.0
// How long Process() waited, in buckets of a quarter octave from 1 µs: enough for
// percentiles within 19 %, without a sample kept.
// Threads: Add [audio-thread], the rest [any-thread]; lock-free.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>

namespace continuo::client {

class WaitHistogram {
 public:
  void Add(std::uint64_t ns) noexcept {
    const double us = static_cast<double>(ns) / 1000.0;
    const double bucket = us <= 1.0 ? 0.0 : 4.0 * std::log2(us);
    const auto index = static_cast<std::uint32_t>(bucket);
    counts_[index < kBuckets ? index : kBuckets - 1].fetch_add(1, std::memory_order_relaxed);
    if (ns > maximum_ns_.load(std::memory_order_relaxed)) {
      maximum_ns_.store(ns, std::memory_order_relaxed);
    }
  }

  // Upper edge of the bucket in which the share `quantile` (0…1) is reached.
  [[nodiscard]] double QuantileUs(double quantile) const noexcept {
    const std::uint64_t total = Count();
    if (total == 0) return 0.0;
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(total)));
    std::uint64_t seen = 0;
    for (std::uint32_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i].load(std::memory_order_relaxed);
      if (seen >= wanted) return std::fmin(std::exp2((i + 1) / 4.0), MaximumUs());
    }
    return MaximumUs();
  }

  // How many waits there were.
  [[nodiscard]] std::uint64_t Count() const noexcept {
    std::uint64_t total = 0;
    for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
    return total;
  }

  [[nodiscard]] double MaximumUs() const noexcept {
    return static_cast<double>(maximum_ns_.load(std::memory_order_relaxed)) / 1000.0;
  }

 private:
  static constexpr std::uint32_t kBuckets = 96;  // to 16 s

  std::atomic<std::uint64_t> counts_[kBuckets]{};
  std::atomic<std::uint64_t> maximum_ns_{0};
};

}  // namespace continuo::client
