// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/note_grid.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "daemon/generate/song_facts.h"

namespace continuo::generate {

NoteGrid OnGrid(const midi::Song& song) {
  const SongFacts facts = FactsOf(song);
  NoteGrid grid;
  grid.drums = facts.drums;
  grid.bar_steps = BarTicks(facts.meter, kStepsPerQuarter);
  grid.step_ms = 60e3 / facts.tempo_bpm / kStepsPerQuarter;
  const double quarter = song.ticks_per_quarter;
  for (const midi::Track& track : song.tracks) {
    for (const midi::Note& note : track.notes) {
      if (note.channel == midi::kDrumChannel && !facts.drums) continue;
      const double start = static_cast<double>(note.start) * kStepsPerQuarter / quarter;
      const double end = static_cast<double>(note.end()) * kStepsPerQuarter / quarter;
      GridNote on;
      on.start = std::llround(start);
      on.end = std::max<std::int64_t>(std::llround(end), on.start + 1);
      on.pitch = note.pitch;
      on.velocity = note.velocity;
      on.offset = start - static_cast<double>(on.start);
      on.length = static_cast<double>(note.length) / quarter;
      grid.notes.push_back(on);
      grid.steps = std::max(grid.steps, facts.drums ? on.start + 1 : on.end);
    }
  }
  std::sort(grid.notes.begin(), grid.notes.end(), [](const GridNote& left, const GridNote& right) {
    return std::tie(left.start, left.pitch, left.end) <
           std::tie(right.start, right.pitch, right.end);
  });
  return grid;
}

}  // namespace continuo::generate
