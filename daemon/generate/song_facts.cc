// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/song_facts.h"

#include <algorithm>

#include "daemon/generate/key_finding.h"
#include "daemon/generate/key_text.h"

namespace continuo::generate {

midi::Tick BarTicks(const midi::Meter& meter, int ticks_per_quarter) {
  return std::max<midi::Tick>(
      midi::Tick{4} * ticks_per_quarter * meter.numerator / meter.denominator, 1);
}

SongFacts FactsOf(const midi::Song& song) {
  SongFacts facts;
  if (!song.tempos.empty()) {
    facts.has_tempo = true;
    facts.tempo_bpm = 60e6 / song.tempos.front().us_per_quarter;
  }
  if (!song.meters.empty()) {
    facts.has_meter = true;
    facts.meter = song.meters.front();
    facts.meter.time = 0;
    facts.meter_changes =
        std::any_of(song.meters.begin(), song.meters.end(), [&facts](const midi::Meter& meter) {
          return meter.numerator != facts.meter.numerator ||
                 meter.denominator != facts.meter.denominator;
        });
  }
  midi::Tick end = 0;
  std::uint64_t drums = 0;
  for (const midi::Track& track : song.tracks) {
    for (const midi::Note& note : track.notes) {
      ++facts.notes;
      if (note.channel == midi::kDrumChannel) ++drums;
      end = std::max(end, note.end());
    }
  }
  facts.drums = facts.notes > 0 && drums == facts.notes;
  int lowest = 127;
  int highest = 0;
  for (const midi::Track& track : song.tracks) {
    for (const midi::Note& note : track.notes) {
      if (note.channel == midi::kDrumChannel && !facts.drums) continue;
      lowest = std::min<int>(lowest, note.pitch);
      highest = std::max<int>(highest, note.pitch);
    }
  }
  if (facts.notes > 0) {
    facts.lowest_pitch = lowest;
    facts.highest_pitch = highest;
  }
  const midi::Tick bar = BarTicks(facts.meter, song.ticks_per_quarter);
  // A played note that is held a little over the line makes no bar of its own.
  const midi::Tick slack = std::min<midi::Tick>(song.ticks_per_quarter / 8, bar - 1);
  facts.bars = end == 0 ? 0 : std::max<midi::Tick>((end - slack + bar - 1) / bar, 1);
  if (facts.drums) return facts;
  if (!song.keys.empty() && (song.keys.front().sharps != 0 || song.keys.front().minor)) {
    facts.key = KeyOf(song.keys.front());
    facts.key_is_written = true;
  } else if (const auto found = FindKey(song)) {
    facts.key = found->key;
  }
  return facts;
}

}  // namespace continuo::generate
