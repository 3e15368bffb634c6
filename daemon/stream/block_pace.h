// SPDX-License-Identifier: Apache-2.0
// Holds back a stream whose client sends more than there is time to hear.
//
// Problem: streams that share a thread are counted with the sound that they play. A client that
// sends as fast as it is answered, and does not say that it exports, would take all that the
// others, and the host's threads at normal priority, leave.
// A ring full of the longest blocks may come at once, as it does when a thread was stopped for
// a while; beyond that kFaster than the sound lasts, for clocks that do not agree.
// Threads: [audio-thread] of whoever steps the stream.
#pragma once

#include <algorithm>
#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

class BlockPace {
 public:
  static constexpr double kFaster = 1.25;

  explicit BlockPace(std::uint64_t longest_block_ns) noexcept
      : ahead_ns_(ipc::kSlots * longest_block_ns) {}

  void Take(std::uint64_t block_ns, std::uint64_t now_ns) noexcept {
    const auto cost_ns = static_cast<std::uint64_t>(static_cast<double>(block_ns) / kFaster);
    // What it was not held back for is forgotten.
    spent_until_ns_ = std::clamp(spent_until_ns_, now_ns, now_ns + ahead_ns_) + cost_ns;
  }
  // When the next block may be taken: in the past, where it may be now.
  [[nodiscard]] std::uint64_t due_ns() const noexcept {
    return spent_until_ns_ - std::min(spent_until_ns_, ahead_ns_);
  }

 private:
  const std::uint64_t ahead_ns_;
  std::uint64_t spent_until_ns_ = 0;
};

}  // namespace continuo::stream
