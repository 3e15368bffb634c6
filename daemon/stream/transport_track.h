// SPDX-License-Identifier: Apache-2.0
// Where the host is in its song, at any frame of the model.
//
// Problem: the host says it once a block, at its own rate; a model is given blocks of other
// lengths, later by what the resamplers hold back.
// Threads: [audio-thread]. Real time: bounded by the blocks under way; no allocation.
// Trust: what a client wrote is taken for known only where its numbers make sense.
#pragma once

#include <cstdint>

#include "daemon/executor/executor.h"
#include "daemon/stream/timed_queue.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

class TransportTrack {
 public:
  explicit TransportTrack(std::uint32_t model_rate_hz) noexcept : rate_hz_(model_rate_hz) {}

  // What the host said of the block whose first frame the model will meet at `frame`.
  void NoteUntrusted(std::uint64_t frame, const ipc::Transport& transport) noexcept;
  // Of `frames` frames from `frame` on, how many come before the next jump of the transport: a
  // seek, a loop's end, a start or stop, another tempo. At least 1.
  std::uint32_t FramesUntilJump(std::uint64_t frame, std::uint32_t frames) noexcept;
  // At `frame`, which FramesUntilJump was asked for; null where the host told nothing.
  const executor::Transport* At(std::uint64_t frame) noexcept;
  [[nodiscard]] bool playing() const noexcept { return known_ && newest_.playing; }
  void Reset() noexcept;

 private:
  struct Told {
    bool known = false;
    executor::Transport transport{};
  };
  [[nodiscard]] executor::Transport Advanced(const executor::Transport& from,
                                             std::uint64_t frames) const noexcept;
  [[nodiscard]] bool Continues(const Told& next, std::uint64_t frame) const noexcept;

  const std::uint32_t rate_hz_;
  TimedQueue<Told, 512> told_;
  Told current_;
  std::uint64_t current_frame_ = 0;
  executor::Transport at_{};  // what At() returned last
  executor::Transport newest_{};
  bool known_ = false;  // of newest_
};

}  // namespace continuo::stream
