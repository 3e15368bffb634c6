// SPDX-License-Identifier: Apache-2.0
// The four ends of a segment's two rings of blocks.
//
// Problem: audio blocks have to cross between two processes that do not trust
// each other, without a lock and without ever waiting.
// Use: one InputProducer and OutputConsumer in the client, one InputConsumer and
// OutputProducer in the runner; each is used by one thread at a time.
// Real time: every function is bounded by one block's copy; no call can wait
// (tests/realtime).
// Trust: "…Untrusted" marks what came from the peer. Counts and indices are read
// once and checked; what fails is counted as a violation, and nothing outside the
// slot is touched. While the peer's index is not valid, nothing is read.
// Invariants: an end never publishes an index it has not reached; a full ring
// refuses a block and keeps its content.
#pragma once

#include <cstdint>
#include <span>

#include "shared/ipc/segment.h"

namespace continuo::ipc {

enum class [[nodiscard]] ReadResult : std::uint8_t{
    kRead, kEmpty,
    kViolation,  // what the peer wrote in a block is not valid; it was skipped
    kBadIndex,   // the peer's index is not valid: nothing can be read
};

// One block on its way to the runner.
struct InputView {
  InputBlock block{};
  const float* const* audio = nullptr;  // [channel][frame]
  std::span<const ParameterEvent> parameter_events;
  std::span<const MidiEvent> midi_events;
};

class InputProducer {  // [audio-thread] of the client
 public:
  // `first_index`: that of the ring's first block, here and in the other ends.
  explicit InputProducer(Segment& segment, std::uint32_t first_index = 0) noexcept
      : segment_(segment), write_(first_index) {}
  // False when the ring is full or the runner's index is not valid. More events
  // than a block holds are cut off.
  [[nodiscard]] bool TryWrite(const InputView& view) noexcept;
  [[nodiscard]] std::uint32_t violations() const noexcept { return violations_; }

 private:
  Segment& segment_;
  std::uint32_t write_;
  std::uint32_t violations_ = 0;
};

// Where an InputConsumer puts the copy of a block; sized for the segment.
struct InputStorage {
  InputBlock block;
  ParameterEvent parameter_events[kMaxParameterEvents];
  MidiEvent midi_events[kMaxMidiEvents];
  float* audio[kMaxChannels];  // rows of maximum_block_frames, given by the owner
};

class InputConsumer {  // [audio-thread] of the runner
 public:
  // `parameter_count` bounds the indices in parameter events.
  InputConsumer(Segment& segment, std::uint32_t parameter_count,
                std::uint32_t first_index = 0) noexcept
      : segment_(segment), parameter_count_(parameter_count), read_(first_index) {}
  ReadResult ReadUntrusted(InputStorage* storage) noexcept;

 private:
  ReadResult CopySlotUntrusted(const std::byte* slot, InputStorage* storage) noexcept;

  Segment& segment_;
  std::uint32_t parameter_count_;
  std::uint32_t read_;
  std::uint64_t next_sequence_ = 0;
};

class OutputProducer {  // [audio-thread] of the runner
 public:
  explicit OutputProducer(Segment& segment, std::uint32_t first_index = 0) noexcept
      : segment_(segment), write_(first_index) {}
  // False when the ring is full or the client's index is not valid.
  [[nodiscard]] bool TryWrite(const OutputBlock& block, const float* const* audio) noexcept;

 private:
  Segment& segment_;
  std::uint32_t write_;
};

class OutputConsumer {  // [audio-thread] of the client
 public:
  explicit OutputConsumer(Segment& segment, std::uint32_t first_index = 0) noexcept
      : segment_(segment), read_(first_index) {}
  // `audio` has the segment's channels, rows of maximum_block_frames. After
  // kViolation `block` is what the peer wrote.
  ReadResult ReadUntrusted(OutputBlock* block, float* const* audio) noexcept;

 private:
  Segment& segment_;
  std::uint32_t read_;
};

}  // namespace continuo::ipc
