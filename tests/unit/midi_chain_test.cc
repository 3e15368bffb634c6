// SPDX-License-Identifier: Apache-2.0
// Chains as text, their errors, and what every chain keeps.
#include <algorithm>
#include <limits>

#include "tests/unit/random_song.h"
#include "tests/unit/transformed.h"

namespace continuo::midi {
namespace {

TEST_CASE("Chain: the text of the example") {
  const absl::StatusOr<Chain> chain =
      ParseChain(" quantise: grid=16, strength=0.8,swing=0.2 ; transpose:semitones=-12;");
  REQUIRE(chain.ok());
  REQUIRE(chain->size() == 2);
  const auto& quantise = std::get<Quantise>(chain->at(0));
  CHECK(quantise.grid == NoteValue{16, false});
  CHECK(quantise.strength == 0.8);
  CHECK(quantise.swing == 0.2);
  CHECK(std::get<Transpose>(chain->at(1)).semitones == -12);
  CHECK(ParseChain("")->empty());
}

TEST_CASE("Chain: as text and back it is the same") {
  const std::string text =
      "quantise:grid=8t,strength=0.7,swing=0.3333333333333333,ends=yes;humanise:time=8,velocity=6,"
      "seed=18446744073709551615;invert:pivot=60,key=Bb-dorian,drums=no;retrograde;crop:from=2,to="
      "0";
  const absl::StatusOr<Chain> chain = ParseChain(text);
  REQUIRE(chain.ok());
  CHECK(FormatChain(*chain) == text);
}

TEST_CASE("Chain: errors name transform, parameter and range") {
  CHECK(ErrorOf("quantize") ==
        "'quantize' is no transform; there are quantise, humanise, transpose, invert, retrograde, "
        "snap, legato, staccato, velocity, ramp, stretch, crop, repeat");
  CHECK(ErrorOf("quantise:gird=8") ==
        "quantise: has no parameter 'gird'; it has grid, strength, swing, ends");
  CHECK(ErrorOf("retrograde:x=1") == "retrograde: has no parameter 'x'; it has none");
  CHECK(ErrorOf("quantise:strength=2") == "quantise: strength is 2; 0 to 1 is expected");
  CHECK(ErrorOf("quantise:strength=much") == "quantise: strength is 'much'; 0 to 1 is expected");
  CHECK(ErrorOf("quantise:strength=nan") == "quantise: strength is 'nan'; 0 to 1 is expected");
  CHECK(ErrorOf("quantise:grid=0") == "quantise: grid is 0; 1 to 128 is expected");
  CHECK(ErrorOf("quantise:ends=perhaps") == "quantise: ends is 'perhaps'; yes or no is expected");
  CHECK(ErrorOf("transpose:semitones=200") ==
        "transpose: semitones is 200; -127 to 127 is expected");
  CHECK(ErrorOf("transpose:semitones=1.5") ==
        "transpose: semitones is '1.5'; -127 to 127 is expected");
  CHECK(ErrorOf("humanise:seed=-1") == "humanise: seed is '-1'; a whole number from 0 is expected");
  CHECK(ErrorOf("stretch:factor=1/0") == "stretch: factor is '1/0'; 0.0625 to 16 is expected");
  CHECK_THAT(ErrorOf("snap:key=H"),
             Catch::StartsWith("snap: key: 'H' is no key; C, F#, Dm or D-dorian"));
  CHECK_THAT(ErrorOf("snap:key=C-ionic"), Catch::Contains("major, minor, harmonic-minor"));
}

TEST_CASE("Chain: structs are checked as texts are") {
  Quantise quantise;
  quantise.strength = std::numeric_limits<double>::quiet_NaN();
  CHECK(CheckChain({quantise}).code() == absl::StatusCode::kOutOfRange);
  CHECK(CheckChain({Snap{{12, "major"}}}).code() == absl::StatusCode::kOutOfRange);
  CHECK(CheckChain({Snap{{0, "none"}}}).code() == absl::StatusCode::kOutOfRange);
  CHECK_FALSE(ApplyChain({quantise}, SongOf({{}})).ok());
}

TEST_CASE("Chain: notes are transformed in the tracks that are named, time in all") {
  Song song = SongOf({{.pitch = 60}});
  song.tracks.push_back(song.tracks[0]);
  const Song result = *ApplyChain(*ParseChain("transpose:semitones=1;stretch:factor=2"), song, {1});
  CHECK(result.tracks[0].notes[0].pitch == 60);
  CHECK(result.tracks[1].notes[0].pitch == 61);
  CHECK(result.tracks[0].notes[0].length == 2);
  CHECK(ApplyChain({}, song, {2}).status().message() == "track 3 of a song of 2");
}

TEST_CASE("Chain: nothing of a file is lost by transforms of notes") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Song song = SongMaker(seed).Make();
    const absl::StatusOr<Song> result = Transformed(
        "quantise:grid=16,swing=0.3;humanise:seed=3;snap:key=Dm;legato;staccato;velocity:curve=0.2;"
        "ramp",
        song);
    INFO("seed " << seed << ": " << result.status());
    REQUIRE(result.ok());
    CHECK(NoteCount(*result) == NoteCount(song));
    CHECK(result->tempos == song.tempos);
    CHECK(result->meters == song.meters);
    CHECK(result->keys == song.keys);
    for (std::size_t i = 0; i < song.tracks.size(); ++i) {
      CHECK(result->tracks[i].events == song.tracks[i].events);
      CHECK(result->tracks[i].name == song.tracks[i].name);
    }
  }
}

TEST_CASE("Chain: any chain on any song is refused or gives a song that is good") {
  const std::vector<std::string> texts{"quantise:grid=1,ends=yes",
                                       "quantise:grid=128t,swing=0.9",
                                       "humanise:time=200,velocity=40",
                                       "transpose:semitones=7",
                                       "invert",
                                       "invert:key=F#-blues",
                                       "retrograde",
                                       "snap:key=Ab-whole-tone",
                                       "legato:overlap=4,rest=1024",
                                       "legato:gap=4",
                                       "staccato:length=0.01",
                                       "velocity:compress=-1,scale=4",
                                       "ramp:from=4,to=0",
                                       "stretch:factor=0.0625",
                                       "stretch:factor=16",
                                       "crop:from=2",
                                       "crop:to=1",
                                       "repeat:times=3,from=2,to=2"};
  std::size_t good = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SongMaker maker(seed);
    const Song song = maker.Make();
    std::string text;
    for (int i = 0; i < 3; ++i) {
      text += texts[static_cast<std::size_t>(maker.Up(static_cast<int>(texts.size()) - 1))] + ";";
    }
    const absl::StatusOr<Song> result = Transformed(text, song);
    if (!result.ok()) {
      CHECK(result.status().code() == absl::StatusCode::kOutOfRange);
      continue;
    }
    INFO("seed " << seed << ", " << text << Validate(*result));
    CHECK(Validate(*result).ok());
    CHECK(*Transformed(text, song) == *result);
    ++good;
  }
  CHECK(good > 150);
}

TEST_CASE("Chain: the description has each transform and parameter") {
  const std::string text = DescribeTransforms();
  CHECK_THAT(text, Catch::Contains("quantise: moves notes to a grid\n  grid=16 "));
  CHECK_THAT(text, Catch::Contains("  pivot             pitch that stays"));
}

}  // namespace
}  // namespace continuo::midi
