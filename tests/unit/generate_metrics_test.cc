// SPDX-License-Identifier: Apache-2.0
// Figures of songs, against values that were worked out by hand.
#include <catch2/catch.hpp>
#include <cmath>

#include "daemon/generate/key_finding.h"
#include "daemon/generate/metrics.h"
#include "daemon/generate/song_facts.h"
#include "daemon/generate/voice_leading.h"
#include "tests/unit/generate_songs.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

std::vector<std::string> Faults(const midi::Song& song) {
  const auto voices = CheckVoices(song);
  REQUIRE(voices);
  std::vector<std::string> texts;
  for (const Fault& fault : voices->faults) texts.push_back(Describe(fault));
  return texts;
}

}  // namespace

TEST_CASE("An arpeggio of C major measures as worked out", "[metrics]") {
  const Metrics metrics =
      Measure(SongOf({TrackOf({{0, 1, 60}, {1, 1, 64}, {2, 1, 67}, {3, 1, 72}})}));
  CHECK(metrics.at("pitch_class_entropy") == Approx(1.5));  // 1/2, 1/4, 1/4
  CHECK(metrics.at("scale_consistency") == 1);
  CHECK(metrics.at("polyphony") == 1);
  CHECK(metrics.at("empty_beat_rate") == 0);
  CHECK(metrics.at("notes_per_bar") == 4);
  CHECK(metrics.at("pitch_range") == 12);
  CHECK(metrics.at("mean_pitch") == Approx(65.75));
  CHECK(metrics.at("note_length") == Approx(1));
  CHECK(metrics.at("note_length_spread") == Approx(0).margin(1e-12));
  CHECK(metrics.at("melodic_step") == Approx(4));  // 4, 3, 5
  // Of one bar nothing is repeated, and no line is crossed.
  CHECK(metrics.count("groove_consistency") == 0);
  CHECK(metrics.count("repeated_bars") == 0);
  CHECK(metrics.count("bar_line_step") == 0);
}

TEST_CASE("Entropy and scales count notes, whatever their lengths", "[metrics]") {
  // All twelve: log2 12 bits, and 7 of 12 in any scale.
  std::vector<Q> chromatic;
  for (int i = 0; i < 12; ++i)
    chromatic.push_back({static_cast<double>(i), i == 0 ? 12.0 : 0.5, 60 + i});
  const NoteGrid grid = OnGrid(SongOf({TrackOf(chromatic)}));
  CHECK(PitchClassEntropy(grid) == Approx(std::log2(12)));
  CHECK(ScaleConsistency(grid) == Approx(7.0 / 12));
}

TEST_CASE("Polyphony is of steps that sound, empty beats of those that do not", "[metrics]") {
  // Two quarters of C, the second with E; a silent quarter; a quarter of unison in two tracks.
  const NoteGrid grid =
      OnGrid(SongOf({TrackOf({{0, 2, 60}, {1, 1, 64}, {3, 1, 67}}), TrackOf({{3, 1, 67}}, 1)}));
  CHECK(Polyphony(grid) == Approx((1 + 2 + 1) / 3.0));
  CHECK(EmptyBeatRate(grid) == Approx(1 / 4.0));
}

TEST_CASE("Groove consistency compares neighbouring bars on sixteenths", "[metrics]") {
  // Onsets on 0, 4, 8, 12; then 0 and 8; then as the first: 2 of 16 differ, twice.
  const midi::Song song = SongOf({TrackOf({{0, 1, 60},
                                           {1, 1, 62},
                                           {2, 1, 64},
                                           {3, 1, 65},
                                           {4, 2, 60},
                                           {6, 2, 62},
                                           {8, 1, 60},
                                           {9, 1, 62},
                                           {10, 1, 64},
                                           {11, 1, 65}})});
  const NoteGrid grid = OnGrid(song);
  CHECK(GrooveConsistency(grid) == Approx(1 - 2.0 / 16));
  CHECK(RepeatedBars(grid) == Approx(0.5));  // the third of the two that could
  CHECK(Measure(song).at("bar_line_step") == Approx((5 + 2) / 2.0));
}

TEST_CASE("A played song has the figures of its grid", "[metrics]") {
  const midi::Song played =
      SongOf({TrackOf({{0.05, 0.9, 60}, {0.97, 1, 62}, {4, 1, 60}, {5.04, 0.99, 62}})});
  CHECK(GrooveConsistency(OnGrid(played)) == 1);
  CHECK(RepeatedBars(OnGrid(played)) == 1);
}

TEST_CASE("Dissonance is the share of harsh pairs, octaves apart too", "[metrics]") {
  const Metrics metrics = Measure(SongOf({TrackOf(
      {{0, 2, 60}, {0, 1, 61}, {1, 1, 64}, {2, 1, 60}, {2, 1, 73}, {3, 1, 60}, {3, 1, 84}})}));
  CHECK(metrics.at("dissonance") == Approx(0.5));  // a semitone, a third, 13 semitones, an octave
}

TEST_CASE("Drums are measured in hits, voices, velocities and milliseconds", "[metrics]") {
  // 12 ticks of 120 off, early and late: a tenth of 125 ms.
  const Metrics metrics = Measure(SongOf({TrackOf(
      {{0.025, 1, 36, 60}, {0.975, 1, 38, 100}, {2.025, 1, 36, 60}, {2.975, 1, 38, 100}}, 9)}));
  CHECK(metrics.at("drum_voices") == 2);
  CHECK(metrics.at("velocity_mean") == Approx(80));
  CHECK(metrics.at("velocity_spread") == Approx(20));
  CHECK(metrics.at("timing_spread_ms") == Approx(12.5));
  CHECK(metrics.at("notes_per_bar") == 4);
  CHECK(metrics.count("pitch_class_entropy") == 0);
}

