// SPDX-License-Identifier: Apache-2.0
// What a request, its macros, its song and the model decide together.
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "daemon/generate/context.h"
#include "daemon/generate/result.h"
#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

v1::NotesSignature Model() {
  v1::NotesSignature model;
  for (const char* task : {"melody", "continue", "infill", "vary"}) model.add_tasks(task);
  for (const char* voice : {"melody", "chords"}) model.add_voices(voice);
  for (const char* style : {"rock", "jazz"}) model.add_styles(style);
  for (const char* signature : {"3/4", "4/4", "5/4", "6/8"}) model.add_signatures(signature);
  model.set_maximum_bars(32);
  return model;
}

v1::GenerateRequest Request(v1::GenerationTask task = v1::GENERATION_TASK_MELODY) {
  v1::GenerateRequest request;
  request.set_task(task);
  return request;
}

// Four bars of 3/4 at 90: a scale of D minor with its leading note, in two tracks.
midi::Song Waltz() {
  midi::Song song;
  song.ticks_per_quarter = 480;
  song.tempos = {{0, 60000000 / 90}, {1440, 500000}};
  song.meters = {{.time = 0, .numerator = 3, .denominator = 4}};
  midi::Track melody{.name = "melody"};
  const int scale[] = {62, 64, 65, 67, 69, 70, 73, 74, 69, 65, 62, 62};
  for (int i = 0; i < 12; ++i) {
    melody.notes.push_back(
        {.start = i * 480, .length = 480, .pitch = static_cast<std::uint8_t>(scale[i])});
  }
  midi::Track chords{.name = "chords"};
  for (int i = 0; i < 4; ++i) {
    chords.notes.push_back({.start = i * 1440, .length = 1440, .pitch = 50});
    chords.notes.push_back({.start = i * 1440, .length = 1440, .pitch = 57});
  }
  song.tracks = {melody, chords};
  midi::Normalise(song);
  return song;
}

MusicalContext Decided(const v1::GenerateRequest& request, const ContextDefaults& defaults = {}) {
  absl::StatusOr<MusicalContext> context = DecideContext(request, Model(), defaults);
  INFO(context.status().ToString());
  REQUIRE(context.ok());
  return *std::move(context);
}

std::string Refusal(const v1::GenerateRequest& request) {
  const absl::StatusOr<MusicalContext> context = DecideContext(request, Model(), {});
  REQUIRE_FALSE(context.ok());
  return std::string(context.status().message());
}

bool Tells(const MusicalContext& context, const std::string& what) {
  for (const std::string& note : context.notes) {
    if (note.find(what) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A request that says nothing gets the model's defaults", "[generate]") {
  const MusicalContext context =
      Decided(Request(), {.sampler = {0.9, 0.95}, .bars = 8, .tempo_bpm = 112});
  CHECK(context.bars == 8);
  CHECK(context.tempo_bpm == 112);
  CHECK(context.meter.numerator == 4);
  CHECK_FALSE(context.key);
  CHECK(context.pitch_classes == 0xFFF);
  CHECK(context.sampler.temperature == 0.9);
  CHECK(context.sampler.top_p == 0.95);
  CHECK(context.MayWrite(0));
  CHECK(context.MayWrite(127));
  CHECK_FALSE(context.density);
  CHECK(context.request.candidates() == 1);
  CHECK(context.request.attempts() == 4);
}

TEST_CASE("The song decides what the request leaves open", "[generate]") {
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_CONTINUE);
  request.set_input(*midi::WriteSmf(Waltz()));
  const MusicalContext context = Decided(request);
  CHECK(context.meter.numerator == 3);
  CHECK(context.bars == 4);
  CHECK(context.tempo_bpm == Approx(90).margin(0.001));
  REQUIRE(context.key);
  CHECK(*context.key == midi::Key{2, "minor"});
  CHECK(Tells(context, "key D minor, found in the input's notes"));
  CHECK(Tells(context, "signature 3/4"));
  CHECK(Tells(context, "tempo 90"));
  CHECK(context.lowest_pitch == 45);
  CHECK(context.highest_pitch == 79);
  CHECK(context.facts.notes == 20);
  CHECK(context.facts.notes_per_bar() == 5);
}

TEST_CASE("What the request says goes before what the song says", "[generate]") {
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_CONTINUE);
  request.set_input(*midi::WriteSmf(Waltz()));
  request.set_key("Bb minor");
  request.set_scale("harmonic-minor");
  request.set_tempo_bpm(140);
  request.set_signature_numerator(6);
  request.set_signature_denominator(8);
  request.set_bars(2);
  request.set_lowest_pitch(60);
  request.set_highest_pitch(72);
  const MusicalContext context = Decided(request);
  CHECK(*context.key == midi::Key{10, "minor"});
  CHECK_FALSE(context.MayWrite(62));
  CHECK(context.MayWrite(69));        // the leading note
  CHECK_FALSE(context.MayWrite(58));  // below the range
  CHECK(context.tempo_bpm == 140);
  CHECK(context.meter.denominator == 8);
  CHECK(context.bars == 2);
  CHECK(context.facts.bars == 4);  // of 6/8, as long as 3/4
}

