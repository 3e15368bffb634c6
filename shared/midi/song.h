// SPDX-License-Identifier: Apache-2.0
// A song as values: notes, and what else a Standard MIDI File knows of it.
//
// Units: times are ticks from the song's start, exact integers; a quarter note has
// Song::ticks_per_quarter of them. Bars and beats are in meter_map.h, seconds in
// tempo_map.h.
// Invariants (Validate() checks them, and every reader and transform keeps them):
// vectors are in the order of time, notes as Before() says, and every value is in
// the range that stands beside it.
// Source: Standard MIDI Files 1.0 (RP-001).
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace continuo::midi {

using Tick = std::int64_t;

// The longest delta time that a Standard MIDI File can say, so that any song can be
// written: 38 hours at 960 ticks a quarter and 120 quarters a minute.
inline constexpr Tick kMaxTick = 0x0FFFFFFF;
inline constexpr int kMaxTicksPerQuarter = 0x7FFF;
inline constexpr std::size_t kMaxTracks = 1024;
inline constexpr std::size_t kMaxEvents = std::size_t{1} << 20;  // a note counts as two
inline constexpr std::uint32_t kMaxTempo = 0xFFFFFF;
inline constexpr int kMaxDenominator = 64;
inline constexpr int kDrumChannel = 9;

struct Note {
  Tick start = 0;
  Tick length = 1;              // at least 1
  std::uint8_t pitch = 60;      // 0 to 127; 69 is the A of 440 Hz
  std::uint8_t velocity = 100;  // 1 to 127
  std::uint8_t channel = 0;     // 0 to 15
  std::uint8_t release = 64;    // velocity of the note-off, 0 to 127
  std::int8_t pan = 0;          // -100 to 100; LMMS has one a note, MIDI files have none

  [[nodiscard]] Tick end() const { return start + length; }
  bool operator==(const Note&) const = default;
};

// By start, then pitch, channel and length: the order of a track's notes.
[[nodiscard]] bool Before(const Note& left, const Note& right);

// What is neither a note nor in one of the song's maps, as its bytes: program,
// controller, pitch bend, pressure (0x80 to 0xEF), SysEx (0xF0, 0xF7), meta (0xFF).
struct Event {
  Tick time = 0;
  std::uint8_t status = 0;
  std::string data;  // the bytes after the status; of a meta event the type, then its text

  [[nodiscard]] bool is_channel_event() const { return status >= 0x80 && status < 0xF0; }
  bool operator==(const Event&) const = default;
};

struct Track {
  std::string name;  // bytes as they are in the file, whose encoding nobody knows
  std::vector<Note> notes{};
  std::vector<Event> events{};  // of one time: as they are sent
  Tick end = 0;                 // not before the end of any note or event

  bool operator==(const Track&) const = default;
};

struct Tempo {
  Tick time = 0;
  std::uint32_t us_per_quarter = 500000;  // 1 to kMaxTempo

  bool operator==(const Tempo&) const = default;
};

struct Meter {
  Tick time = 0;
  int numerator = 4;    // 1 to 255
  int denominator = 4;  // a power of two to kMaxDenominator; a beat has at least one tick
  std::uint8_t clocks_per_click = 24;
  std::uint8_t thirty_seconds_per_quarter = 8;

  bool operator==(const Meter&) const = default;
};

struct KeySignature {
  Tick time = 0;
  int sharps = 0;  // -7 (seven flats) to 7
  bool minor = false;

  bool operator==(const KeySignature&) const = default;
};

// One entry a time in each map. Before the first one: 120 quarters a minute, 4/4.
struct Song {
  int ticks_per_quarter = 480;  // 1 to kMaxTicksPerQuarter
  std::vector<Tempo> tempos{};
  std::vector<Meter> meters{};
  std::vector<KeySignature> keys{};
  std::vector<Track> tracks{};  // at most kMaxTracks

  bool operator==(const Song&) const = default;
};

// The end of the last track or map entry.
[[nodiscard]] Tick EndOf(const Song& song);
[[nodiscard]] std::size_t NoteCount(const Song& song);

// Restores the invariants of order: sorts stably, keeps the last map entry of a
// time, and lets no track end before its last note or event, nor the first track, in
// which a file has the maps, before their last entry.
void Normalise(Song& song);

// INVALID_ARGUMENT that names the first thing out of its range or order.
[[nodiscard]] absl::Status Validate(const Song& song);

}  // namespace continuo::midi
