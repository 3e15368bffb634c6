// SPDX-License-Identifier: Apache-2.0
// Tasks of the chorale composer that write into what is there.
#include <catch2/catch.hpp>
#include <string>

#include "chorale_song.h"
#include "daemon/generate/chorale.h"
#include "scripted_decoder.h"

using namespace continuo;

namespace {

midi::Song Composed(const executor::Decoder& decoder, const v1::GenerateRequest& request,
                    std::uint64_t seed = 1) {
  auto composer = generate::CreateComposer(ChoraleManifest(), decoder);
  REQUIRE(composer.ok());
  auto plan = (*composer)->Prepare(request);
  INFO(plan.status().ToString());
  REQUIRE(plan.ok());
  return Written(**plan, decoder, seed)->song();
}

// Sixteenths whose pitch in a voice is another one.
int Changed(const midi::Song& a, const midi::Song& b, std::size_t voice, std::size_t begin,
            std::size_t end) {
  const auto left = Sixteenths(a);
  const auto right = Sixteenths(b);
  int changed = 0;
  for (std::size_t t = begin; t < std::min({end, left.size(), right.size()}); ++t) {
    changed += left[t][voice] != right[t][voice] ? 1 : 0;
  }
  return changed;
}

}  // namespace

TEST_CASE("chorale: infill writes its bars and no other", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = FourVoices();
  auto request = RequestFor(v1::GENERATION_TASK_INFILL, &input);
  v1::Region* region = request.add_regions();
  region->set_first_bar(2);
  region->set_last_bar(3);
  const midi::Song song = Composed(decoder, request);
  for (std::size_t v = 0; v < 4; ++v) {
    CHECK(Changed(input, song, v, 0, 16) == 0);
    CHECK(Changed(input, song, v, 16, 48) > 0);
    CHECK(Changed(input, song, v, 48, 64) == 0);
  }
}

TEST_CASE("chorale: infill of one voice leaves the others", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = FourVoices();
  auto request = RequestFor(v1::GENERATION_TASK_INFILL, &input);
  v1::Region* region = request.add_regions();
  region->set_first_bar(1);
  region->set_last_bar(2);
  region->set_voice("tenor");
  const midi::Song song = Composed(decoder, request);
  for (const std::size_t v : {0U, 1U, 3U}) CHECK(song.tracks[v].notes == input.tracks[v].notes);
  CHECK(Changed(input, song, 2, 0, 32) > 0);
  CHECK(Changed(input, song, 2, 32, 64) == 0);
}

TEST_CASE("chorale: a note that sounds into an infill is cut there", "[chorale]") {
  const ScriptedDecoder decoder;
  midi::Song input = FourVoices();
  input.tracks[3].notes = {{.start = 0, .length = 16 * 480, .pitch = 48}};
  auto request = RequestFor(v1::GENERATION_TASK_INFILL, &input);
  v1::Region* region = request.add_regions();
  region->set_first_bar(2);
  region->set_last_bar(2);
  const midi::Song song = Composed(decoder, request);
  const auto& bass = song.tracks[3].notes;
  CHECK(bass.size() > 2);
  CHECK(bass.front().pitch == 48);
  CHECK(bass.front().end() == 4 * 480);
  CHECK(bass.back().start == 8 * 480);
  CHECK(bass.back().end() == 16 * 480);
}

TEST_CASE("chorale: voices that lack are written throughout an infill", "[chorale]") {
  const ScriptedDecoder decoder;
  midi::Song input = FourVoices();
  input.tracks.erase(input.tracks.begin() + 1, input.tracks.begin() + 3);
  auto request = RequestFor(v1::GENERATION_TASK_INFILL, &input);
  v1::Region* region = request.add_regions();
  region->set_first_bar(4);
  region->set_last_bar(4);
  const auto steps = Sixteenths(Composed(decoder, request));
  REQUIRE(steps.size() == 64);
  for (const auto& step : steps) CHECK((step[1] > 0 && step[2] > 0));
}

TEST_CASE("chorale: it goes on after the input", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = FourVoices();
  auto request = RequestFor(v1::GENERATION_TASK_CONTINUE, &input);
  request.set_bars(3);
  const midi::Song song = Composed(decoder, request);
  const auto steps = Sixteenths(song);
  CHECK(steps.size() == 7 * 16);
  for (std::size_t v = 0; v < 4; ++v) {
    CHECK(Changed(input, song, v, 0, 64) == 0);
    for (std::size_t t = 64; t < steps.size(); ++t) CHECK(steps[t][v] > 0);
  }
}

TEST_CASE("chorale: a long input is told by its end alone", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = SongOfTracks({Quarters("Soprano", std::vector<int>(4 * 60, 67)),
                                         Quarters("Alto", std::vector<int>(4 * 60, 64)),
                                         Quarters("Tenor", std::vector<int>(4 * 60, 60)),
                                         Quarters("Bass", std::vector<int>(4 * 60, 48))});
  auto request = RequestFor(v1::GENERATION_TASK_CONTINUE, &input);
  request.set_bars(2);
  auto composer = generate::CreateComposer(ChoraleManifest(), decoder);
  REQUIRE(composer.ok());
  const auto plan = (*composer)->Prepare(request);
  REQUIRE(plan.ok());
  CHECK((*plan)->cells() == 4 * (128 + 32));
  CHECK(Sixteenths(Written(**plan, decoder, 1)->song()).size() == 62 * 16);
}

TEST_CASE("chorale: vary changes the share that it is told, by the seed", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = FourVoices();
  auto request = RequestFor(v1::GENERATION_TASK_VARY, &input);
  const auto changed = [&](double variation, std::uint64_t seed) {
    request.set_variation(variation);
    const midi::Song song = Composed(decoder, request, seed);
    int sum = 0;
    for (std::size_t v = 0; v < 4; ++v) sum += Changed(input, song, v, 0, 64);
    return sum;
  };
  const int little = changed(0.2, 5);
  const int much = changed(0.8, 5);
  CHECK(little > 0);
  CHECK(little < 0.35 * 256);
  CHECK(much > little);
  CHECK(changed(0.2, 5) == little);
  CHECK(changed(0, 5) <= 4);  // one beat of one voice
  CHECK_FALSE(Composed(decoder, request, 6) == Composed(decoder, request, 7));
}

TEST_CASE("chorale: without input four voices come from nothing", "[chorale]") {
  const ScriptedDecoder decoder;
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, nullptr);
  request.set_bars(5);
  request.set_signature_numerator(3);
  request.set_signature_denominator(4);
  request.set_key("Em");
  const midi::Song song = Composed(decoder, request);
  REQUIRE(song.tracks.size() == 4);
  const auto steps = Sixteenths(song);
  CHECK(steps.size() == 5 * 12);
  for (const auto& step : steps) {
    for (const int pitch : step) CHECK(pitch > 0);
  }
  // The key, minor of E, and the strong beat of three are told.
  constexpr std::size_t kFields = generate::chorale::kGridFields.size();
  CHECK(decoder.grid()[7] == 2 * 4 + 1);
  CHECK(decoder.grid()[4] % 3 == generate::chorale::kStrong);
  CHECK(decoder.grid()[4 * kFields + 4] % 3 == generate::chorale::kWeak);
  CHECK(decoder.grid()[12 * kFields + 4] % 3 == generate::chorale::kStrong);
}
