// SPDX-License-Identifier: Apache-2.0
// One connection of a stream to a runner: a mapped segment, the client's ends of
// its rings, and what the daemon said of it. Made by the control thread, handed
// to the audio thread, and given back by it to be deleted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "shared/client/handover.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"

namespace continuo::client {

struct Link {
  explicit Link(std::unique_ptr<ipc::Segment> mapped)
      : segment(std::move(mapped)), input(*segment), output(*segment) {}

  std::unique_ptr<ipc::Segment> segment;
  ipc::InputProducer input;    // [audio-thread]
  ipc::OutputConsumer output;  // [audio-thread]

  // What was sent and may still be answered: at most a ring of blocks each way, and
  // one that the runner has in hand. [audio-thread]
  struct Sent {
    std::uint64_t position = 0;
    std::uint64_t sent_ns = 0;
    std::uint32_t frames = 0;
  };
  static constexpr std::uint32_t kMaxSent = 64;
  static_assert(kMaxSent > 2 * ipc::kSlots + 1);
  std::array<Sent, kMaxSent> sent{};
  std::uint64_t next_sequence = 0;  // of the block to be sent next
  std::uint64_t next_answer = 0;    // the least sequence that no answer has reached
  [[nodiscard]] bool AllAnswered() const noexcept { return next_answer == next_sequence; }

  // Constant once handed over.
  std::uint32_t number = 0;  // of the stream's connections, from 1
  std::uint32_t model_latency_frames = 0;
  std::uint32_t pipelined_frames = 0;  // to begin with; 0 in direct mode
  // What pipelined mode would be, where the path decides for itself; 0: it does not.
  std::uint32_t adaptive_frames = 0;
  bool offline_adds_latency = false;  // the user asked for pipelined mode, so an export has it too
  bool wants_transport = false;       // the model does, so a song that moves lets it not rest
  std::int32_t runner_pid = 0;

  // Set by the control thread: nothing more will come from there.
  std::atomic<bool> lost{false};
};

using LinkHandover = Handover<Link>;

}  // namespace continuo::client
