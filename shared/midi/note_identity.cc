// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/note_identity.h"

#include <map>

namespace continuo::midi {
namespace {

constexpr int kTicks = 960;

}  // namespace

NoteIdentity IdentityOf(const Note& note, int ticks_per_quarter) {
  const auto scaled = [ticks_per_quarter](Tick time) { return time * kTicks / ticks_per_quarter; };
  return {scaled(note.start), scaled(note.length), note.pitch};
}

std::vector<NoteIdentity> IdentitiesOf(const Song& song) {
  std::vector<NoteIdentity> all;
  for (const Track& track : song.tracks) {
    for (const Note& note : track.notes) all.push_back(IdentityOf(note, song.ticks_per_quarter));
  }
  return all;
}

MatchedNotes Match(const std::vector<NoteIdentity>& left, const std::vector<NoteIdentity>& right) {
  MatchedNotes matched{std::vector<bool>(left.size()), std::vector<bool>(right.size()), 0};
  std::multimap<NoteIdentity, std::size_t> places;
  for (std::size_t i = 0; i < left.size(); ++i) places.emplace(left[i], i);
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto found = places.find(right[i]);
    if (found == places.end()) continue;
    matched.left[found->second] = true;
    matched.right[i] = true;
    ++matched.count;
    places.erase(found);
  }
  return matched;
}

}  // namespace continuo::midi
