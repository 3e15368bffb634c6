// SPDX-License-Identifier: Apache-2.0
// Decides, for a stream in mode `auto`, between direct and pipelined: from what waiting
// has cost, and from how soon answers came where nobody waited.
//
//   direct ── kMisses: kMaxMisses blocks missed in kWindows seconds ──────────► pipelined
//          ── kWaits:  one wait in twenty took most of the deadline, in kWindows seconds
//          ── kHost:   all streams of the process wait for most of the time
//   direct ◄── kRoom: no answer late, the slowest percent before 40 % of the deadline,
//              all waits together below 40 % of the time, for hold seconds ─── pipelined
//
// Never flapping: hold begins with kFirstHoldSeconds and doubles each time that direct
// mode did not last; where the host's blocks become longer or shorter it begins anew.
// A runner that stops is one miss, for it is waited for once: no reason to change.
// Threads: [audio-thread]; what the streams of one process share is lock-free.
// Real time: no system call; time is counted in frames.
#pragma once

#include <array>
#include <cstdint>

namespace continuo::client {

enum class ModeReason : std::uint32_t { kAsked, kAdmitted, kMisses, kWaits, kHost, kRoom };

class ModeGovernor {
 public:
  static constexpr std::uint32_t kWindows = 4;  // of a second of sound each
  static constexpr std::uint32_t kMaxMisses = 4;
  static constexpr std::uint32_t kFirstHoldSeconds = 5;
  static constexpr std::uint32_t kLongestHoldSeconds = 160;

  explicit ModeGovernor(std::uint32_t sample_rate_hz) noexcept : window_frames_(sample_rate_hz) {}

  // A new connection begins, as the daemon has admitted it. What was learned of direct mode
  // before is kept.
  void Begin(bool pipelined) noexcept;

  [[nodiscard]] bool pipelined() const noexcept { return pipelined_; }
  [[nodiscard]] ModeReason reason() const noexcept { return reason_; }
  // Of the reason: misses, or percent.
  [[nodiscard]] std::uint32_t figure() const noexcept { return figure_; }

  // Of one block, before NoteBlock. `allowed_ns`: what direct mode may wait for it.
  void NoteWait(std::uint64_t waited_ns, std::uint64_t allowed_ns, bool missed) noexcept;
  // In pipelined mode: from sending to the runner's answer, or that it was not there when due.
  void NoteAnswer(std::uint64_t turnaround_ns, std::uint64_t allowed_ns) noexcept;
  void NoteLate() noexcept { ++present_.missed; }
  // A block has passed.
  void NoteBlock(std::uint32_t frames, std::uint64_t now_ns) noexcept;
  // Direct mode was tried and its first result was not there.
  void NoteFailedReturn() noexcept { Leave(ModeReason::kMisses, 1); }

 private:
  struct Window {
    std::uint32_t blocks = 0, frames = 0;
    std::uint32_t waits = 0, heavy = 0, missed = 0;  // heavy: above most of what was allowed
    std::uint32_t answers = 0, slow = 0;
    std::uint64_t spent_ns = 0;  // waited, or what would have been waited
  };
  void EndWindow(std::uint64_t now_ns) noexcept;
  void JudgeDirect(double share, std::uint64_t now_ns) noexcept;
  void JudgePipelined(double share, double own_share, std::uint64_t now_ns) noexcept;
  void Leave(ModeReason reason, std::uint32_t figure) noexcept;
  void Start(bool pipelined, ModeReason reason, std::uint32_t figure) noexcept;
  [[nodiscard]] std::uint32_t RecentMisses() const noexcept;

  const std::uint32_t window_frames_;
  bool pipelined_ = false;
  ModeReason reason_ = ModeReason::kAdmitted;
  std::uint32_t figure_ = 0;
  Window present_;
  std::array<Window, kWindows - 1> past_{};  // newest first
  std::uint32_t seconds_ = 0;                // in the mode in force
  std::uint32_t quiet_seconds_ = 0;          // of these, the last with room for direct mode
  std::uint32_t hold_seconds_ = kFirstHoldSeconds;
  bool left_ = false;              // direct mode, for a reason measured here
  std::uint32_t left_frames_ = 0;  // mean length of a block then
  std::uint64_t window_start_ns_ = 0;
  std::uint64_t process_waits_ns_ = 0;  // of all streams, at that moment
};

}  // namespace continuo::client
