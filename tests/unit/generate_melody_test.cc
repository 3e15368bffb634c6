// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/generate/key_text.h"
#include "daemon/generate/melody_input.h"
#include "tests/unit/melody_request.h"
#include "tests/unit/pseudo_decoder.h"

using namespace continuo;
using namespace continuo::test;
using generate::CreateMelodyComposer;

namespace {

constexpr midi::Tick kStep = 120;  // of 480 ticks a quarter
constexpr midi::Tick kBar = 1920;

executor::DecoderShape Shape() {
  namespace m = generate::melody;
  executor::DecoderShape shape;
  shape.grid_fields.assign(m::kGridFields.begin(), m::kGridFields.end());
  shape.token_fields.assign(m::kTokenFields.begin(), m::kTokenFields.end());
  shape.vocabulary = m::kVocabulary;
  shape.token_window = 256;
  shape.metadata = {
      {"format", "\"melody\""}, {"format_version", "1"}, {"temperature", "1.0"}, {"top_p", "0.95"}};
  return shape;
}

struct Bench {
  PseudoDecoder decoder{Shape()};
  std::unique_ptr<generate::Composer> composer = *CreateMelodyComposer(MelodyManifest(), decoder);

  [[nodiscard]] std::unique_ptr<generate::Plan> Plan(const v1::GenerateRequest& request) const {
    auto plan = composer->Prepare(request);
    INFO(plan.status().ToString());
    REQUIRE(plan.ok());
    return *std::move(plan);
  }
  [[nodiscard]] midi::Song Song(const v1::GenerateRequest& request, std::uint64_t seed = 1) const {
    const auto plan = Plan(request);
    const midi::Song song = Written(*plan, decoder, seed)->song();
    const absl::Status valid = midi::Validate(song);
    INFO(valid.ToString());
    REQUIRE(valid.ok());
    return song;
  }
};

const midi::Track& Melody(const midi::Song& song) {
  const midi::Track* track = TrackNamed(song, "Melody");
  REQUIRE(track != nullptr);
  return *track;
}

}  // namespace

TEST_CASE("a new melody is as long as asked, in the signature asked", "[melody]") {
  const Bench bench;
  for (const auto& signature : generate::melody::kSignatures) {
    for (const std::uint32_t bars : {1U, 4U, 7U, 64U}) {
      auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, bars);
      SetSignature(&request, signature.numerator, signature.denominator);
      request.set_tempo_bpm(90);
      const midi::Song song = bench.Song(request);
      CHECK(song.meters.front().numerator == signature.numerator);
      CHECK(song.meters.front().denominator == signature.denominator);
      CHECK(song.tempos.front().us_per_quarter == 666667);
      REQUIRE(song.tracks.size() == 2);
      const midi::Tick end = bars * signature.bar_steps * kStep;
      for (const midi::Track& track : song.tracks) {
        CHECK(track.end == end);
        REQUIRE(!track.notes.empty());
        for (const midi::Note& note : track.notes) {
          CHECK(note.start % kStep == 0);
          CHECK(note.length % kStep == 0);
          CHECK(note.end() <= end);
        }
      }
      // One voice, and chords only where they may change.
      const auto& notes = Melody(song).notes;
      for (std::size_t i = 1; i < notes.size(); ++i) CHECK(notes[i].start >= notes[i - 1].end());
      for (const midi::Note& note : song.tracks[1].notes) {
        CHECK(note.start % (signature.chord_steps * kStep) == 0);
      }
    }
  }
}

TEST_CASE("no note is written outside the scale and the range", "[melody]") {
  const Bench bench;
  for (const std::string scale : {"dorian", "pentatonic", "blues", "harmonic-minor"}) {
    auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 16);
    request.set_key("E");
    request.set_scale(scale);
    request.set_lowest_pitch(60);
    request.set_highest_pitch(72);
    const midi::Song song = bench.Song(request);
    const unsigned allowed = generate::PitchClasses(midi::Key{4, scale});
    std::set<int> pitches;
    for (const midi::Note& note : Melody(song).notes) {
      CHECK(note.pitch >= 60);
      CHECK(note.pitch <= 72);
      pitches.insert(note.pitch);
    }
    CHECK(pitches.size() > 3);
    for (const midi::Track& track : song.tracks) {
      for (const midi::Note& note : track.notes) CHECK((allowed >> (note.pitch % 12) & 1U) == 1);
    }
  }
}