TEST_CASE("A key signature is believed, C major's is not", "[generate]") {
  midi::Song song = Waltz();
  song.keys = {{0, -3, false}};
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_CONTINUE);
  request.set_input(*midi::WriteSmf(song));
  MusicalContext context = Decided(request);
  CHECK(*context.key == midi::Key{3, "major"});
  CHECK(Tells(context, "from the input's key signature"));
  song.keys = {{0, 0, false}};
  request.set_input(*midi::WriteSmf(song));
  CHECK(*Decided(request).key == midi::Key{2, "minor"});
}

TEST_CASE("What was decided decides the same again", "[generate]") {
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_VARY);
  request.set_input(*midi::WriteSmf(Waltz()));
  request.set_chords("Dm | A7 Dm");
  request.set_style("jazz");
  for (const char* macro : {"busy", "adventure", "swing", "human"}) {
    (*request.mutable_macros())[macro] = 0.2;
  }
  const MusicalContext once = Decided(request);
  const MusicalContext twice = Decided(once.request);
  CHECK(google::protobuf::util::MessageDifferencer::Equals(once.request, twice.request));
  CHECK(once.pitch_classes == twice.pitch_classes);
  CHECK(once.chords == twice.chords);
  CHECK(once.density == twice.density);
  CHECK(once.bars == twice.bars);
}

TEST_CASE("Chords fill the bars, or say how many there are", "[generate]") {
  v1::GenerateRequest request = Request();
  request.set_chords("Dm | G7 | C");
  CHECK(Decided(request).bars == 3);
  request.set_bars(5);
  const MusicalContext context = Decided(request);
  CHECK(context.request.chords() == "Dm | G7 | C | Dm | G7");
  CHECK(context.chords.size() == 5);
  request.set_bars(2);
  CHECK(Refusal(request) == "chords: are 3 bars, and 2 are to be written");
  request.set_chords("Dm | X");
  CHECK(Refusal(request).find("chords: bar 2: 'X'") == 0);
}

