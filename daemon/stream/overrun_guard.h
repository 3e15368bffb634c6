// SPDX-License-Identifier: Apache-2.0
// Notices a model that needs longer for its blocks than they last: its thread, at real-time
// priority, would never sleep, and the host's threads at normal priority never run.
//
// Falls after kBlocks such blocks in a row, or kLongestNs of them. It has recovered when, for a
// second, the least of a block's cost is below half of its length (the least, since at normal
// priority others take their part); after each fall that follows, for twice as long, up to 64 s.
// Threads: [audio-thread].
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace continuo::stream {

class OverrunGuard {
 public:
  static constexpr std::uint32_t kBlocks = 8;
  static constexpr std::uint64_t kLongestNs = 20'000'000;

  // True: it has just fallen, or just recovered; fallen() tells which.
  bool Note(std::uint64_t process_ns, std::uint64_t block_ns) noexcept {
    if (fallen_) return NoteFallen(process_ns, block_ns);
    if (process_ns <= block_ns) {
      blocks_ = 0;
      sum_ns_ = 0;
      return false;
    }
    sum_ns_ += process_ns;
    if (++blocks_ < kBlocks && sum_ns_ < kLongestNs) return false;
    Fall();
    return true;
  }
  // By another's decision: it was seen to hang in a block.
  void Fall() noexcept {
    fallen_ = true;
    blocks_ = 0;
    sum_ns_ = 0;
    least_share_ = 1.0;
  }
  [[nodiscard]] bool fallen() const noexcept { return fallen_; }

 private:
  bool NoteFallen(std::uint64_t process_ns, std::uint64_t block_ns) noexcept {
    sum_ns_ += block_ns;
    least_share_ =
        std::min(least_share_, static_cast<double>(process_ns) / static_cast<double>(block_ns));
    if (sum_ns_ < trial_ns_) return false;
    sum_ns_ = 0;
    fallen_ = std::exchange(least_share_, 1.0) >= 0.5;
    if (!fallen_) trial_ns_ = std::min(2 * trial_ns_, kLongestTrialNs);
    return !fallen_;
  }

  static constexpr std::uint64_t kLongestTrialNs = 64'000'000'000;
  std::uint32_t blocks_ = 0;
  std::uint64_t sum_ns_ = 0;  // of the blocks in a row; fallen: of the trial
  std::uint64_t trial_ns_ = 1'000'000'000;
  double least_share_ = 1.0;
  bool fallen_ = false;
};

}  // namespace continuo::stream
