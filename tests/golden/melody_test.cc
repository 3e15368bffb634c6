// SPDX-License-Identifier: Apache-2.0
// The weights that ship, from the request to the song, by the fused executor.
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "daemon/executor/module.h"
#include "daemon/generate/key_text.h"
#include "tests/unit/melody_request.h"

using namespace continuo;
using namespace continuo::test;

namespace {

constexpr midi::Tick kStep = 120;
constexpr midi::Tick kBar = 1920;

struct Shipped {
  Shipped() {
    auto module = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
    REQUIRE(module.ok());
    executor = *std::move(module);
    executor::LoadRequest request;
    request.model_id = "melody";
    request.weights_path = CONTINUO_MODEL_SOURCE_DIR "/melody/melody.safetensors";
    auto loaded = executor->LoadDecoder(request);
    INFO(loaded.status().ToString());
    REQUIRE(loaded.ok());
    decoder = *std::move(loaded);
    auto created = generate::CreateComposer(MelodyManifest(), *decoder);
    INFO(created.status().ToString());
    REQUIRE(created.ok());
    composer = *std::move(created);
  }

  [[nodiscard]] midi::Song Song(const v1::GenerateRequest& request, std::uint64_t seed) const {
    auto plan = composer->Prepare(request);
    INFO(plan.status().ToString());
    REQUIRE(plan.ok());
    const auto piece = Written(**plan, *decoder, seed);
    // It knows music: of 63 melody cells and 122 of chords, one drawn at random has -4.
    if (piece->drawn() > 0) {
      CHECK(piece->log_likelihood() / static_cast<double>(piece->drawn()) > -2);
    }
    const midi::Song song = piece->song();
    REQUIRE(midi::Validate(song).ok());
    return song;
  }

  std::unique_ptr<executor::Executor> executor;
  std::unique_ptr<executor::Decoder> decoder;
  std::unique_ptr<generate::Composer> composer;
};

double ShareInKey(const std::vector<midi::Note>& notes, const midi::Key& key) {
  std::size_t inside = 0;
  for (const midi::Note& note : notes) {
    inside += generate::PitchClasses(key) >> (note.pitch % 12) & 1U;
  }
  return static_cast<double>(inside) / static_cast<double>(std::max<std::size_t>(1, notes.size()));
}

}  // namespace

TEST_CASE("the melody that ships follows key, length and signature", "[melody][model]") {
  const Shipped shipped;
  std::vector<midi::Note> of_key[2];
  std::size_t downbeats = 0;
  std::size_t bars = 0;
  for (const auto& signature : generate::melody::kSignatures) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 8);
      SetSignature(&request, signature.numerator, signature.denominator);
      request.set_key(seed % 2 == 0 ? "E" : "Cm");
      request.set_density(0.6);
      const midi::Song song = shipped.Song(request, seed);
      const midi::Track* melody = TrackNamed(song, "Melody");
      REQUIRE(melody != nullptr);
      CHECK(melody->end == 8 * signature.bar_steps * kStep);
      CHECK(melody->notes.size() >= 8);
      CHECK(TrackNamed(song, "Chords") != nullptr);
      auto& notes = of_key[seed % 2];
      notes.insert(notes.end(), melody->notes.begin(), melody->notes.end());
      std::set<midi::Tick> starts;
      for (const midi::Note& note : melody->notes) starts.insert(note.start);
      for (int bar = 0; bar < 8; ++bar)
        downbeats += starts.count(bar * signature.bar_steps * kStep);
      bars += 8;
    }
  }
  CHECK(ShareInKey(of_key[0], {4, "major"}) > 0.9);
  CHECK(ShareInKey(of_key[1], {0, "minor"}) > 0.9);
  // As far from each other as keys get: what is in the one is not just in any.
  CHECK(ShareInKey(of_key[0], {0, "minor"}) < 0.7);
  // Notes fall on downbeats more often than on any step of 16, of which 60 % of 16 have none.
  CHECK(static_cast<double>(downbeats) / static_cast<double>(bars) > 0.35);
}

TEST_CASE("the melody that ships is busier where it is asked to be", "[melody][model]") {
  const Shipped shipped;
  const auto notes = [&shipped](double density) {
    std::size_t count = 0;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      auto request = MelodyRequest(v1::GENERATION_TASK_MELODY, 8);
      request.set_density(density);
      count += TrackNamed(shipped.Song(request, seed), "Melody")->notes.size();
    }
    return count;
  };
  const std::size_t calm = notes(0);
  CHECK(calm > 0);
  CHECK(notes(1) > 2 * calm);
}

TEST_CASE("the melody that ships keeps the bars that are given", "[melody][model]") {
  const Shipped shipped;
  const midi::Song tune = Tune(8, true);
  auto request = MelodyRequest(v1::GENERATION_TASK_INFILL);
  SetInput(&request, tune);
  request.add_regions()->set_first_bar(4);
  request.mutable_regions(0)->set_last_bar(5);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const midi::Song song = shipped.Song(request, seed);
    for (std::size_t track = 0; track < 2; ++track) {
      for (const auto& [begin, end] : {std::pair{0, 3}, std::pair{5, 8}}) {
        CHECK(NotesOfBars(song.tracks[track], begin, end, kBar, kStep) ==
              NotesOfBars(tune.tracks[track], begin, end, kBar, kStep));
      }
    }
    const auto filled = NotesOfBars(song.tracks[0], 3, 5, kBar, kStep);
    CHECK(filled != NotesOfBars(tune.tracks[0], 3, 5, kBar, kStep));
    CHECK(!filled.empty());
  }
}

TEST_CASE("the same seed gives the same song, alone and among others", "[melody][model]") {
  const Shipped shipped;
  auto request = MelodyRequest(v1::GENERATION_TASK_CONTINUE, 4);
  SetInput(&request, Tune(4, true));
  auto plan = *shipped.composer->Prepare(request);
  std::vector<std::unique_ptr<generate::Piece>> pieces;
  for (std::uint64_t seed = 0; seed < 4; ++seed) pieces.push_back(*plan->Begin(seed));
  while (pieces[0]->Next() != nullptr) {
    std::vector<executor::Cell> cells;
    for (const auto& piece : pieces) cells.push_back(*piece->Next());
    REQUIRE(shipped.decoder->Next(cells).ok());
    for (const auto& piece : pieces) piece->Take();
  }
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    CHECK(pieces[seed]->song() == shipped.Song(request, seed));
  }
  CHECK(!(pieces[0]->song() == pieces[1]->song()));
}
