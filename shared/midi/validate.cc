// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bit>
#include <string>

#include "shared/midi/smf_meta.h"
#include "shared/midi/song.h"

namespace continuo::midi {
namespace {

// What is looked at, for the message: "track 2, note 17".
using Place = std::string;

absl::Status Wrong(const Place& place, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", what));
}

absl::Status InRange(const Place& place, const char* what, Tick value, Tick lowest, Tick highest) {
  if (value >= lowest && value <= highest) return absl::OkStatus();
  return Wrong(place,
               absl::StrCat(what, " is ", value, "; ", lowest, " to ", highest, " is expected"));
}

// The first status of several that is not OK.
absl::Status First(std::initializer_list<absl::Status> statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Check(const Place& place, const Note& note) {
  return First({InRange(place, "start", note.start, 0, kMaxTick),
                InRange(place, "length", note.length, 1, kMaxTick),
                InRange(place, "end", note.end(), 1, kMaxTick),
                InRange(place, "pitch", note.pitch, 0, 127),
                InRange(place, "velocity", note.velocity, 1, 127),
                InRange(place, "channel", note.channel, 0, 15),
                InRange(place, "release", note.release, 0, 127),
                InRange(place, "pan", note.pan, -100, 100)});
}

absl::Status Check(const Place& place, const Event& event) {
  absl::Status status = InRange(place, "time", event.time, 0, kMaxTick);
  if (!status.ok()) return status;
  if (event.is_channel_event()) {
    const bool one = (event.status & 0xE0) == 0xC0;  // program, channel pressure
    if (event.status < 0xA0) return Wrong(place, "notes are no events of a track");
    if (event.data.size() != (one ? 1U : 2U)) {
      return Wrong(place,
                   absl::StrCat(event.data.size(), " data bytes; ", one ? 1 : 2, " expected"));
    }
    const bool high = std::any_of(event.data.begin(), event.data.end(),
                                  [](char byte) { return (byte & 0x80) != 0; });
    return high ? Wrong(place, "a data byte above 127") : absl::OkStatus();
  }
  if (event.status != 0xF0 && event.status != 0xF7 && event.status != 0xFF) {
    return Wrong(place, absl::StrCat("status ", int{event.status}, " is of no kind of event"));
  }
  if (event.status == 0xFF) {
    if (event.data.empty()) return Wrong(place, "a meta event of no type");
    const auto type = static_cast<std::uint8_t>(event.data[0]);
    if (type == kMetaEndOfTrack || type == kMetaTempo || type == kMetaTimeSignature ||
        type == kMetaKeySignature) {
      return Wrong(place, absl::StrCat("meta type ", int{type}, " has a place of its own"));
    }
  }
  return InRange(place, "size", static_cast<Tick>(event.data.size()), 0, kMaxTick);
}

absl::Status Check(const Place& place, const Tempo& tempo) {
  return First({InRange(place, "time", tempo.time, 0, kMaxTick),
                InRange(place, "microseconds a quarter", tempo.us_per_quarter, 1, kMaxTempo)});
}

absl::Status Check(const Place& place, const KeySignature& key) {
  return First(
      {InRange(place, "time", key.time, 0, kMaxTick), InRange(place, "sharps", key.sharps, -7, 7)});
}

template <class Entry, class Earlier, class Checker>
absl::Status CheckEach(const Place& where, const std::vector<Entry>& entries, Earlier in_order,
                       Checker check) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Place place = absl::StrCat(where, " ", i + 1);
    if (absl::Status status = check(place, entries[i]); !status.ok()) return status;
    if (i > 0 && !in_order(entries[i - 1], entries[i])) {
      return Wrong(place, "is not in the order of time");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const Song& song) {
  const auto plain = [](const Place& place, const auto& entry) { return Check(place, entry); };
  const auto meter_check = [&song](const Place& place, const Meter& meter) {
    const Tick highest = std::min<Tick>(kMaxDenominator, Tick{4} * song.ticks_per_quarter);
    if (!std::has_single_bit(static_cast<unsigned>(meter.denominator))) {
      return Wrong(place, absl::StrCat("denominator is ", meter.denominator,
                                       "; a power of two is expected"));
    }
    return First({InRange(place, "time", meter.time, 0, kMaxTick),
                  InRange(place, "numerator", meter.numerator, 1, 255),
                  InRange(place, "denominator", meter.denominator, 1, highest)});
  };
  const auto rising = [](const auto& a, const auto& b) { return a.time < b.time; };
  const auto not_falling = [](const auto& a, const auto& b) { return a.time <= b.time; };
  absl::Status status =
      First({InRange("song", "ticks a quarter", song.ticks_per_quarter, 1, kMaxTicksPerQuarter),
             InRange("song", "tracks", static_cast<Tick>(song.tracks.size()), 0, kMaxTracks)});
  if (status.ok()) status = CheckEach("tempo", song.tempos, rising, plain);
  if (status.ok()) status = CheckEach("signature", song.meters, rising, meter_check);
  if (status.ok()) status = CheckEach("key", song.keys, rising, plain);
  std::size_t count = song.tempos.size() + song.meters.size() + song.keys.size();
  for (std::size_t i = 0; status.ok() && i < song.tracks.size(); ++i) {
    const Track& track = song.tracks[i];
    const Place place = absl::StrCat("track ", i + 1);
    count += track.notes.size() * 2 + track.events.size() + 2;  // its name and its end
    status = CheckEach(
        place + ", note", track.notes, [](const Note& a, const Note& b) { return !Before(b, a); },
        plain);
    if (status.ok()) status = CheckEach(place + ", event", track.events, not_falling, plain);
    Tick last = track.events.empty() ? 0 : track.events.back().time;
    for (const Note& note : track.notes) last = std::max(last, note.end());
    if (status.ok()) status = InRange(place, "end", track.end, last, kMaxTick);
  }
  if (!status.ok()) return status;
  return InRange("song", "notes and events", static_cast<Tick>(count), 0, kMaxEvents);
}

}  // namespace continuo::midi
