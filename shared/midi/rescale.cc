// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/rescale.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace continuo::midi {

absl::StatusOr<Rescaled> Rescale(const Song& song, int ticks_per_quarter) {
  if (ticks_per_quarter < 1 || ticks_per_quarter > kMaxTicksPerQuarter) {
    return absl::InvalidArgumentError(absl::StrCat("ticks a quarter: ", ticks_per_quarter,
                                                   "; 1 to ", kMaxTicksPerQuarter, " is expected"));
  }
  const std::int64_t from = song.ticks_per_quarter;
  const std::int64_t to = ticks_per_quarter;
  const auto scaled = [from, to](Tick time) { return (time * to * 2 + from) / (from * 2); };
  const auto exact = [from, to](Tick time) { return time * to % from == 0; };
  if (scaled(EndOf(song)) >= kMaxTick) {
    return absl::OutOfRangeError(absl::StrCat("the song has ", scaled(EndOf(song)), " ticks at ",
                                              ticks_per_quarter, " a quarter; fewer than ",
                                              kMaxTick, " are possible"));
  }
  Rescaled result{song, 0};
  result.song.ticks_per_quarter = ticks_per_quarter;
  for (Tempo& tempo : result.song.tempos) tempo.time = scaled(tempo.time);
  for (Meter& meter : result.song.meters) meter.time = scaled(meter.time);
  for (KeySignature& key : result.song.keys) key.time = scaled(key.time);
  for (Track& track : result.song.tracks) {
    track.end = scaled(track.end);
    for (Event& event : track.events) event.time = scaled(event.time);
    for (Note& note : track.notes) {
      if (!exact(note.start) || !exact(note.end())) ++result.moved_notes;
      const Tick end = scaled(note.end());
      note.start = scaled(note.start);
      note.length = std::max<Tick>(end - note.start, 1);
    }
  }
  Normalise(result.song);
  if (absl::Status status = Validate(result.song); !status.ok()) return status;
  return result;
}

}  // namespace continuo::midi
