// SPDX-License-Identifier: Apache-2.0
// Transforms of notes, each by numbers.
#include <cmath>

#include "tests/unit/random_song.h"
#include "tests/unit/transformed.h"

namespace continuo::midi {
namespace {

using Ticks = std::vector<Tick>;
using Ints = std::vector<int>;

TEST_CASE("Quantise: to the nearest sixteenth, between two to the later") {
  CHECK(StartsAfter("quantise:grid=16", {0, 59, 60, 119, 121, 500}) ==
        Ticks{0, 0, 120, 120, 120, 480});
}

TEST_CASE("Quantise: triplets") {
  CHECK(StartsAfter("quantise:grid=8t", {0, 150, 250, 330, 470}) == Ticks{0, 160, 320, 320, 480});
  CHECK(StartsAfter("quantise:grid=1/4t", {300, 700}) == Ticks{320, 640});
}

TEST_CASE("Quantise: strength goes a share of the way") {
  CHECK(StartsAfter("quantise:grid=4,strength=0.5", {100, 400}) == Ticks{50, 440});
  CHECK(StartsAfter("quantise:grid=4,strength=0", {100, 400}) == Ticks{100, 400});
}

TEST_CASE("Quantise: swing brings each second line late, and nothing else") {
  CHECK(StartsAfter("quantise:grid=8,swing=1/3", {5, 240, 480, 715, 960}) ==
        Ticks{0, 320, 480, 800, 960});
  CHECK(StartsAfter("quantise:grid=16,swing=0.2", {0, 120, 240, 360}) == Ticks{0, 144, 240, 384});
}

TEST_CASE("Quantise: lengths stay, or ends go to the grid and keep a step") {
  const std::vector<Note> played{{.start = 10, .length = 100}, {.start = 250, .length = 20}};
  const std::vector<Note> starts = NotesAfter("quantise:grid=8", played);
  CHECK(starts[0].length == 100);
  const std::vector<Note> ends = NotesAfter("quantise:grid=8,ends=yes", played);
  CHECK(ends[0].start == 0);
  CHECK(ends[0].end() == 240);
  CHECK(ends[1].start == 240);
  CHECK(ends[1].end() == 480);
}

TEST_CASE("Quantise: the grid begins anew in each bar") {
  Song song = SongOf({{.start = 1090, .length = 10}, {.start = 1220, .length = 10}});
  song.meters = {{0, 5, 8, 24, 8}};  // 1200 ticks
  const absl::StatusOr<Song> result = Transformed("quantise:grid=2", song);
  REQUIRE(result.ok());
  CHECK(result->tracks[0].notes[0].start == 1200);  // nearer than 960
  CHECK(result->tracks[0].notes[1].start == 1200);
}

TEST_CASE("Humanise: the same seed gives the same notes, whatever the machine") {
  std::vector<Note> notes;
  for (int i = 0; i < 6; ++i) notes.push_back({.start = 480 + i * 240, .length = 120});
  const std::vector<Note> result = NotesAfter("humanise:time=10,velocity=8,seed=7", notes);
  Ticks starts;
  Ints velocities;
  for (const Note& note : result) {
    starts.push_back(note.start);
    velocities.push_back(note.velocity);
    CHECK(note.length == 120);
  }
  // By a second implementation of random.h, in another language.
  CHECK(starts == Ticks{474, 721, 958, 1201, 1448, 1684});
  CHECK(velocities == Ints{114, 87, 106, 93, 90, 100});
  CHECK(NotesAfter("humanise:time=10,velocity=8,seed=8", notes) != result);
}

TEST_CASE("Humanise: deviations are those asked for, about nothing, and end") {
  std::vector<Note> notes;
  for (int i = 0; i < 20000; ++i) {
    notes.push_back({.start = 4800 + i * 480, .length = 10, .velocity = 64});
  }
  const std::vector<Note> result = NotesAfter("humanise:time=20,velocity=5,seed=1", notes);
  double sum = 0;
  double squares = 0;
  double velocity_squares = 0;
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const double ms = static_cast<double>(result[i].start - notes[i].start) / 480 * 500;
    CHECK(std::abs(ms) < 20 * 3.47 + 1);
    sum += ms;
    squares += ms * ms;
    velocity_squares += std::pow(result[i].velocity - 64, 2);
  }
  const double count = static_cast<double>(notes.size());
  CHECK(std::abs(sum / count) < 1);
  CHECK(std::sqrt(squares / count) == Approx(20).epsilon(0.03));
  CHECK(std::sqrt(velocity_squares / count) == Approx(5).epsilon(0.03));
}

TEST_CASE("Humanise: milliseconds are ticks of the tempo, tracks differ") {
  Song song = SongOf({{.start = 4800, .length = 10}});
  song.tracks.push_back(song.tracks[0]);
  const Song slow_notes = *Transformed("humanise:time=50", song);
  CHECK(slow_notes.tracks[0].notes != slow_notes.tracks[1].notes);
  song.tempos = {{0, 50000}};  // ten times as fast
  const Song fast_notes = *Transformed("humanise:time=50", song);
  const Tick slow = slow_notes.tracks[0].notes[0].start - 4800;
  const Tick fast = fast_notes.tracks[0].notes[0].start - 4800;
  CHECK(slow != 0);
  CHECK(std::abs(fast - slow * 10) <= 5);
}

TEST_CASE("Transpose: pitches move, drums stay unless asked") {
  CHECK(PitchesAfter("transpose:semitones=-12", {60, 64, 127}) == Ints{48, 52, 115});
  CHECK(NotesAfter("transpose:semitones=5", {{.pitch = 36, .channel = 9}})[0].pitch == 36);
  CHECK(NotesAfter("transpose:semitones=5,drums=yes", {{.pitch = 36, .channel = 9}})[0].pitch ==
        41);
}

TEST_CASE("Transpose: a pitch out of range is refused with its place") {
  CHECK(ErrorOf("transpose:semitones=12", SongOf({{.start = 2400, .pitch = 120}})) ==
        "transpose: the note of pitch 120 at bar 2, beat 2 would have pitch 132; 0 to 127 is "
        "possible");
}

TEST_CASE("Invert: in semitones about the first note or a pivot, and back") {
  CHECK(PitchesAfter("invert", {60, 64, 67, 59}) == Ints{60, 56, 53, 61});
  CHECK(PitchesAfter("invert:pivot=64", {60, 64, 67}) == Ints{68, 64, 61});
  CHECK(PitchesAfter("invert:pivot=64;invert:pivot=64", {60, 64, 67}) == Ints{60, 64, 67});
}

TEST_CASE("Invert: in a key degrees are mirrored") {
  // C D E F G about C: C B A G F.
  CHECK(PitchesAfter("invert:key=C", {60, 62, 64, 65, 67}) == Ints{60, 59, 57, 55, 53});
  // F sharp, a semitone above F, becomes a semitone below G.
  CHECK(PitchesAfter("invert:key=C,pivot=60", {66}) == Ints{54});
}

TEST_CASE("Invert: twice is nothing for what is in the scale") {
  for (const char* scale : {"C", "Dm", "F#-blues", "Bb-pentatonic", "Ab-harmonic-minor"}) {
    const Key key = *ParseKey(scale);
    const std::string pivot = std::to_string(60 + key.tonic);
    const std::string invert = "invert:pivot=" + pivot + ",key=" + scale;
    for (int pitch = 20; pitch < 100; ++pitch) {
      if ((ScaleBits(key.scale) >> IntervalOf(pitch, key) & 1) == 0) continue;
      const int mirrored = PitchesAfter(invert, {pitch})[0];
      CHECK((ScaleBits(key.scale) >> IntervalOf(mirrored, key) & 1) == 1);
      CHECK(PitchesAfter(invert, {mirrored})[0] == pitch);
    }
  }
}

TEST_CASE("Snap: to the nearest of the scale, ties to tonic, fifth, third, else down") {
  CHECK(PitchesAfter("snap:key=C", {60, 61, 62, 63, 64, 66, 68, 70}) ==
        Ints{60, 60, 62, 64, 64, 67, 67, 69});
  CHECK(PitchesAfter("snap:key=Dm", {61, 66, 63}) == Ints{62, 65, 62});
  CHECK(PitchesAfter("snap:key=C-pentatonic", {65, 66, 71}) == Ints{64, 67, 72});
}

TEST_CASE("Snap: what is in the scale stays, and what comes out is in it") {
  for (const char* scale : {"C", "F#m", "Eb-dorian", "B-blues", "A-whole-tone", "G-locrian"}) {
    const Key key = *ParseKey(scale);
    for (int pitch = 0; pitch < 128; ++pitch) {
      const int snapped = PitchesAfter(std::string("snap:key=") + scale, {pitch})[0];
      CHECK((ScaleBits(key.scale) >> IntervalOf(snapped, key) & 1) == 1);
      const bool inside = (ScaleBits(key.scale) >> IntervalOf(pitch, key) & 1) == 1;
      CHECK((snapped == pitch) == inside);
    }
  }
}

TEST_CASE("Retrograde: mirrored in whole bars, twice is nothing") {
  const std::vector<Note> notes{{.start = 0, .length = 480, .pitch = 60},
                                {.start = 480, .length = 240, .pitch = 62},
                                {.start = 1440, .length = 480, .pitch = 64}};
  const std::vector<Note> back = NotesAfter("retrograde", notes);
  REQUIRE(back.size() == 3);
  CHECK(back[0] == Note{.start = 0, .length = 480, .pitch = 64});
  CHECK(back[1] == Note{.start = 1200, .length = 240, .pitch = 62});
  CHECK(back[2] == Note{.start = 1440, .length = 480, .pitch = 60});
  CHECK(NotesAfter("retrograde;retrograde", notes) == notes);
}

TEST_CASE("Retrograde: tracks turn together") {
  Song song = SongOf({{.start = 0, .length = 100}});
  song.tracks.push_back(
      {.name = "", .notes = {{.start = 1920, .length = 100}}, .events = {}, .end = 2020});
  const Song back = *Transformed("retrograde", song);
  CHECK(back.tracks[0].notes[0].start == 3740);
  CHECK(back.tracks[1].notes[0].start == 1820);
}

TEST_CASE("Legato: until the next note, chords alike, long rests stay") {
  const std::vector<Note> notes{{.start = 0, .length = 100, .pitch = 60},
                                {.start = 0, .length = 50, .pitch = 64},
                                {.start = 480, .length = 600, .pitch = 67},
                                {.start = 960, .length = 10, .pitch = 72},
                                {.start = 9600, .length = 10, .pitch = 60}};
  const auto lengths = [&notes](const char* text) {
    Ticks result;
    for (const Note& note : NotesAfter(text, notes)) result.push_back(note.length);
    return result;
  };
  CHECK(lengths("legato") == Ticks{480, 480, 480, 10, 10});
  CHECK(lengths("legato:gap=0.125") == Ticks{420, 420, 420, 10, 10});
  CHECK(lengths("legato:overlap=0.125") == Ticks{540, 540, 540, 10, 10});
  CHECK(lengths("legato:rest=100") == Ticks{480, 480, 480, 8640, 10});
}

TEST_CASE("Legato: a note does not run into its own pitch, and channels do not meet") {
  const std::vector<Note> same =
      NotesAfter("legato:overlap=1", {{.start = 0, .length = 10}, {.start = 480, .length = 10}});
  CHECK(same[0].length == 480);
  const std::vector<Note> apart = NotesAfter(
      "legato", {{.start = 0, .length = 10}, {.start = 480, .length = 10, .channel = 3}});
  CHECK(apart[0].length == 10);
}

TEST_CASE("Staccato: a share of the length, at least a tick") {
  CHECK(NotesAfter("staccato:length=0.25", {{.length = 480}})[0].length == 120);
  CHECK(NotesAfter("staccato:length=0.01", {{.length = 3}})[0].length == 1);
}

TEST_CASE("Velocity: scale, offset, compress, curve") {
  CHECK(VelocitiesAfter("velocity", {1, 64, 127}) == Ints{1, 64, 127});
  CHECK(VelocitiesAfter("velocity:scale=1.5", {1, 64, 127}) == Ints{2, 96, 127});
  CHECK(VelocitiesAfter("velocity:offset=-20", {1, 64, 127}) == Ints{1, 44, 107});
  CHECK(VelocitiesAfter("velocity:compress=0.5,centre=80", {40, 80, 120}) == Ints{60, 80, 100});
  CHECK(VelocitiesAfter("velocity:compress=-1,centre=80", {70, 80, 120}) == Ints{60, 80, 127});
  CHECK(VelocitiesAfter("velocity:curve=0.5", {1, 64, 127}) == Ints{1, 96, 127});
  CHECK(VelocitiesAfter("velocity:curve=-0.5", {1, 64, 127}) == Ints{1, 33, 127});
}

TEST_CASE("Ramp: a crescendo over the whole bars") {
  CHECK(VelocitiesAfter("ramp:from=0.5,to=1", {100, 100, 100, 100}) == Ints{50, 63, 75, 88});
}

}  // namespace
}  // namespace continuo::midi