TEST_CASE("Macros move what is left open, and nothing else", "[generate]") {
  v1::GenerateRequest request = Request();
  request.set_key("Dm");
  (*request.mutable_macros())["busy"] = 0.8;
  (*request.mutable_macros())["adventure"] = 0;
  (*request.mutable_macros())["swing"] = 0.5;
  (*request.mutable_macros())["human"] = 0.5;
  const ContextDefaults defaults{.sampler = {1, 0.9}};
  MusicalContext context = Decided(request, defaults);
  CHECK(context.density == 0.8);
  CHECK(context.sampler.temperature == Approx(0.6));
  CHECK(context.sampler.top_p == Approx(0.63));
  CHECK(context.variation == Approx(0.1));
  CHECK(context.request.scale() == "minor");
  CHECK(context.request.transforms() ==
        "quantise:grid=16,strength=1,swing=0.25,ends=no;humanise:time=8,velocity=6,seed=0");
  CHECK_FALSE(context.human);

  (*request.mutable_macros())["adventure"] = 0.5;
  context = Decided(request, defaults);
  CHECK(context.sampler.temperature == Approx(1));
  CHECK(context.sampler.top_p == Approx(0.9));
  CHECK(context.variation == Approx(0.3));
  CHECK(context.request.scale().empty());

  (*request.mutable_macros())["adventure"] = 1;
  request.set_temperature(0.7);
  request.set_density(0.1);
  request.set_transforms("humanise:time=1");
  context = Decided(request, defaults);
  CHECK(context.sampler.temperature == 0.7);
  CHECK(context.sampler.top_p == 1);
  CHECK(context.variation == Approx(0.7));
  CHECK(context.density == 0.1);
  CHECK(context.request.transforms() ==
        "humanise:time=1;quantise:grid=16,strength=1,swing=0.25,ends=no");

  // A model that writes timing is told, and its notes are left where it puts them.
  request.clear_transforms();
  context = Decided(request, {.sampler = {}, .writes_timing = true});
  CHECK(context.request.transforms().empty());
  CHECK(context.swing == 0.5);
  CHECK(context.human == 0.5);
}

TEST_CASE("Every field that is wrong is named with what is possible", "[generate]") {
  const auto with = [](auto&& change) {
    v1::GenerateRequest request = Request();
    change(request);
    return Refusal(request);
  };
  using R = v1::GenerateRequest;
  CHECK(with([](R& r) { r.set_bars(33); }) == "bars: 33; 1 to 32 is possible");
  CHECK(with([](R& r) { r.set_tempo_bpm(5); }) == "tempo_bpm: 5; 10 to 999 is possible");
  CHECK(with([](R& r) {
          r.set_tempo_bpm(std::numeric_limits<double>::quiet_NaN());
        }).find("tempo_bpm: nan") == 0);
  CHECK(with([](R& r) { r.set_density(-0.1); }) == "density: -0.1; 0 to 1 is possible");
  CHECK(with([](R& r) { r.set_variation(1.5); }) == "variation: 1.5; 0 to 1 is possible");
  CHECK(with([](R& r) { r.set_temperature(3); }) == "temperature: 3; 0.1 to 2 is possible");
  CHECK(with([](R& r) { r.set_top_p(-1); }) == "top_p: -1; 0 to 1 is possible");
  CHECK(with([](R& r) { r.set_minimum_score(2); }) == "minimum_score: 2; 0 to 1 is possible");
  CHECK(with([](R& r) { r.set_candidates(17); }) == "candidates: 17; 0 to 16 is possible");
  CHECK(with([](R& r) { r.set_attempts(17); }) == "attempts: 17; 0 to 16 is possible");
  CHECK(with([](R& r) { r.set_style("polka"); }) == "style: 'polka' is none of rock, jazz");
  CHECK(with([](R& r) { r.set_key("H"); }).find("key: 'H' is no key") == 0);
  CHECK(with([](R& r) { r.set_scale("dorian"); }).find("scale: needs a key") == 0);
  CHECK(with([](R& r) {
          r.set_key("C");
          r.set_scale("dorien");
        }).find("scale: 'dorien' is none of major") == 0);
  CHECK(with([](R& r) { r.set_signature_numerator(4); }).find("signature: 4/0; 1 to 32") == 0);
  CHECK(with([](R& r) {
          r.set_signature_numerator(7);
          r.set_signature_denominator(8);
        }) == "signature: 7/8; this model knows 3/4, 4/4, 5/4, 6/8");
  CHECK(with([](R& r) {
          r.set_lowest_pitch(70);
          r.set_highest_pitch(60);
        }) == "highest_pitch: 60; 70 to 127 is possible");
  CHECK(with([](R& r) { r.set_highest_pitch(128); }) == "highest_pitch: 128; 0 to 127 is possible");
  CHECK(with([](R& r) {
          r.set_key("C");
          r.set_scale("major");
          r.set_lowest_pitch(61);
          r.set_highest_pitch(61);
        }).find("scale: no note of major lies between") == 0);
  CHECK(with([](R& r) { r.set_transforms("spin"); }).find("transforms: ") == 0);
  CHECK(with([](R& r) { (*r.mutable_macros())["loud"] = 0.5; }).find("macros: 'loud'") == 0);
  CHECK(with([](R& r) { (*r.mutable_macros())["busy"] = 1.5; }) ==
        "macros: busy is 1.5; 0 to 1 is possible");
  CHECK(with([](R& r) { r.set_input("MThd"); }).find("input: byte") == 0);
  CHECK(with([](R& r) { r.set_task(v1::GENERATION_TASK_INFILL); }).find("input: is empty") == 0);
}

