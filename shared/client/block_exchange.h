// SPDX-License-Identifier: Apache-2.0
// The wet signal of a stream: blocks are sent over a link with what is due for them,
// and their answers are collected by absolute position.
//
// Rest: where the last answer said that model and resamplers are at rest, and a block is
// exactly silent and nothing is due for it, it is not sent and nobody is woken: its wet
// signal is the last frame of that answer, held. The block in which sound begins is sent
// as ever, and no frame of it is lost.
// Trust: what the runner writes is checked: only what was sent can be answered, once, in
// order, at its place and length, with samples that are finite.
// Threads: [audio-thread] but for the constructor.
// Real time: no allocation, no lock; see stream.h.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "shared/client/audio_counters.h"
#include "shared/client/frame_history.h"
#include "shared/client/link.h"
#include "shared/client/midi_backlog.h"
#include "shared/client/parameter_board.h"
#include "shared/client/stream.h"

namespace continuo::client {

// What a stream's histories have to hold.
[[nodiscard]] std::uint32_t HistoryFrames(const StreamConfig& config) noexcept;

// How soon a block was answered.
struct Answer {
  std::uint64_t turnaround_ns;  // from sending to the runner's publication
  std::uint32_t frames;
};

class BlockExchange {
 public:
  // The pointers outlive the exchange.
  BlockExchange(const StreamConfig& config, ParameterBoard* board, AudioCounters* counters);

  // A new link: nothing is in flight, and the frames from `known_from` to `position` are
  // what the history holds.
  void Begin(std::uint64_t known_from, std::uint64_t position) noexcept;
  // Silence for the frames to come, as if what is on its way had never been.
  void WriteSilence(std::uint64_t position, std::uint32_t frames) noexcept;
  void SetKnown(std::uint64_t from, std::uint64_t to) noexcept {
    from_ = from;
    to_ = to;
  }

  [[nodiscard]] const FrameHistory& wet() const noexcept { return wet_; }
  // The frames at hand: [from, end()).
  [[nodiscard]] std::uint64_t end() const noexcept { return to_; }
  [[nodiscard]] bool Covers(std::uint64_t from, std::uint32_t frames) const noexcept {
    return from_ <= from && from + frames <= to_;
  }

  // The runner is to begin from its state of rest with the next block.
  void RequestReset() noexcept {
    reset_pending_ = true;
    midi_.Clear();
  }
  // All that was sent is answered, and the runner has said that nothing moves any more.
  [[nodiscard]] bool at_rest() const noexcept { return at_rest_ && !reset_pending_; }

  // Gathers the events of the next block; those of one that could not be sent go back.
  void CollectEvents(const BlockContext& context) noexcept;
  void ReturnEvents() noexcept;
  // True where the block needs no model: its wet signal is there.
  [[nodiscard]] bool TryRest(Link& link, std::uint64_t position, const float* const* in,
                             std::uint32_t frames, const BlockContext& context) noexcept;
  // False where the ring is full.
  [[nodiscard]] bool Send(Link& link, std::uint64_t position, const float* const* in,
                          std::uint32_t frames, const BlockContext& context) noexcept;
  // Takes all results that are there and calls visit(Answer) for each. What begins before
  // `due` was asked for in vain, and is late.
  template <typename Visit>
  void Drain(Link& link, std::uint64_t due, Visit visit) noexcept;
  void Drain(Link& link, std::uint64_t due) noexcept {
    Drain(link, due, [](const Answer&) {});
  }
  // Until the frames before `needed` are there, everything is answered, or the deadline.
  void AwaitUntil(Link& link, std::uint64_t due, std::uint64_t needed,
                  std::uint64_t deadline_ns) noexcept;
  // Figures for the daemon, by plain stores. `pipelined_frames`: of the mode in force.
  void PublishCounters(Link& link, std::uint32_t pipelined_frames) noexcept;

 private:
  [[nodiscard]] bool TakeNext(Link& link, std::uint64_t due, Answer* answer) noexcept;
  bool TakeAnswer(Link& link, const ipc::OutputBlock& block, ipc::ReadResult read,
                  std::uint64_t due, Answer* answer) noexcept;
  [[nodiscard]] bool IsDue(const Link& link, const BlockContext& context) const noexcept;
  [[nodiscard]] std::uint64_t SpinNs(const Link& link) const noexcept;

  const std::uint32_t channels_;
  const std::uint32_t maximum_block_frames_;
  ParameterBoard* const board_;
  AudioCounters* const counters_;
  FrameHistory wet_;
  std::uint64_t from_ = FrameHistory::kStart;  // the wet frames at hand: [from, to)
  std::uint64_t to_ = FrameHistory::kStart;

  bool reset_pending_ = false;
  bool at_rest_ = false;  // says the answer to the block sent last
  std::array<float, ipc::kMaxChannels> held_{};
  ipc::Transport sent_transport_{};
  std::uint64_t turnaround_ns_ = 0;  // mean of the last few answers

  std::uint32_t event_count_ = 0;
  std::array<ipc::ParameterEvent, ipc::kMaxParameterEvents> events_{};
  MidiBacklog midi_;
  std::vector<float> scratch_;
  std::array<float*, ipc::kMaxChannels> rows_{};
};

template <typename Visit>
void BlockExchange::Drain(Link& link, std::uint64_t due, Visit visit) noexcept {
  Answer answer{};
  for (std::uint32_t i = 0; i < 2 * ipc::kSlots; ++i) {
    answer.frames = 0;
    if (!TakeNext(link, due, &answer)) return;
    if (answer.frames > 0) visit(answer);
  }
}

}  // namespace continuo::client