TEST_CASE("chords that are given sound, where they are given", "[melody]") {
  const Bench bench;
  auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 4);
  request.set_chords("Dm | G7 | C A7 | Dm/F");
  const auto plan = bench.Plan(request);
  const auto piece = Written(*plan, bench.decoder, 3);
  // Every chord cell stands: the 64 of the melody alone are drawn.
  CHECK(piece->drawn() == 64);
  const midi::Song song = piece->song();
  const midi::Track* chords = TrackNamed(song, "Chords");
  REQUIRE(chords != nullptr);
  const auto sounding = [chords](midi::Tick time) {
    std::set<int> classes;
    for (const midi::Note& note : chords->notes) {
      if (note.start <= time && note.end() > time) classes.insert(note.pitch % 12);
    }
    return classes;
  };
  CHECK(sounding(0) == std::set<int>{2, 5, 9});
  CHECK(sounding(kBar - 1) == std::set<int>{2, 5, 9});
  CHECK(sounding(kBar) == std::set<int>{7, 11, 2, 5});
  CHECK(sounding(2 * kBar + 959) == std::set<int>{0, 4, 7});
  CHECK(sounding(2 * kBar + 960) == std::set<int>{9, 1, 4, 7});
  CHECK(std::min_element(
            chords->notes.begin(), chords->notes.end(),
            [](auto& a, auto& b) {
              return std::pair(-a.start, a.pitch) < std::pair(-b.start, b.pitch);
            })->pitch %
            12 ==
        5);
}

TEST_CASE("the grid tells the model what is asked for", "[melody]") {
  namespace m = generate::melody;
  const Bench bench;
  auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 4);
  request.set_key("F#m");
  request.set_density(1);
  request.set_style("chorale");
  request.set_tempo_bpm(120);
  request.set_lowest_pitch(60);
  request.set_highest_pitch(72);
  SetSignature(&request, 6, 8);
  (void)bench.Plan(request);
  const auto grid = bench.decoder.last_grid();
  REQUIRE(grid.size() == 48 * m::kGridFields.size());
  const auto at = [&grid](std::size_t step, m::GridField field) {
    return grid[step * m::kGridFields.size() + field];
  };
  CHECK(at(0, m::kMelody) == 0);
  CHECK(at(0, m::kChord) == 0);
  CHECK(at(0, m::kPlace) == 48);
  CHECK(at(13, m::kPlace) == 49);
  CHECK(at(5, m::kKey) == 19);
  CHECK(at(5, m::kDensity) == 7);
  CHECK(at(5, m::kBarDensity) == 7);
  CHECK(at(5, m::kStyle) == 2);
  CHECK(at(5, m::kTempo) == 3);  // 80 dotted quarters a minute
  CHECK(at(5, m::kLow) == 9);
  CHECK(at(5, m::kHigh) == 13);
  CHECK(at(0, m::kBarsLeft) == 4);
  CHECK(at(47, m::kBarsLeft) == 1);
}

TEST_CASE("the same seed writes the same notes, another seed others", "[melody]") {
  const Bench bench;
  const auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 8);
  const midi::Song song = bench.Song(request, 7);
  CHECK(bench.Song(request, 7) == song);
  CHECK(!(bench.Song(request, 8) == song));
}

TEST_CASE("what is written so far is a beginning of what is written in the end", "[melody]") {
  const Bench bench;
  const auto plan = bench.Plan(MelodyRequest(v1::GENERATION_TASK_MELODY, 4));
  const midi::Song whole = Written(*plan, bench.decoder, 5)->song();
  const auto piece = *plan->Begin(5);
  CHECK(Melody(piece->song()).notes.empty());
  for (int i = 0; i < 40; ++i) {
    REQUIRE(bench.decoder.Next({piece->Next(), 1}).ok());
    piece->Take();
  }
  const auto part = Melody(piece->song()).notes;
  REQUIRE(part.size() > 2);
  REQUIRE(part.size() < Melody(whole).notes.size());
  for (std::size_t i = 0; i + 1 < part.size(); ++i) CHECK(part[i] == Melody(whole).notes[i]);
}

TEST_CASE("a continuation follows the input, which stays as it is", "[melody]") {
  const Bench bench;
  for (const int bars : {3, 30}) {
    auto request = MelodyRequest(v1::GENERATION_TASK_CONTINUE, 5);
    const midi::Song tune = Tune(bars, true);
    SetInput(&request, tune);
    const midi::Song song = bench.Song(request);
    CHECK(song.tempos == tune.tempos);
    CHECK(song.keys == tune.keys);
    CHECK(Melody(song).end == (bars + 5) * kBar);
    CHECK(NotesOfBars(Melody(song), 0, bars, kBar, kStep) == tune.tracks[0].notes);
    CHECK(NotesOfBars(Melody(song), bars, bars + 5, kBar, kStep).size() > 5);
    const midi::Track* chords = TrackNamed(song, "Chords");
    REQUIRE(chords != nullptr);
    CHECK(NotesOfBars(*chords, 0, bars, kBar, kStep) == tune.tracks[1].notes);
  }
}

