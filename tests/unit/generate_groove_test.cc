// SPDX-License-Identifier: Apache-2.0
// What stands, what is written, and what the network is told, by the groove composer.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/generate/groove.h"
#include "shared/midi/smf_writer.h"
#include "tests/unit/groove_decoder.h"

using namespace continuo;
using namespace continuo::generate;
using test::GrooveDecoder;

namespace {

constexpr int kStep = 120, kBar = 16 * kStep;
constexpr std::uint8_t kTambourine = 54;

v1::ModelManifest Manifest() {
  v1::ModelManifest manifest;
  manifest.set_id("groove");
  v1::NotesSignature* notes = manifest.mutable_notes();
  notes->set_composer("groove");
  for (const char* task : {"drums", "continue", "infill", "vary", "humanize"}) {
    notes->add_tasks(task);
  }
  for (const char* voice : {"kick", "snare", "closed hat", "open hat", "low tom", "mid tom",
                            "high tom", "crash", "ride"}) {
    notes->add_voices(voice);
  }
  for (const char* style : {"funk", "jazz", "rock"}) notes->add_styles(style);
  for (const char* signature : {"4/4", "3/4", "6/8", "5/4"}) notes->add_signatures(signature);
  notes->set_maximum_bars(64);
  return manifest;
}

midi::Note Drum(midi::Tick start, std::uint8_t pitch, std::uint8_t velocity) {
  return {.start = start,
          .length = 60,
          .pitch = pitch,
          .velocity = velocity,
          .channel = midi::kDrumChannel};
}

// Kick on 1 and 3, snare on 2 and 4 and a little late, hats on eighths, of which the first of each
// bar is two (closed and pedal), and a tambourine on 4.
midi::Song Rock(int bars) {
  midi::Song song;
  song.tempos = {{0, 500000}};
  midi::Track track{.name = "drums"};
  for (int bar = 0; bar < bars; ++bar) {
    const midi::Tick at = bar * kBar;
    for (int beat = 0; beat < 4; ++beat) {
      const midi::Tick late = beat % 2 == 1 ? 15 : 0;
      track.notes.push_back(Drum(at + 4 * beat * kStep + late, beat % 2 == 0 ? 36 : 38, 110));
    }
    for (int eighth = 0; eighth < 8; ++eighth) {
      track.notes.push_back(Drum(at + 2 * eighth * kStep, 42, 70));
    }
    track.notes.push_back(Drum(at, 44, 40));
    track.notes.push_back(Drum(at + 12 * kStep, kTambourine, 90));
  }
  song.tracks = {track};
  midi::Normalise(song);
  return song;
}

v1::GenerateRequest Request(v1::GenerationTask task, const midi::Song* input = nullptr) {
  v1::GenerateRequest request;
  request.set_task(task);
  if (input != nullptr) request.set_input(midi::WriteSmf(*input).value());
  return request;
}

struct Result {
  midi::Song song;
  std::uint64_t drawn = 0;
  double log_likelihood = 0;
  [[nodiscard]] const std::vector<midi::Note>& notes() const { return song.tracks.front().notes; }
};

// Every song on the way is looked at, too.
Result Run(const v1::GenerateRequest& request, const GrooveDecoder& decoder,
           std::uint64_t seed = 7) {
  auto composer = CreateGroove(Manifest(), decoder);
  INFO(composer.status().ToString());
  REQUIRE(composer.ok());
  auto plan = (*composer)->Prepare(request);
  INFO(plan.status().ToString());
  REQUIRE(plan.ok());
  auto piece = (*plan)->Begin(seed);
  REQUIRE(piece.ok());
  while (const executor::Cell* cell = (*piece)->Next()) {
    REQUIRE((*piece)->taken() < 20000);
    REQUIRE(decoder.Next({cell, 1}).ok());
    (*piece)->Take();
    if ((*piece)->taken() % 16 == 0) REQUIRE(midi::Validate((*piece)->song()).ok());
  }
  CHECK((*piece)->taken() == (*piece)->cells());
  Result result{(*piece)->song(), (*piece)->drawn(), (*piece)->log_likelihood()};
  INFO(midi::Validate(result.song).ToString());
  REQUIRE(midi::Validate(result.song).ok());
  REQUIRE(result.song.tracks.size() == 1);
  return result;
}

std::string Refusal(const v1::GenerateRequest& request) {
  const GrooveDecoder decoder;
  const auto plan = CreateGroove(Manifest(), decoder).value()->Prepare(request);
  REQUIRE_FALSE(plan.ok());
  return std::string(plan.status().message());
}

std::vector<midi::Note> Between(const std::vector<midi::Note>& notes, midi::Tick begin,
                                midi::Tick end) {
  std::vector<midi::Note> found;
  std::copy_if(notes.begin(), notes.end(), std::back_inserter(found),
               [&](const midi::Note& note) { return note.start >= begin && note.start < end; });
  return found;
}

std::vector<midi::Note> OfPitches(const std::vector<midi::Note>& notes,
                                  const std::set<int>& pitches) {
  std::vector<midi::Note> found;
  std::copy_if(notes.begin(), notes.end(), std::back_inserter(found),
               [&](const midi::Note& note) { return pitches.count(note.pitch) > 0; });
  return found;
}

// 1000 step + pitch of each note, a note belonging to the nearest step; in order.
std::vector<midi::Tick> Hits(const std::vector<midi::Note>& notes) {
  std::vector<midi::Tick> hits;
  for (const midi::Note& note : notes) {
    hits.push_back((note.start + kStep / 2) / kStep * 1000 + note.pitch);
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

}  // namespace

TEST_CASE("Groove: new drums keep to their bars, and are the seed's", "[groove]") {
  const GrooveDecoder decoder;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_DRUMS);
  request.set_bars(3);
  request.set_style("rock");
  request.set_tempo_bpm(90);
  const Result result = Run(request, decoder);
  REQUIRE(result.notes().size() > 10);
  CHECK(midi::EndOf(result.song) <= 3 * kBar + kStep);
  for (const midi::Note& note : result.notes()) {
    CHECK(note.channel == midi::kDrumChannel);
    CHECK(std::set<int>{36, 38, 42, 46, 43, 47, 50, 49, 51}.count(note.pitch) == 1);
  }
  CHECK(result.song.tempos.front().us_per_quarter == 666667);
  CHECK(result.log_likelihood < 0);
  CHECK(Run(request, decoder).song == result.song);
  CHECK_FALSE(Run(request, decoder, 8).song == result.song);
}

TEST_CASE("Groove: the network is told the conditions of the request", "[groove]") {
  const GrooveDecoder decoder;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_DRUMS);
  request.set_bars(2);
  request.set_style("jazz");
  request.set_tempo_bpm(120);
  request.set_density(0.5);
  request.set_signature_numerator(6);
  request.set_signature_denominator(8);
  (void)Run(request, decoder);
  REQUIRE(decoder.grid().size() == 2 * 12 * groove::kFieldCount);
  for (std::size_t step = 0; step < 24; ++step) {
    const std::int32_t* row = decoder.grid().data() + step * groove::kFieldCount;
    CHECK(std::all_of(row, row + groove::kBarStep, [](auto value) { return value == 0; }));
    CHECK(row[groove::kBarStep] == 1 + static_cast<std::int32_t>(step % 12));
    CHECK(row[groove::kSignature] == 3);
    CHECK(row[groove::kStyle] == 2);
    CHECK(row[groove::kDensity] == 5);  // the fifth of eight
    CHECK(row[groove::kTempo] == 5);    // 115 to 130
    CHECK(row[groove::kFill] == groove::kBeat);
  }
}

