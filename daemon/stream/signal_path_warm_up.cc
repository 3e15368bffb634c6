// SPDX-License-Identifier: Apache-2.0
// What a block takes before anybody plays.
#include <algorithm>
#include <random>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/stream/cache_crowd.h"
#include "daemon/stream/signal_path.h"

namespace continuo::stream {

absl::StatusOr<BlockCost> SignalPath::WarmUp() {
  constexpr int kOdd = 4;
  constexpr int kTrials = 24;
  constexpr int kCrowdedTrials = 12;
  constexpr std::uint64_t kLongestNs = 400'000'000;
  const std::uint32_t longest = config_.maximum_block_frames;
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> level(-0.1F, 0.1F);
  std::vector<float> memory(std::size_t{2} * config_.channels * longest);
  std::vector<float*> in, out;
  for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
    in.push_back(memory.data() + std::size_t{2} * channel * longest);
    out.push_back(in.back() + longest);
  }
  for (float& sample : memory) sample = level(random);
  const std::uint64_t begin_ns = base::MonotonicNs();
  std::uint64_t now_ns = begin_ns;
  const auto time_us = [&](std::uint32_t frames) {  // below 0: the model has failed
    const std::uint64_t start_ns = base::MonotonicNs();
    const bool done = Process(in.data(), out.data(), frames, {});
    now_ns = base::MonotonicNs();
    return done ? static_cast<double>(now_ns - start_ns) / 1000.0 : -1.0;
  };
  // The least is the model's own cost; what else ran on the machine made the others.
  BlockCost cost{1e12, 1e12};
  bool failed = false;
  // A few odd lengths first, so that no shape is met for the first time in play.
  for (unsigned trial = 1; trial <= kOdd; ++trial)
    failed |= time_us(std::max(1U, longest >> trial)) < 0;
  for (int trial = kOdd; trial < kTrials && !failed; ++trial) {
    const double us = time_us(longest);
    failed = us < 0;
    cost.alone_us = std::min(cost.alone_us, us);
    if (trial >= 8 && now_ns - begin_ns > kLongestNs) break;
  }
  CacheCrowd crowd;
  for (int trial = 0; trial < kCrowdedTrials && !failed; ++trial) {
    crowd.Pass();
    const double us = time_us(longest);
    failed = us < 0;
    cost.crowded_us = std::min(cost.crowded_us, us);
    if (trial >= 2 && now_ns - begin_ns > 2 * kLongestNs) break;
  }
  if (failed) return absl::InternalError("the model failed on its first blocks of sound");
  cost.crowded_us = std::max(cost.crowded_us, cost.alone_us);
  Reset();
  non_finite_samples_ = 0;
  return cost;
}

}  // namespace continuo::stream
