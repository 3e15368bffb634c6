// SPDX-License-Identifier: Apache-2.0
#include "shared/client/midi_backlog.h"

#include <algorithm>

namespace continuo::client {
namespace {

bool BeginsNote(const ipc::MidiEvent& event) noexcept {
  return event.size >= 3 && (event.data[0] & 0xF0U) == 0x90U && event.data[2] > 0;
}

}  // namespace

bool MidiBacklog::Collect(const BlockContext& context) noexcept {
  const auto room = static_cast<std::uint32_t>(events_.size()) - waiting_;
  if (context.midi_event_count > room) {
    Clear();  // what began after the reset might be without its end
    return false;
  }
  std::copy_n(context.midi_events, context.midi_event_count, events_.begin() + waiting_);
  count_ = waiting_ + context.midi_event_count;
  return true;
}

std::span<const ipc::MidiEvent> MidiBacklog::due() const noexcept {
  return {events_.data(), std::min(count_, ipc::kMaxMidiEvents)};
}

void MidiBacklog::NoteSent() noexcept {
  const std::uint32_t sent = std::min(count_, ipc::kMaxMidiEvents);
  std::copy(events_.begin() + sent, events_.begin() + count_, events_.begin());
  waiting_ = count_ = count_ - sent;
  for (std::uint32_t i = 0; i < waiting_; ++i) events_[i].frame = 0;
}

void MidiBacklog::NoteNotSent() noexcept {
  const auto end = std::remove_if(events_.begin(), events_.begin() + count_, BeginsNote);
  waiting_ = count_ = static_cast<std::uint32_t>(end - events_.begin());
  for (std::uint32_t i = 0; i < waiting_; ++i) events_[i].frame = 0;
}

}  // namespace continuo::client