TEST_CASE("Groove: what stands is told with velocity and timing", "[groove]") {
  const GrooveDecoder decoder;
  const midi::Song rock = Rock(2);
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_INFILL, &rock);
  v1::Region* region = request.add_regions();
  region->set_first_bar(2);
  region->set_last_bar(2);
  (void)Run(request, decoder);
  const auto row = [&decoder](int step) {
    return decoder.grid().data() + static_cast<std::size_t>(step) * groove::kFieldCount;
  };
  // Kick 110 is in bucket 13, of two hats the louder, 70, in bucket 8.
  CHECK(std::vector<std::int32_t>(row(0), row(0) + 10) ==
        std::vector<std::int32_t>{16, 1, 11, 1, 1, 1, 1, 1, 1, 13});
  // The snare is 15 of 120 ticks late, 3 of 24 parts, the hat not at all: 1.5, to the even.
  CHECK(row(4)[groove::kTiming] == 1 + groove::kOnGrid + 2);
  CHECK(row(3)[groove::kTiming] == 0);
  CHECK(std::all_of(row(16), row(16) + 10, [](auto value) { return value == 0; }));
}

TEST_CASE("Groove: humanising keeps every hit and gives it velocity and timing", "[groove]") {
  const GrooveDecoder decoder;
  const midi::Song rock = Rock(4);
  const Result result = Run(Request(v1::GENERATION_TASK_HUMANIZE, &rock), decoder);
  CHECK(Hits(result.notes()) == Hits(rock.tracks.front().notes));
  CHECK(OfPitches(result.notes(), {kTambourine}) ==
        OfPitches(rock.tracks.front().notes, {kTambourine}));
  std::set<int> velocities, offsets;
  for (const midi::Note& note : OfPitches(result.notes(), {42})) {
    velocities.insert(note.velocity);
    offsets.insert(static_cast<int>((note.start + kStep / 2) % kStep));
  }
  CHECK(velocities.size() > 8);
  CHECK(offsets.size() > 8);
}

