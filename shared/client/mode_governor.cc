// SPDX-License-Identifier: Apache-2.0
#include "shared/client/mode_governor.h"

#include <algorithm>
#include <atomic>

namespace continuo::client {
namespace {

constexpr double kHeavyShare = 0.8;  // of the deadline
constexpr double kSlowShare = 0.4;
constexpr double kHostBusyShare = 0.7;  // of the time, waited by all streams together
constexpr double kHostIdleShare = 0.4;
constexpr std::uint32_t kLeastBlocks = 8;      // to judge a window by
constexpr std::uint32_t kLastingSeconds = 60;  // in direct mode: it was right to return
constexpr double kOtherLength = 1.5;           // of blocks: what was learned is of no use
// Streams of one process change one after the other, so that each sees what the last has
// made of it.
constexpr std::uint64_t kTurnNs = 1'500'000'000;
constexpr std::uint64_t kHastyTurnNs = 300'000'000;  // where a third of them has to leave anyway

// What the streams of this process share.
std::atomic<std::uint64_t> all_waits_ns{0};
std::atomic<std::uint64_t> last_turn_ns{0};

bool TakeTurn(std::uint64_t now_ns, std::uint64_t pause_ns) noexcept {
  std::uint64_t last = last_turn_ns.load(std::memory_order_relaxed);
  return (last == 0 || now_ns - last > pause_ns) &&
         last_turn_ns.compare_exchange_strong(last, now_ns, std::memory_order_relaxed);
}

std::uint32_t Percent(double share) noexcept {
  return static_cast<std::uint32_t>(std::clamp(100.0 * share + 0.5, 0.0, 1000.0));
}

}  // namespace

void ModeGovernor::Begin(bool pipelined) noexcept {
  const bool remains = pipelined_ && left_;
  Start(pipelined || remains, remains ? reason_ : ModeReason::kAdmitted, remains ? figure_ : 0);
}

void ModeGovernor::Start(bool pipelined, ModeReason reason, std::uint32_t figure) noexcept {
  pipelined_ = pipelined;
  reason_ = reason;
  figure_ = figure;
  present_ = {};
  past_ = {};
  seconds_ = 0;
  quiet_seconds_ = 0;
  window_start_ns_ = 0;
}

void ModeGovernor::Leave(ModeReason reason, std::uint32_t figure) noexcept {
  // The first time there is nothing to be learned from.
  const bool too_soon = left_ && seconds_ < kLastingSeconds;
  hold_seconds_ = too_soon ? std::min(2 * hold_seconds_, kLongestHoldSeconds) : kFirstHoldSeconds;
  left_ = true;
  left_frames_ = present_.frames / std::max(present_.blocks, 1U);
  if (left_frames_ == 0) left_frames_ = past_[0].frames / std::max(past_[0].blocks, 1U);
  Start(true, reason, figure);
}

std::uint32_t ModeGovernor::RecentMisses() const noexcept {
  std::uint32_t misses = present_.missed;
  for (const Window& window : past_) misses += window.missed;
  return misses;
}

void ModeGovernor::NoteWait(std::uint64_t waited_ns, std::uint64_t allowed_ns,
                            bool missed) noexcept {
  all_waits_ns.fetch_add(waited_ns, std::memory_order_relaxed);
  if (pipelined_) return;
  ++present_.waits;
  present_.heavy += static_cast<double>(waited_ns) > kHeavyShare * static_cast<double>(allowed_ns);
  present_.spent_ns += waited_ns;
  if (!missed) return;
  ++present_.missed;
  if (const std::uint32_t misses = RecentMisses(); misses >= kMaxMisses) {
    Leave(ModeReason::kMisses, misses);
  }
}

void ModeGovernor::NoteAnswer(std::uint64_t turnaround_ns, std::uint64_t allowed_ns) noexcept {
  if (!pipelined_) return;
  ++present_.answers;
  present_.slow +=
      static_cast<double>(turnaround_ns) > kSlowShare * static_cast<double>(allowed_ns);
  present_.spent_ns += turnaround_ns;
}

void ModeGovernor::NoteBlock(std::uint32_t frames, std::uint64_t now_ns) noexcept {
  if (window_start_ns_ == 0) {
    window_start_ns_ = now_ns;
    process_waits_ns_ = all_waits_ns.load(std::memory_order_relaxed);
  }
  ++present_.blocks;
  present_.frames += frames;
  if (present_.frames >= window_frames_) EndWindow(now_ns);
}

void ModeGovernor::EndWindow(std::uint64_t now_ns) noexcept {
  const double elapsed_ns =
      static_cast<double>(std::max<std::uint64_t>(now_ns - window_start_ns_, 1));
  const std::uint64_t waits_ns = all_waits_ns.load(std::memory_order_relaxed);
  const double share = static_cast<double>(waits_ns - process_waits_ns_) / elapsed_ns;
  const double own_share = 1e-9 * static_cast<double>(present_.spent_ns) * window_frames_ /
                           static_cast<double>(present_.frames);
  window_start_ns_ = now_ns;
  process_waits_ns_ = waits_ns;
  ++seconds_;
  const bool was_pipelined = pipelined_;
  if (pipelined_) {
    JudgePipelined(share, own_share, now_ns);
  } else {
    JudgeDirect(share, now_ns);
  }
  if (pipelined_ != was_pipelined) return;
  std::copy_backward(past_.begin(), past_.end() - 1, past_.end());
  past_[0] = present_;
  present_ = {};
}

void ModeGovernor::JudgeDirect(double share, std::uint64_t now_ns) noexcept {
  std::uint32_t waits = present_.waits;
  std::uint32_t heavy = present_.heavy;
  for (const Window& window : past_) {
    waits += window.waits;
    heavy += window.heavy;
  }
  if (past_.back().waits > 0 && waits >= kWindows * kLeastBlocks && 20 * heavy > waits) {
    Leave(ModeReason::kWaits, Percent(static_cast<double>(heavy) / waits));
  } else if (share > kHostBusyShare && present_.waits > 0 &&
             TakeTurn(now_ns, share > 1.0 ? kHastyTurnNs : kTurnNs)) {
    Leave(ModeReason::kHost, Percent(share));
  } else if (seconds_ >= kLastingSeconds) {
    left_ = false;
  }
}

void ModeGovernor::JudgePipelined(double share, double own_share, std::uint64_t now_ns) noexcept {
  const double length = static_cast<double>(present_.frames) / std::max(present_.blocks, 1U);
  if (left_frames_ > 0 &&
      (length > kOtherLength * left_frames_ || kOtherLength * length < left_frames_)) {
    hold_seconds_ = kFirstHoldSeconds;
    left_frames_ = static_cast<std::uint32_t>(length);
    quiet_seconds_ = 0;
  }
  if (present_.answers < kLeastBlocks && present_.missed == 0) return;  // at rest: nothing is known
  const bool room = present_.missed == 0 && 100 * present_.slow <= present_.answers &&
                    share + own_share < kHostIdleShare;
  quiet_seconds_ = room ? quiet_seconds_ + 1 : 0;
  if (quiet_seconds_ >= hold_seconds_ && TakeTurn(now_ns, kTurnNs)) {
    Start(false, ModeReason::kRoom, Percent(own_share));
  }
}

}  // namespace continuo::client
