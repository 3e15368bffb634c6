// SPDX-License-Identifier: Apache-2.0
// The MIDI events of a block, behind those that an earlier block could not take along.
//
// Problem: a note whose end is lost sounds for ever. What a block holds no more goes at the
// beginning of the next one; of a block that was not sent at all goes what is not the beginning of
// a note, for that would come at the wrong time.
// Where that becomes too much too, nothing goes and the model is to begin anew: then no note hangs
// either.
// Threads: [audio-thread]. Real time: one pass over the events; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "shared/client/stream.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::client {

class MidiBacklog {
 public:
  // A new runner, or one that begins anew: no note is held there.
  void Clear() noexcept { waiting_ = count_ = 0; }
  // Gathers for the next block; again for the same block where that is sent again. False where
  // they are too many; then there are none.
  [[nodiscard]] bool Collect(const BlockContext& context) noexcept;
  // What goes with the block.
  [[nodiscard]] std::span<const ipc::MidiEvent> due() const noexcept;
  void NoteSent() noexcept;
  void NoteNotSent() noexcept;

 private:
  std::array<ipc::MidiEvent, 2 * ipc::kMaxMidiEvents> events_{};
  std::uint32_t waiting_ = 0;  // of earlier blocks; these come first
  std::uint32_t count_ = 0;
};

}  // namespace continuo::client
