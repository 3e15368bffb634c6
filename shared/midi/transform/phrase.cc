// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/phrase.h"

#include <algorithm>
#include <array>

namespace continuo::midi {

absl::StatusOr<Notes> Apply(const Retrograde&, const Setting& setting, Notes notes) {
  for (Note& note : notes) note.start = setting.begin + setting.end - note.end();
  std::sort(notes.begin(), notes.end(), Before);
  return notes;
}

absl::StatusOr<Notes> Apply(const Legato& legato, const Setting& setting, Notes notes) {
  constexpr Tick kNever = 2 * kMaxTick;
  constexpr std::size_t kChannels = 16;
  constexpr std::size_t kPitches = 128;
  const Tick gap = TicksOf(legato.gap, setting);
  const Tick overlap = TicksOf(legato.overlap, setting);
  const Tick rest = TicksOf(legato.rest, setting);
  // From behind: of each channel the start that comes next, and the one looked at; of
  // each pitch in it the start that comes next.
  struct Starts {
    Tick current = kNever;
    Tick next = kNever;
    std::array<Tick, kPitches> of_pitch;
  };
  std::vector<Starts> channels(kChannels);
  for (Starts& channel : channels) channel.of_pitch.fill(kNever);
  std::sort(notes.begin(), notes.end(), Before);
  for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
    Starts& channel = channels[note->channel];
    if (note->start < channel.current) {
      channel.next = channel.current;
      channel.current = note->start;
    }
    Tick& same_pitch = channel.of_pitch[note->pitch];
    if (channel.next != kNever && channel.next - note->end() <= rest) {
      const Tick end = std::min(channel.next - gap + overlap, same_pitch);
      note->length = std::max<Tick>(end - note->start, 1);
    }
    same_pitch = note->start;
  }
  return notes;
}

absl::StatusOr<Notes> Apply(const Staccato& staccato, const Setting&, Notes notes) {
  for (Note& note : notes) {
    note.length =
        std::max<Tick>(std::llround(staccato.length * static_cast<double>(note.length)), 1);
  }
  return notes;
}

}  // namespace continuo::midi