TEST_CASE("Groove: infilling leaves the other bars and voices alone", "[groove]") {
  const GrooveDecoder decoder;
  const midi::Song rock = Rock(3);
  const std::vector<midi::Note>& before = rock.tracks.front().notes;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_INFILL, &rock);
  v1::Region* region = request.add_regions();
  region->set_first_bar(2);
  region->set_last_bar(2);
  SECTION("a bar") {
    const Result result = Run(request, decoder);
    CHECK(Between(result.notes(), 0, kBar - kStep) == Between(before, 0, kBar - kStep));
    CHECK(Between(result.notes(), 2 * kBar + kStep, 3 * kBar) ==
          Between(before, 2 * kBar + kStep, 3 * kBar));
    CHECK_FALSE(Between(result.notes(), kBar, 2 * kBar) == Between(before, kBar, 2 * kBar));
  }
  SECTION("a voice of that bar") {
    region->set_voice("ride");
    const Result result = Run(request, decoder);
    CHECK(OfPitches(result.notes(), {36, 38, 42, 44, kTambourine}) == before);
    const auto ride = OfPitches(result.notes(), {51});
    CHECK_FALSE(ride.empty());
    CHECK(Between(ride, kBar - kStep / 2, 2 * kBar).size() == ride.size());
    CHECK(ride.size() + before.size() == result.notes().size());
  }
}

TEST_CASE("Groove: going on begins where the input ends", "[groove]") {
  const GrooveDecoder decoder;
  const midi::Song rock = Rock(10);
  const std::vector<midi::Note>& before = rock.tracks.front().notes;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_CONTINUE, &rock);
  request.set_bars(2);
  const Result result = Run(request, decoder);
  CHECK(decoder.grid().size() == (kMemoryBars + 2) * 16 * groove::kFieldCount);
  REQUIRE(result.notes().size() > before.size());
  const auto last = static_cast<std::ptrdiff_t>(before.size());
  CHECK(std::vector<midi::Note>(result.notes().begin(), result.notes().begin() + last) == before);
  CHECK(result.notes()[before.size()].start >= 10 * kBar - kStep / 2);
  CHECK(midi::EndOf(result.song) <= 12 * kBar + kStep);
}

TEST_CASE("Groove: a variation changes the share it may", "[groove]") {
  const GrooveDecoder decoder;
  const midi::Song rock = Rock(8);
  const std::vector<midi::Note>& before = rock.tracks.front().notes;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_VARY, &rock);
  request.set_variation(0);
  CHECK(Run(request, decoder).notes() == before);
  const auto kept = [&](double share) {
    request.set_variation(share);
    const Result result = Run(request, decoder);
    return std::count_if(before.begin(), before.end(), [&](const midi::Note& note) {
      return std::find(result.notes().begin(), result.notes().end(), note) != result.notes().end();
    });
  };
  const auto little = kept(0.2), much = kept(0.8);
  CHECK(little < static_cast<std::ptrdiff_t>(before.size()));
  CHECK(much < little);
  CHECK(Run(request, decoder, 1).song != Run(request, decoder, 2).song);
}