TEST_CASE("a continuation of a tune without chords gives chords to what is new", "[melody]") {
  const Bench bench;
  auto request = MelodyRequest(v1::GENERATION_TASK_CONTINUE, 2);
  SetInput(&request, Tune(4, false));
  request.set_chords("C | F");
  const midi::Song song = bench.Song(request);
  const midi::Track* chords = TrackNamed(song, "Chords");
  REQUIRE(chords != nullptr);
  CHECK(chords->notes.front().start == 4 * kBar);
  CHECK(chords->notes.front().pitch % 12 == 0);
  CHECK(chords->notes.back().pitch % 12 != 4);
}

TEST_CASE("bars between others are written anew, the others stay to the tick", "[melody]") {
  const Bench bench;
  const midi::Song tune = Tune(32, true);
  struct Case {
    std::string voice;
    bool melody;
    bool chords;
  };
  for (const Case& each :
       {Case{"", true, true}, Case{"melody", true, false}, Case{"chords", false, true}}) {
    auto request = MelodyRequest(v1::GENERATION_TASK_INFILL);
    SetInput(&request, tune);
    v1::Region* region = request.add_regions();
    region->set_first_bar(17);
    region->set_last_bar(18);
    region->set_voice(each.voice);
    const midi::Song song = bench.Song(request);
    for (std::size_t track = 0; track < 2; ++track) {
      INFO(each.voice << " " << track);
      const auto notes = [track](const midi::Song& of, int begin, int end) {
        return NotesOfBars(of.tracks[track], begin, end, kBar, kStep);
      };
      CHECK(song.tracks[track].end == tune.tracks[track].end);
      CHECK(notes(song, 0, 16) == notes(tune, 0, 16));
      CHECK(notes(song, 18, 32) == notes(tune, 18, 32));
      CHECK((notes(song, 16, 18) == notes(tune, 16, 18)) ==
            !(track == 0 ? each.melody : each.chords));
    }
  }
}

TEST_CASE("new notes end where the bars that stay begin, and none that stays grows", "[melody]") {
  const Bench bench;
  midi::Song tune = Tune(4, false);
  tune.tracks[0].notes = {{.start = 0, .length = kBar, .pitch = 62},
                          {.start = kBar + kBar / 2, .length = kBar, .pitch = 64},  // into bar 3
                          {.start = 3 * kBar + kBar / 2, .length = kBar / 2, .pitch = 65}};
  auto request = MelodyRequest(v1::GENERATION_TASK_INFILL);
  SetInput(&request, tune);
  v1::Region* region = request.add_regions();
  region->set_first_bar(3);
  region->set_last_bar(3);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto notes = Melody(bench.Song(request, seed)).notes;
    REQUIRE(notes.size() >= 3);
    CHECK(notes[0] == tune.tracks[0].notes[0]);
    CHECK(notes[1] == tune.tracks[0].notes[1]);
    CHECK(notes.back() == tune.tracks[0].notes[2]);
    for (std::size_t i = 2; i + 1 < notes.size(); ++i) {
      CHECK(notes[i].start >= 2 * kBar + kBar / 2);
      CHECK(notes[i].end() <= 3 * kBar);
    }
  }
}

TEST_CASE("a variation keeps its share of the beats", "[melody]") {
  const Bench bench;
  const midi::Song tune = Tune(16, true);
  auto request = MelodyRequest(v1::GENERATION_TASK_VARY);
  SetInput(&request, tune);
  const auto kept = [&](double variation, std::uint64_t seed) {
    request.set_variation(variation);
    const midi::Song song = bench.Song(request, seed);
    CHECK(song.tracks[1].notes == tune.tracks[1].notes);
    CHECK(Melody(song).end == tune.tracks[0].end);
    std::size_t count = 0;
    for (const midi::Note& note : tune.tracks[0].notes) {
      const auto& notes = Melody(song).notes;
      count += static_cast<std::size_t>(std::count(notes.begin(), notes.end(), note));
    }
    return static_cast<double>(count) / static_cast<double>(tune.tracks[0].notes.size());
  };
  CHECK(kept(0, 1) == 1);
  CHECK(kept(0.25, 1) == Approx(0.75).margin(0.1));
  CHECK(kept(0.25, 2) == Approx(0.75).margin(0.1));
  CHECK(kept(1, 1) < 0.1);
  request.set_variation(0.25);
  CHECK(!(bench.Song(request, 1) == bench.Song(request, 2)));
  CHECK(bench.Song(request, 1) == bench.Song(request, 1));
}

