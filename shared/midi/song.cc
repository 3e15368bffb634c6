// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/song.h"

#include <algorithm>
#include <tuple>

namespace continuo::midi {
namespace {

template <class Entry>
void NormaliseMap(std::vector<Entry>& map) {
  std::stable_sort(map.begin(), map.end(),
                   [](const Entry& a, const Entry& b) { return a.time < b.time; });
  // The last of a time: the first one, looked at from behind.
  const auto kept = std::unique(map.rbegin(), map.rend(),
                                [](const Entry& a, const Entry& b) { return a.time == b.time; });
  map.erase(map.begin(), kept.base());
}

Tick EndOfMaps(const Song& song) {
  Tick end = 0;
  if (!song.tempos.empty()) end = std::max(end, song.tempos.back().time);
  if (!song.meters.empty()) end = std::max(end, song.meters.back().time);
  if (!song.keys.empty()) end = std::max(end, song.keys.back().time);
  return end;
}

}  // namespace

bool Before(const Note& left, const Note& right) {
  const auto key = [](const Note& n) {
    return std::tuple(n.start, n.pitch, n.channel, n.length, n.velocity, n.release, n.pan);
  };
  return key(left) < key(right);
}

Tick EndOf(const Song& song) {
  Tick end = EndOfMaps(song);
  for (const Track& track : song.tracks) end = std::max(end, track.end);
  return end;
}

std::size_t NoteCount(const Song& song) {
  std::size_t count = 0;
  for (const Track& track : song.tracks) count += track.notes.size();
  return count;
}

void Normalise(Song& song) {
  NormaliseMap(song.tempos);
  NormaliseMap(song.meters);
  NormaliseMap(song.keys);
  for (Track& track : song.tracks) {
    std::sort(track.notes.begin(), track.notes.end(), Before);
    std::stable_sort(track.events.begin(), track.events.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    for (const Note& note : track.notes) track.end = std::max(track.end, note.end());
    if (!track.events.empty()) track.end = std::max(track.end, track.events.back().time);
  }
  if (!song.tracks.empty())
    song.tracks.front().end = std::max(song.tracks.front().end, EndOfMaps(song));
}

}  // namespace continuo::midi
