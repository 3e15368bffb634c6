// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/arrange.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>

#include "shared/midi/transform/splice.h"

namespace continuo::midi {
namespace {

absl::Status TooLong(const char* name, const char* parameter, const std::string& what) {
  return absl::OutOfRangeError(absl::StrCat(name, ": with this ", parameter, " ", what));
}

// The bars that two parameters name, as ticks. `end` is where the song's last bar ends.
absl::StatusOr<Piece> BarsOf(const char* name, int from, int to, const Song& song, Tick* end) {
  const MeterMap meters(song);
  *end = meters.BarLineFrom(EndOf(song));
  const std::int64_t bars = meters.PositionOf(std::max<Tick>(*end - 1, 0)).bar + 1;
  const std::int64_t last = to == 0 ? bars : to;
  if (from > bars || last > bars || from > last) {
    const bool wrong_from = from > bars || from > last;
    return absl::OutOfRangeError(absl::StrCat(name, ": ", wrong_from ? "from" : "to", " is ",
                                              wrong_from ? from : to, "; the song has ", bars,
                                              " bars, of which from to to is expected in order"));
  }
  return Piece{meters.BarStart(from - 1), meters.BarStart(last)};
}

}  // namespace

absl::StatusOr<Song> Apply(const Stretch& stretch, Song song) {
  const auto scaled = [&stretch](Tick time) {
    return static_cast<Tick>(std::llround(stretch.factor * static_cast<double>(time)));
  };
  if (scaled(EndOf(song)) >= kMaxTick) {
    return TooLong(Stretch::kName, "factor",
                   absl::StrCat("the song would have ", scaled(EndOf(song)), " ticks; fewer than ",
                                kMaxTick, " are possible"));
  }
  for (Tempo& tempo : song.tempos) tempo.time = scaled(tempo.time);
  for (Meter& meter : song.meters) meter.time = scaled(meter.time);
  for (KeySignature& key : song.keys) key.time = scaled(key.time);
  for (Track& track : song.tracks) {
    track.end = scaled(track.end);
    for (Event& event : track.events) event.time = scaled(event.time);
    for (Note& note : track.notes) {
      const Tick end = scaled(note.end());
      note.start = scaled(note.start);
      note.length = std::max<Tick>(end - note.start, 1);
    }
  }
  Normalise(song);
  return song;
}

absl::StatusOr<Song> Apply(const Crop& crop, Song song) {
  Tick end = 0;
  const absl::StatusOr<Piece> bars = BarsOf(Crop::kName, crop.from, crop.to, song, &end);
  if (!bars.ok()) return bars.status();
  return Splice(song, {*bars});
}

absl::StatusOr<Song> Apply(const Repeat& repeat, Song song) {
  Tick end = 0;
  const absl::StatusOr<Piece> bars = BarsOf(Repeat::kName, repeat.from, repeat.to, song, &end);
  if (!bars.ok()) return bars.status();
  std::size_t events = 0;
  for (const Track& track : song.tracks) events += track.notes.size() * 2 + track.events.size();
  const auto times = static_cast<std::size_t>(repeat.times);
  const Tick ticks = (bars->end - bars->begin) * (repeat.times - 1) + end;
  if (ticks >= kMaxTick || events * times > kMaxEvents) {
    return TooLong(Repeat::kName, "times",
                   absl::StrCat("the song would have ", ticks, " ticks and up to ", events * times,
                                " events; ", kMaxTick, " and ", kMaxEvents, " are possible"));
  }
  std::vector<Piece> pieces{{0, bars->begin}};
  pieces.insert(pieces.end(), times, *bars);
  pieces.push_back({bars->end, end});
  return Splice(song, pieces);
}

}  // namespace continuo::midi
