// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/splice.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace continuo::midi {
namespace {

// A piece and where it comes to stand.
struct Placed {
  Piece piece;
  Tick shift;      // what is added to its times
  bool goes_back;  // it does not follow from the piece before
  bool goes_on;    // the next one follows from it
};

std::vector<Placed> Place(const std::vector<Piece>& pieces) {
  std::vector<Placed> placed;
  Tick now = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool follows = i == 0 ? pieces[i].begin == 0 : pieces[i - 1].end == pieces[i].begin;
    placed.push_back({pieces[i], now - pieces[i].begin, !follows,
                      i + 1 < pieces.size() && pieces[i + 1].begin == pieces[i].end});
    now += pieces[i].end - pieces[i].begin;
  }
  return placed;
}

template <class Entry>
auto FirstFrom(const std::vector<Entry>& entries, Tick time) {
  return std::lower_bound(entries.begin(), entries.end(), time,
                          [](const Entry& entry, Tick t) { return entry.time < t; });
}

template <class Entry>
std::vector<Entry> SpliceMap(const std::vector<Entry>& map, const std::vector<Placed>& pieces) {
  std::vector<Entry> out;
  const auto add = [&out](Entry entry, Tick time) {
    entry.time = time;
    if (!out.empty() && out.back().time == time) out.pop_back();
    out.push_back(entry);
  };
  for (const Placed& placed : pieces) {
    auto entry = FirstFrom(map, placed.piece.begin);
    if (placed.goes_back && !map.empty()) {
      add(entry == map.begin() ? Entry{} : *(entry - 1), placed.piece.begin + placed.shift);
    }
    for (; entry != map.end() && entry->time < placed.piece.end; ++entry) {
      add(*entry, entry->time + placed.shift);
    }
  }
  return out;
}

// What an event sets, so that a later one replaces it: the controller, the program.
std::pair<std::uint8_t, char> StateOf(const Event& event) {
  const bool numbered = (event.status & 0xF0) == 0xB0 || (event.status & 0xF0) == 0xA0;
  return {event.status, numbered ? event.data[0] : '\0'};
}

void SpliceEvents(const Track& track, const Placed& placed, Track& out) {
  auto event = FirstFrom(track.events, placed.piece.begin);
  if (placed.goes_back) {
    // The last event of each kind, in the order in which they came.
    std::map<std::pair<std::uint8_t, char>, const Event*> state;
    for (auto past = track.events.begin(); past != event; ++past) {
      if (past->is_channel_event()) state[StateOf(*past)] = &*past;
    }
    std::vector<const Event*> in_force;
    in_force.reserve(state.size());
    for (const auto& entry : state) in_force.push_back(entry.second);
    std::sort(in_force.begin(), in_force.end());
    for (const Event* past : in_force) {
      out.events.push_back({placed.piece.begin + placed.shift, past->status, past->data});
    }
  }
  for (; event != track.events.end() && event->time < placed.piece.end; ++event) {
    out.events.push_back({event->time + placed.shift, event->status, event->data});
  }
}

void SpliceNotes(const Track& track, const Placed& placed, bool first, Track& out) {
  for (const Note& note : track.notes) {
    if (note.start >= placed.piece.end) break;
    const Tick start = std::max(note.start, placed.piece.begin);
    if (note.end() <= placed.piece.begin || (start > note.start && !first)) continue;
    const Tick end = placed.goes_on ? note.end() : std::min(note.end(), placed.piece.end);
    Note copy = note;
    copy.start = start + placed.shift;
    copy.length = end - start;
    out.notes.push_back(copy);
  }
}

}  // namespace

Song Splice(const Song& song, const std::vector<Piece>& pieces) {
  const std::vector<Placed> placed = Place(pieces);
  Song out{.ticks_per_quarter = song.ticks_per_quarter};
  out.tempos = SpliceMap(song.tempos, placed);
  out.meters = SpliceMap(song.meters, placed);
  out.keys = SpliceMap(song.keys, placed);
  for (const Track& track : song.tracks) {
    Track& spliced = out.tracks.emplace_back();
    spliced.name = track.name;
    for (const Placed& piece : placed) {
      SpliceEvents(track, piece, spliced);
      SpliceNotes(track, piece, &piece == placed.data(), spliced);
      spliced.end = piece.piece.end + piece.shift;
    }
  }
  Normalise(out);
  return out;
}

}  // namespace continuo::midi