TEST_CASE("Drums beside pitches are left out, and silence has no figures", "[metrics]") {
  const midi::Song both = SongOf({TrackOf({{0, 1, 60}}), TrackOf({{0, 1, 36}, {1, 1, 38}}, 9)});
  CHECK(Measure(both).at("notes_per_bar") == 1);
  CHECK(Measure(midi::Song{}).empty());
}

TEST_CASE("A song as long as a file can say is measured all the same", "[metrics]") {
  midi::Song song;
  song.ticks_per_quarter = 1;
  song.tracks = {{.name = {},
                  .notes = {{.start = 0, .length = midi::kMaxTick, .pitch = 60},
                            {.start = midi::kMaxTick - 1, .length = 1, .pitch = 61}}}};
  midi::Normalise(song);
  CHECK(Measure(song).at("polyphony") == Approx(1).margin(1e-6));
}

TEST_CASE("Parallel fifths and octaves are found with bar and voices", "[voices]") {
  // C, G, c, e; then tenor and bass rise by a tone in fifths, alto and bass in octaves.
  const auto faults = Faults(FourParts(
      {{76, 72, 67, 60}, {76, 72, 67, 60}, {76, 72, 67, 60}, {76, 72, 67, 60}, {77, 74, 69, 62}}));
  CHECK(faults == std::vector<std::string>{"parallel octaves in bar 2 (alto, bass)",
                                           "parallel fifths in bar 2 (tenor, bass)"});
}

TEST_CASE("Fifths that stay, or move apart, are none", "[voices]") {
  CHECK(Faults(FourParts({{76, 72, 67, 60}, {77, 72, 67, 60}})).empty());
  // Contrary motion from a fifth to a twelfth.
  CHECK(Faults(FourParts({{76, 72, 67, 60}, {76, 72, 69, 50}})).empty());
}

TEST_CASE("Crossings, overlaps, leaps, spacing and range are found", "[voices]") {
  CHECK(Faults(FourParts({{72, 67, 60, 48}, {72, 64, 65, 48}})) ==
        std::vector<std::string>{"voices crossed in bar 1 (alto, tenor)"});
  // The tenor goes above where the alto was.
  CHECK(Faults(FourParts({{72, 62, 60, 48}, {72, 69, 64, 48}})) ==
        std::vector<std::string>{"voices overlapping in bar 1 (alto, tenor)"});
  CHECK(Faults(FourParts({{72, 67, 60, 45}, {72, 67, 60, 59}})) ==
        std::vector<std::string>{"a leap of more than an octave in bar 1 (bass)"});
  CHECK(Faults(FourParts({{79, 65, 60, 48}, {79, 72, 60, 48}})) ==
        std::vector<std::string>{"voices more than an octave apart in bar 1 (soprano, alto)"});
  CHECK(Faults(FourParts({{83, 72, 60, 48}, {79, 72, 60, 48}})) ==
        std::vector<std::string>{"out of range in bar 1 (soprano)"});
}

TEST_CASE("Voices are told by their height, and rates are of chord changes", "[voices]") {
  midi::Song song = FourParts({{76, 72, 67, 60}, {77, 74, 69, 62}, {77, 74, 69, 62}});
  std::reverse(song.tracks.begin(), song.tracks.end());
  const auto voices = CheckVoices(song);
  REQUIRE(voices);
  CHECK(voices->chords == 2);  // the third is the second again
  CHECK(voices->changes == 1);
  const auto rates = RatesOf(*voices);
  CHECK(rates.at("parallels") == 2);
  CHECK(rates.at("crossings") == 0);
  CHECK(Measure(song).at("parallels") == 2);
}

TEST_CASE("What has no four voices is not judged as if it had", "[voices]") {
  CHECK_FALSE(CheckVoices(SongOf({TrackOf({{0, 1, 60}})})));
  midi::Song chords = FourParts({{76, 72, 67, 60}});
  chords.tracks[0].notes.push_back({.start = 100, .length = 480, .pitch = 79});
  midi::Normalise(chords);
  CHECK_FALSE(CheckVoices(chords));
}

TEST_CASE("Keys are found by how long each note sounds", "[generate]") {
  const auto key_of = [](const std::vector<int>& pitches) {
    std::vector<Q> notes;
    for (std::size_t i = 0; i < pitches.size(); ++i) {
      notes.push_back({static_cast<double>(i), 1, pitches[i]});
    }
    const auto found = FindKey(SongOf({TrackOf(notes)}));
    REQUIRE(found);
    CHECK(found->margin > 0);
    return found->key;
  };
  const std::vector<int> tune{60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 60};
  for (int up = 0; up < 12; ++up) {
    std::vector<int> moved = tune;
    for (int& pitch : moved) pitch += up;
    CHECK(key_of(moved) == midi::Key{up, "major"});
  }
  CHECK(key_of({69, 71, 72, 74, 76, 77, 80, 81, 76, 72, 69, 69}) == midi::Key{9, "minor"});
  CHECK_FALSE(FindKey(midi::Song{}));
  CHECK_FALSE(FindKey(SongOf({TrackOf({{0, 1, 36}}, 9)})));
}

TEST_CASE("A note held a little over the line makes no bar of its own", "[generate]") {
  CHECK(FactsOf(SongOf({TrackOf({{0, 4.1, 60}})})).bars == 1);
  CHECK(FactsOf(SongOf({TrackOf({{0, 5, 60}})})).bars == 2);
  CHECK(FactsOf(SongOf({TrackOf({{0, 0.05, 60}})})).bars == 1);
  CHECK(FactsOf(midi::Song{}).bars == 0);
}