TEST_CASE("Groove: constraints hold against a network that wants otherwise", "[groove]") {
  const midi::Song rock = Rock(2);
  const v1::GenerateRequest humanize = Request(v1::GENERATION_TASK_HUMANIZE, &rock);
  const GrooveDecoder silent(
      [](std::uint64_t, std::int32_t value) { return value == groove::kEnd ? 1000.0F : 0.0F; });
  CHECK(Hits(Run(humanize, silent).notes()) == Hits(rock.tracks.front().notes));
  const GrooveDecoder busy(
      [](std::uint64_t, std::int32_t value) { return value == groove::kEnd ? -1000.0F : 0.0F; });
  CHECK(Hits(Run(humanize, busy).notes()) == Hits(rock.tracks.front().notes));
  v1::GenerateRequest drums = Request(v1::GENERATION_TASK_DRUMS);
  drums.set_bars(1);
  CHECK(Run(drums, silent).notes().empty());
  // It has to end: no step holds a voice twice.
  const Result full = Run(drums, busy);
  CHECK(full.notes().size() >= 16);
  CHECK(full.notes().size() <= 16 * groove::kVoices);
}

TEST_CASE("Groove: macros loosen the timing, and swing", "[groove]") {
  const GrooveDecoder decoder;
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_DRUMS);
  (*request.mutable_macros())["human"] = 0;
  const Result tight = Run(request, decoder);
  REQUIRE_FALSE(tight.notes().empty());
  for (const midi::Note& note : tight.notes()) CHECK(note.start % kStep == 0);
  (*request.mutable_macros())["swing"] = 1;
  const Result swung = Run(request, decoder);
  std::set<midi::Tick> places;
  for (const midi::Note& note : swung.notes()) places.insert(note.start % (2 * kStep));
  CHECK(places == std::set<midi::Tick>{0, kStep + kStep / 3});
}

TEST_CASE("Groove: odd ticks and plain instruments are read", "[groove]") {
  const GrooveDecoder decoder;
  midi::Song song = Rock(1);
  song.ticks_per_quarter = 30;
  for (midi::Note& note : song.tracks.front().notes) {
    note.start /= 16;
    note.length = 1;
    note.channel = 0;
  }
  midi::Normalise(song);
  const Result result = Run(Request(v1::GENERATION_TASK_HUMANIZE, &song), decoder);
  CHECK(result.song.ticks_per_quarter == 480);
  CHECK(Hits(result.notes()) == Hits(Rock(1).tracks.front().notes));
  for (const midi::Note& note : result.notes()) CHECK(note.channel == midi::kDrumChannel);
}

TEST_CASE("Groove: what cannot be done is refused by name", "[groove]") {
  v1::GenerateRequest request = Request(v1::GENERATION_TASK_DRUMS);
  request.set_style("polka");
  CHECK(Refusal(request).find("style") == 0);
  request = Request(v1::GENERATION_TASK_DRUMS);
  request.set_signature_numerator(7);
  request.set_signature_denominator(8);
  CHECK(Refusal(request).find("signature") == 0);
  CHECK(Refusal(Request(v1::GENERATION_TASK_MELODY)).find("task") == 0);
  midi::Song song = Rock(1);
  song.tracks.front().notes = {Drum(0, kTambourine, 90)};
  CHECK(Refusal(Request(v1::GENERATION_TASK_VARY, &song)).find("input") == 0);
  GrooveDecoder decoder;
  for (const char* key : {"format", "styles", "voice_of_pitch", "temperature", "density_edges"}) {
    auto& metadata = decoder.mutable_shape().metadata;
    const std::string was = metadata[key];
    for (const char* wrong : {"", "{", "7000", "[]", "[1,", "null"}) {
      metadata[key] = wrong;
      const auto composer = CreateGroove(Manifest(), decoder);
      INFO(key << " " << wrong);
      CHECK(composer.status().code() == absl::StatusCode::kInvalidArgument);
    }
    metadata[key] = was;
  }
  CHECK(CreateGroove(Manifest(), decoder).ok());
  decoder.mutable_shape().vocabulary = 100;
  CHECK_FALSE(CreateGroove(Manifest(), decoder).ok());
}
