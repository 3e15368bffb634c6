// SPDX-License-Identifier: Apache-2.0
// When the client's next block is due, learned from those that came; and for how long a thread
// may stay awake to wait for it.
//
// Problem: to wake a thread takes tens of microseconds, which a callback that waits for its own
// block cannot spare. A thread that is awake when the block comes answers in two.
// Model: a host calls once a cycle and sends one block or several at once; the next cycle begins
// when the frames of this one have been played. The phase leans to the early ones, as hosts
// are late at times, never early. Without four cycles in a row that came as foretold, there is
// no forecast.
// Budget: kShare of the time that passes, over all; what is not used up is kept for kMostSavedNs
// at most. So a client whose blocks never come as foretold costs no more than one whose do.
// Threads: [audio-thread]. Real time: no loop, no memory. Times are given: nothing here waits.
#pragma once

#include <cstdint>

namespace continuo::stream {

class BlockForecast {
 public:
  static constexpr double kShare = 0.15;
  static constexpr std::uint64_t kLeadNs = 150'000;      // awake so long before it is due
  static constexpr std::uint64_t kPatienceNs = 250'000;  // and so long after
  static constexpr std::uint64_t kMostSavedNs = 4'000'000;

  explicit BlockForecast(std::uint32_t sample_rate_hz) noexcept
      : nominal_frame_ns_(1e9 / sample_rate_hz), frame_ns_(nominal_frame_ns_) {}

  // A block was taken at `now_ns`; when it was sent is the client's word.
  void Note(std::uint64_t sent_ns, std::uint32_t frames, std::uint64_t now_ns) noexcept;

  // To be awake from `begin_ns` to `end_ns` at most; both 0: not now.
  struct Watch {
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;
  };
  [[nodiscard]] Watch Next(std::uint64_t now_ns) const noexcept;
  // What a watch has cost.
  void Spend(std::uint64_t ns) noexcept { saved_ns_ -= static_cast<std::int64_t>(ns); }

  [[nodiscard]] bool confident() const noexcept { return hits_ >= kEnoughHits; }

 private:
  static constexpr int kEnoughHits = 4;
  static constexpr int kMostHits = 8;

  [[nodiscard]] double CycleNs() const noexcept { return cycle_frames_ * frame_ns_; }
  void BeginCycle(std::uint64_t sent_ns) noexcept;

  const double nominal_frame_ns_;
  double frame_ns_;                  // as the host plays
  std::uint64_t phase_ns_ = 0;       // when the present cycle should have begun
  std::uint64_t cycle_sent_ns_ = 0;  // when it did
  std::uint64_t last_sent_ns_ = 0;
  std::uint32_t last_frames_ = 0;
  double cycle_frames_ = 0;
  std::uint32_t cycle_blocks_ = 0;
  std::uint32_t earlier_blocks_ = 0;  // of the cycle before
  int hits_ = 0;
  std::int64_t saved_ns_ = 0;
};

}  // namespace continuo::stream
