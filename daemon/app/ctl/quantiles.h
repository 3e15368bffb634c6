// SPDX-License-Identifier: Apache-2.0
// The figures that describe a set of durations, by nearest rank.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace continuo::ctl {

struct Quantiles {
  double p50_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
  std::uint64_t count = 0;
};

inline Quantiles QuantilesOf(std::vector<std::uint32_t> durations_ns) {
  if (durations_ns.empty()) return {};
  std::sort(durations_ns.begin(), durations_ns.end());
  const auto at_us = [&durations_ns](double share) {
    const double rank = std::ceil(share * static_cast<double>(durations_ns.size()));
    return durations_ns[static_cast<std::size_t>(std::max(rank, 1.0)) - 1] / 1000.0;
  };
  return {at_us(0.5), at_us(0.99), at_us(0.999), durations_ns.back() / 1000.0, durations_ns.size()};
}

}  // namespace continuo::ctl
