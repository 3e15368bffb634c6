// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/block_forecast.h"

#include <algorithm>

namespace continuo::stream {
namespace {

constexpr std::uint64_t kLongestGapNs = 200'000'000;  // a longer one is a pause of the client
constexpr std::uint64_t kBurstNs = 100'000;           // how long the rest of a burst is awaited
constexpr double kLeadShare = 0.09;                   // of a cycle
constexpr double kEarlyGain = 0.5;
constexpr double kLateGain = 0.05;
constexpr double kRateGain = 1.0 / 32;

}  // namespace

void BlockForecast::Note(std::uint64_t sent_ns, std::uint32_t frames,
                         std::uint64_t now_ns) noexcept {
  if (sent_ns > now_ns || now_ns - sent_ns > kLongestGapNs) sent_ns = now_ns;
  const bool first =
      last_sent_ns_ == 0 || sent_ns < last_sent_ns_ || sent_ns - last_sent_ns_ > kLongestGapNs;
  if (first) {
    hits_ = 0;
    saved_ns_ = 0;
    frame_ns_ = nominal_frame_ns_;
    cycle_blocks_ = earlier_blocks_ = 0;
    cycle_frames_ = 0;
    phase_ns_ = cycle_sent_ns_ = sent_ns;
  } else {
    const std::uint64_t gap_ns = sent_ns - last_sent_ns_;
    saved_ns_ =
        std::min(saved_ns_ + static_cast<std::int64_t>(kShare * static_cast<double>(gap_ns)),
                 static_cast<std::int64_t>(kMostSavedNs));
    if (static_cast<double>(gap_ns) >= 0.5 * last_frames_ * frame_ns_) BeginCycle(sent_ns);
  }
  last_sent_ns_ = sent_ns;
  last_frames_ = frames;
  cycle_frames_ += frames;
  ++cycle_blocks_;
}

void BlockForecast::BeginCycle(std::uint64_t sent_ns) noexcept {
  const auto due_ns = phase_ns_ + static_cast<std::uint64_t>(CycleNs());
  const auto late_ns = static_cast<std::int64_t>(sent_ns - due_ns);
  const bool hit = late_ns >= -static_cast<std::int64_t>(kLeadNs) &&
                   late_ns <= static_cast<std::int64_t>(kPatienceNs);
  if (hit) {
    hits_ = std::min(hits_ + 1, kMostHits);
    phase_ns_ =
        due_ns + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                     static_cast<double>(late_ns) * (late_ns < 0 ? kEarlyGain : kLateGain)));
  } else {
    hits_ = std::max(hits_ - 2, 0);
    phase_ns_ = sent_ns;
  }
  const double played_ns = static_cast<double>(sent_ns - cycle_sent_ns_) / cycle_frames_;
  frame_ns_ = std::clamp(frame_ns_ + kRateGain * (played_ns - frame_ns_), 0.5 * nominal_frame_ns_,
                         2.0 * nominal_frame_ns_);
  cycle_sent_ns_ = sent_ns;
  earlier_blocks_ = cycle_blocks_;
  cycle_blocks_ = 0;
  cycle_frames_ = 0;
}

BlockForecast::Watch BlockForecast::Next(std::uint64_t now_ns) const noexcept {
  if (!confident()) return {};
  if (cycle_blocks_ < earlier_blocks_) {
    if (saved_ns_ < static_cast<std::int64_t>(kBurstNs)) return {};
    return now_ns < last_sent_ns_ + 4 * kBurstNs ? Watch{now_ns, now_ns + kBurstNs} : Watch{};
  }
  const double cycle_ns = CycleNs();
  const auto due_ns = phase_ns_ + static_cast<std::uint64_t>(cycle_ns);
  const auto lead_ns = std::min(kLeadNs, static_cast<std::uint64_t>(kLeadShare * cycle_ns));
  if (saved_ns_ < static_cast<std::int64_t>(lead_ns)) return {};
  const std::uint64_t end_ns =
      std::min(due_ns + kPatienceNs,
               std::max(now_ns, due_ns - lead_ns) + static_cast<std::uint64_t>(saved_ns_));
  if (now_ns >= end_ns) return {};
  return {due_ns - lead_ns, end_ns};
}

}  // namespace continuo::stream