TEST_CASE("Tasks, regions and inputs that do not fit are refused", "[generate]") {
  v1::GenerateRequest drums = Request(v1::GENERATION_TASK_DRUMS);
  const auto refused = DecideContext(drums, Model(), {});
  CHECK(refused.status().code() == absl::StatusCode::kUnimplemented);
  CHECK(DecideContext(v1::GenerateRequest(), Model(), {}).status().code() ==
        absl::StatusCode::kInvalidArgument);

  v1::GenerateRequest infill = Request(v1::GENERATION_TASK_INFILL);
  infill.set_input(*midi::WriteSmf(Waltz()));
  CHECK(Refusal(infill).find("regions: is empty") == 0);
  v1::Region* region = infill.add_regions();
  region->set_first_bar(2);
  region->set_last_bar(3);
  const MusicalContext context = Decided(infill);
  REQUIRE(context.regions.size() == 1);
  CHECK(context.regions[0].begin == 1);
  CHECK(context.regions[0].end == 3);
  region->set_last_bar(5);
  CHECK(Refusal(infill) == "regions: bars 2 to 5; 1 to 4 are there");
  region->set_last_bar(1);
  CHECK(Refusal(infill).find("regions: bars 2 to 1") == 0);
  region->set_last_bar(2);
  region->set_voice("alto");
  CHECK(Refusal(infill) == "regions: voice 'alto' is none of melody, chords");
  infill.set_input(*midi::WriteSmf(midi::Song{}));
  CHECK(Refusal(infill) == "input: has no notes");
}

TEST_CASE("A result has tempo, signature and key, and its transforms", "[generate]") {
  v1::GenerateRequest request = Request();
  request.set_key("Dm");
  request.set_tempo_bpm(96);
  request.set_signature_numerator(5);
  request.set_signature_denominator(4);
  request.set_transforms("transpose:semitones=2");
  const MusicalContext context = Decided(request);
  midi::Song song = EmptySong(context, 96);
  song.tracks.push_back({.name = "melody", .notes = {{.start = 0, .length = 96, .pitch = 62}}});
  const auto bytes = ResultBytes(context.request, song);
  REQUIRE(bytes.ok());
  CHECK((*bytes)[9] == 1);  // format
  const auto read = midi::ReadSmf(*bytes);
  REQUIRE(read.ok());
  CHECK(read->tempos.at(0).us_per_quarter == 625000);
  CHECK(read->meters.at(0).numerator == 5);
  CHECK(read->keys.at(0) == midi::KeySignature{0, -1, true});
  REQUIRE(read->tracks.size() == 2);
  CHECK(read->tracks[1].notes.at(0).pitch == 64);
}

TEST_CASE("The input's changes of tempo stay, unless another tempo is asked for", "[generate]") {
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_CONTINUE);
  request.set_input(*midi::WriteSmf(Waltz()));
  const midi::Song kept = EmptySong(Decided(request), 96);
  REQUIRE(kept.tempos.size() == 2);
  CHECK(kept.tempos[1].time == 288);
  // Sent again as it was decided.
  CHECK(EmptySong(Decided(Decided(request).request), 96).tempos.size() == 2);
  request.set_tempo_bpm(100);
  CHECK(EmptySong(Decided(request), 96).tempos.size() == 1);
}
