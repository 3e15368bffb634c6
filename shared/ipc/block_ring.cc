// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/block_ring.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace continuo::ipc {
namespace {

constexpr std::size_t kParameterEventsOffset = sizeof(InputBlock);
constexpr std::size_t kMidiEventsOffset =
    kParameterEventsOffset + kMaxParameterEvents * sizeof(ParameterEvent);

// Blocks between the peer's index and ours. Above kSlots: the peer's is not valid.
constexpr std::uint32_t Distance(std::uint32_t write, std::uint32_t read) noexcept {
  return write - read;
}

void CopyRowsIn(const Geometry& geometry, std::uint32_t frames, const float* const* audio,
                std::byte* target) noexcept {
  for (std::uint32_t channel = 0; channel < geometry.channels; ++channel) {
    std::memcpy(target + std::size_t{channel} * geometry.maximum_block_frames * sizeof(float),
                audio[channel], frames * sizeof(float));
  }
}

void CopyRowsOut(const Geometry& geometry, std::uint32_t frames, const std::byte* source,
                 float* const* audio) noexcept {
  for (std::uint32_t channel = 0; channel < geometry.channels; ++channel) {
    std::memcpy(audio[channel],
                source + std::size_t{channel} * geometry.maximum_block_frames * sizeof(float),
                frames * sizeof(float));
  }
}

}  // namespace

bool InputProducer::TryWrite(const InputView& view) noexcept {
  const Geometry& geometry = segment_.geometry();
  const std::uint32_t read = segment_.runner().input_read.load(std::memory_order_acquire);
  const std::uint32_t filled = Distance(write_, read);
  if (filled > kSlots) {
    ++violations_;
    return false;
  }
  if (filled == kSlots) return false;

  std::byte* slot = segment_.InputSlot(write_);
  InputBlock block = view.block;
  block.parameter_event_count = static_cast<std::uint32_t>(
      std::min<std::size_t>(view.parameter_events.size(), kMaxParameterEvents));
  block.midi_event_count =
      static_cast<std::uint32_t>(std::min<std::size_t>(view.midi_events.size(), kMaxMidiEvents));
  std::memcpy(slot, &block, sizeof(block));
  if (block.parameter_event_count > 0) {
    std::memcpy(slot + kParameterEventsOffset, view.parameter_events.data(),
                block.parameter_event_count * sizeof(ParameterEvent));
  }
  if (block.midi_event_count > 0) {
    std::memcpy(slot + kMidiEventsOffset, view.midi_events.data(),
                block.midi_event_count * sizeof(MidiEvent));
  }
  CopyRowsIn(geometry, block.frames, view.audio, slot + kInputAudioOffset);
  segment_.client().input_write.store(++write_, std::memory_order_release);
  return true;
}

ReadResult InputConsumer::ReadUntrusted(InputStorage* storage) noexcept {
  const std::uint32_t write = segment_.client().input_write.load(std::memory_order_acquire);
  const std::uint32_t filled = Distance(write, read_);
  if (filled == 0) return ReadResult::kEmpty;
  if (filled > kSlots) return ReadResult::kBadIndex;
  const ReadResult result = CopySlotUntrusted(segment_.InputSlot(read_), storage);
  segment_.runner().input_read.store(++read_, std::memory_order_release);
  return result;
}

ReadResult InputConsumer::CopySlotUntrusted(const std::byte* slot, InputStorage* storage) noexcept {
  const Geometry& geometry = segment_.geometry();
  InputBlock& block = storage->block;
  std::memcpy(&block, slot, sizeof(block));
  const bool in_order = block.sequence == next_sequence_;
  next_sequence_ = in_order ? block.sequence + 1 : next_sequence_ + 1;
  if (!in_order || block.frames < 1 || block.frames > geometry.maximum_block_frames ||
      block.parameter_event_count > kMaxParameterEvents ||
      block.midi_event_count > kMaxMidiEvents) {
    return ReadResult::kViolation;
  }
  std::memcpy(storage->parameter_events, slot + kParameterEventsOffset,
              block.parameter_event_count * sizeof(ParameterEvent));
  std::memcpy(storage->midi_events, slot + kMidiEventsOffset,
              block.midi_event_count * sizeof(MidiEvent));
  std::uint32_t last_frame = 0;
  for (std::uint32_t i = 0; i < block.parameter_event_count; ++i) {
    const ParameterEvent& event = storage->parameter_events[i];
    if (event.frame >= block.frames || event.frame < last_frame ||
        event.parameter >= parameter_count_ || !std::isfinite(event.value)) {
      return ReadResult::kViolation;
    }
    last_frame = event.frame;
  }
  last_frame = 0;
  for (std::uint32_t i = 0; i < block.midi_event_count; ++i) {
    const MidiEvent& event = storage->midi_events[i];
    if (event.frame >= block.frames || event.frame < last_frame || event.size < 1 ||
        event.size > sizeof(event.data)) {
      return ReadResult::kViolation;
    }
    last_frame = event.frame;
  }
  CopyRowsOut(geometry, block.frames, slot + kInputAudioOffset, storage->audio);
  return ReadResult::kRead;
}

bool OutputProducer::TryWrite(const OutputBlock& block, const float* const* audio) noexcept {
  const std::uint32_t read = segment_.client().output_read.load(std::memory_order_acquire);
  if (Distance(write_, read) >= kSlots) return false;  // full, or the client's index is not valid
  std::byte* slot = segment_.OutputSlot(write_);
  std::memcpy(slot, &block, sizeof(block));
  CopyRowsIn(segment_.geometry(), block.frames, audio, slot + kOutputAudioOffset);
  segment_.runner().output_write.store(++write_, std::memory_order_release);
  return true;
}

ReadResult OutputConsumer::ReadUntrusted(OutputBlock* block, float* const* audio) noexcept {
  const std::uint32_t write = segment_.runner().output_write.load(std::memory_order_acquire);
  const std::uint32_t filled = Distance(write, read_);
  if (filled == 0) return ReadResult::kEmpty;
  if (filled > kSlots) return ReadResult::kBadIndex;
  const std::byte* slot = segment_.OutputSlot(read_);
  std::memcpy(block, slot, sizeof(*block));
  ReadResult result = ReadResult::kViolation;
  if (block->frames >= 1 && block->frames <= segment_.geometry().maximum_block_frames) {
    CopyRowsOut(segment_.geometry(), block->frames, slot + kOutputAudioOffset, audio);
    result = ReadResult::kRead;
  }
  segment_.client().output_read.store(++read_, std::memory_order_release);
  return result;
}

}  // namespace continuo::ipc