TEST_CASE("a file whose 16th is no whole number of ticks is worked on in finer ones", "[melody]") {
  const Bench bench;
  midi::Song tune = Tune(2, false);
  tune.ticks_per_quarter = 90;
  for (midi::Note& note : tune.tracks[0].notes) {
    note.start = note.start * 90 / 480;
    note.length = 40;
  }
  tune.tracks[0].end = 720;
  midi::Normalise(tune);
  auto request = MelodyRequest(v1::GENERATION_TASK_CONTINUE, 2);
  SetInput(&request, tune);
  const midi::Song song = bench.Song(request);
  CHECK(song.ticks_per_quarter == 180);
  for (std::size_t i = 0; i < tune.tracks[0].notes.size(); ++i) {
    CHECK(Melody(song).notes[i].start == 2 * tune.tracks[0].notes[i].start);
    CHECK(Melody(song).notes[i].length == 80);
  }
}

TEST_CASE("every chord that is written is read back as itself", "[melody]") {
  const Bench bench;
  for (generate::melody::Value value = 1; value < generate::melody::kChords; ++value) {
    const generate::Chord chord = generate::melody::ChordOf(value);
    CHECK(generate::melody::ValueOf(chord) == value);
    auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 1);
    request.set_chords(generate::FormatChord(chord));
    const midi::Song song = bench.Song(request);
    const midi::Track* chords = TrackNamed(song, "Chords");
    REQUIRE(chords != nullptr);
    CHECK(generate::melody::ChordOfNotes(chords->notes, 0, 480) == chord);
  }
}

TEST_CASE("what cannot be written is refused, with what can", "[melody]") {
  const Bench bench;
  const auto refusal = [&bench](const v1::GenerateRequest& request) {
    return bench.composer->Prepare(request).status().ToString();
  };
  using Catch::Contains;
  auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 65);
  CHECK_THAT(refusal(request), Contains("bars: 65"));
  request = MelodyRequest(v1::GENERATION_TASK_MELODY, 4);
  request.set_lowest_pitch(100);
  CHECK_THAT(refusal(request), Contains("lowest_pitch") && Contains("36 to 96"));
  request = MelodyRequest(v1::GENERATION_TASK_MELODY, 4);
  SetSignature(&request, 7, 8);
  CHECK_THAT(refusal(request), Contains("7/8") && Contains("6/8"));
  request = MelodyRequest(v1::GENERATION_TASK_HARMONY, 4);
  CHECK_THAT(refusal(request), Contains("UNIMPLEMENTED"));
  request = MelodyRequest(v1::GENERATION_TASK_CONTINUE, 4);
  midi::Song drums = Tune(2, false);
  for (midi::Note& note : drums.tracks[0].notes) note.channel = midi::kDrumChannel;
  SetInput(&request, drums);
  CHECK_THAT(refusal(request), Contains("drums"));
  request = MelodyRequest(v1::GENERATION_TASK_INFILL);
  SetInput(&request, Tune(200, false));
  for (const std::uint32_t bar : {1U, 190U}) {
    request.add_regions()->set_first_bar(bar);
    request.mutable_regions()->rbegin()->set_last_bar(bar);
  }
  CHECK_THAT(refusal(request), Contains("190 bars apart"));
}

TEST_CASE("weights of another format are refused", "[melody]") {
  const auto status = [](const executor::DecoderShape& shape) {
    const PseudoDecoder decoder(shape);
    return CreateMelodyComposer(MelodyManifest(), decoder).status();
  };
  CHECK(status(Shape()).ok());
  for (const char* key : {"format", "format_version", "temperature", "top_p"}) {
    for (const std::string value : {"", "\"chorale\"", "7"}) {
      executor::DecoderShape shape = Shape();
      shape.metadata[key] = value;
      CHECK(status(shape).code() == absl::StatusCode::kInvalidArgument);
    }
  }
  executor::DecoderShape shape = Shape();
  ++shape.grid_fields[3];
  CHECK(!status(shape).ok());
  shape = Shape();
  --shape.token_fields[2];
  CHECK(!status(shape).ok());
  shape = Shape();
  ++shape.vocabulary;
  CHECK(!status(shape).ok());
}
