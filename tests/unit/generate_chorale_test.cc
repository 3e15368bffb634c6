// SPDX-License-Identifier: Apache-2.0
// What the chorale composer makes of requests, with a network whose answers are known.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>
#include <string>

#include "chorale_song.h"
#include "daemon/generate/chorale.h"
#include "daemon/generate/chorale_rules.h"
#include "scripted_decoder.h"

using namespace continuo;
using generate::Composer;
using generate::Plan;
namespace chorale = generate::chorale;

namespace {

std::unique_ptr<Composer> ComposerOf(const executor::Decoder& decoder) {
  auto composer = generate::CreateComposer(ChoraleManifest(), decoder);
  INFO(composer.status().ToString());
  REQUIRE(composer.ok());
  return *std::move(composer);
}

std::unique_ptr<Plan> PlanOf(const Composer& composer, const v1::GenerateRequest& request) {
  auto plan = composer.Prepare(request);
  INFO(plan.status().ToString());
  REQUIRE(plan.ok());
  return *std::move(plan);
}

midi::Song Composed(const executor::Decoder& decoder, const v1::GenerateRequest& request,
                    std::uint64_t seed = 1) {
  const auto composer = ComposerOf(decoder);
  return Written(*PlanOf(*composer, request), decoder, seed)->song();
}

std::string RefusalOf(const v1::GenerateRequest& request) {
  const ScriptedDecoder decoder;
  const auto plan = ComposerOf(decoder)->Prepare(request);
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(plan.status().message());
}

// Voices rather go the soprano's way than stay; they begin at 41, 50 and 57, so that fifths with
// the soprano and between alto and tenor would go on and on.
ScriptedDecoder::Logit Follower() {
  return [](const std::int32_t* token, std::int32_t value) {
    const std::int32_t soprano_now = token[5];
    const std::int32_t soprano_last = token[8];
    if (!chorale::Sounds(soprano_last)) {
      const int first[] = {60, 41, 50, 57};
      return value == chorale::ValueOf(first[token[1] / 12]) ? 20.0F : 0.0F;
    }
    const std::int32_t wanted = token[2] + soprano_now - soprano_last;
    return value == wanted ? 9.0F : value == token[2] ? 6.0F : 0.0F;
  };
}

}  // namespace

TEST_CASE("chorale: a melody gets three voices and stays as it is", "[chorale]") {
  const ScriptedDecoder decoder;
  midi::Song input = Melody();
  input.tracks[0].notes[3].start += 7;  // off the grid, as played
  input.tracks[0].notes[3].velocity = 31;
  const midi::Song song = Composed(decoder, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  REQUIRE(song.tracks.size() == 4);
  CHECK(song.tracks[0].notes == input.tracks[0].notes);
  CHECK(song.tracks[0].name == "Soprano");
  CHECK(song.tracks[3].name == "Bass");
  CHECK(midi::Validate(song).ok());
  for (const auto& step : Sixteenths(song)) {
    CHECK((step[1] >= 50 && step[1] <= 76));
    CHECK((step[2] >= 44 && step[2] <= 71));
    CHECK((step[3] >= 36 && step[3] <= 66));
  }
}

TEST_CASE("chorale: a seed gives the same notes again, another one others", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = Melody();
  const auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  const midi::Song first = Composed(decoder, request, 7);
  CHECK(Composed(decoder, request, 7) == first);
  CHECK_FALSE(Composed(decoder, request, 8) == first);
}

TEST_CASE("chorale: a given bass and tenor stay, soprano and alto come", "[chorale]") {
  const ScriptedDecoder decoder;
  midi::Song input = FourVoices();
  input.tracks.erase(input.tracks.begin(), input.tracks.begin() + 2);
  const midi::Song song = Composed(decoder, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  CHECK(song.tracks[2].notes == input.tracks[0].notes);
  CHECK(song.tracks[3].notes == input.tracks[1].notes);
  CHECK_FALSE(song.tracks[0].notes.empty());
  CHECK_FALSE(song.tracks[1].notes.empty());
}

TEST_CASE("chorale: the rules keep voices from parallels and crossings", "[chorale]") {
  const midi::Song input = SongOfTracks(
      {Quarters("Soprano", {60, 62, 60, 62, 64, 62, 60, 62, 60, 62, 64, 62, 60, 62, 60, 60})});
  const auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  ScriptedDecoder decoder(Follower());
  decoder.mutable_shape().metadata["penalty"] = "20";
  const auto with_rules = LeadingOf(Sixteenths(Composed(decoder, request)));
  decoder.mutable_shape().metadata["penalty"] = "0";
  const auto without = LeadingOf(Sixteenths(Composed(decoder, request)));
  CHECK(without.parallels > 10);
  CHECK(with_rules.parallels == 0);
  CHECK(with_rules.crossings == 0);
}

TEST_CASE("chorale: the temperature leaves it to the network how much voices move", "[chorale]") {
  // One in e^2 of a voice's 16ths moves, to one of two pitches of which one is likelier.
  const ScriptedDecoder decoder([](const std::int32_t* token, std::int32_t value) {
    const std::int32_t stay = chorale::Sounds(token[2]) ? token[2] : chorale::ValueOf(55);
    const std::int32_t a = chorale::ValueOf(55), b = chorale::ValueOf(56);
    if (value != a && value != b && value != stay) return -50.0F;
    return value == stay ? 2.0F : value == a ? 1.0F : 0.0F;
  });
  const midi::Song input = SongOfTracks({Quarters("Soprano", std::vector<int>(64, 72))});
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  const auto moves = [&](double temperature) {
    request.set_temperature(temperature);
    const auto steps = Sixteenths(Composed(decoder, request));
    int count = 0;
    for (std::size_t t = 1; t < steps.size(); ++t) count += steps[t][3] != steps[t - 1][3] ? 1 : 0;
    return count;
  };
  const int at_one = moves(1);
  CHECK(at_one > 10);
  CHECK(std::abs(moves(0.3) - at_one) < 0.5 * at_one);
}

TEST_CASE("chorale: a breach is counted against voices before and after", "[chorale]") {
  using namespace chorale;
  const auto value = [](int pitch) { return ValueOf(pitch); };
  // Soprano 72 to 74 over a bass of 48: 50 would be the octave again, 46 not.
  const Step last = {value(72), value(48), kNone, kNone};
  const Step now = {value(74), kNone, value(60), kNone};
  const auto breaches = Breaches(kBass, last, now);
  CHECK(breaches[static_cast<std::size_t>(value(50))] == 1);
  CHECK(breaches[static_cast<std::size_t>(value(46))] == 0);
  CHECK(breaches[static_cast<std::size_t>(value(62))] == 2);  // parallel, and above the tenor
  CHECK(breaches[static_cast<std::size_t>(value(61))] == 1);
  CHECK(breaches[static_cast<std::size_t>(kRest)] == 0);
}

TEST_CASE("chorale: what the melody strikes again the other voices do too", "[chorale]") {
  // Voices that never move.
  const ScriptedDecoder decoder([](const std::int32_t* token, std::int32_t value) {
    return value == (chorale::Sounds(token[2]) ? token[2] : 20) ? 50.0F : 0.0F;
  });
  const midi::Song input = SongOfTracks({Quarters("Soprano", {67, 67, 69, 69})});
  const midi::Song song = Composed(decoder, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  const auto& bass = song.tracks[3].notes;
  REQUIRE(bass.size() == 3);
  CHECK(bass[0].start == 0);
  CHECK(bass[1].start == 480);
  CHECK(bass[2].start == 3 * 480);
}

TEST_CASE("chorale: harmony begins and ends with the melody", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = SongOfTracks({Quarters("lead", {0, 0, 0, 67, 69, 71, 72, 0, 0})});
  const midi::Song song = Composed(decoder, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  for (const midi::Track& track : song.tracks) {
    CHECK(track.notes.front().start == 3 * 480);
    CHECK(track.notes.back().end() == 7 * 480);
  }
}

TEST_CASE("chorale: a melody out of the voices' reach is moved for the model alone", "[chorale]") {
  const ScriptedDecoder decoder;
  midi::Song input = Melody();
  for (midi::Note& note : input.tracks[0].notes)
    note.pitch = static_cast<std::uint8_t>(note.pitch + 24);
  const midi::Song song = Composed(decoder, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  CHECK(song.tracks[0].notes == input.tracks[0].notes);
  CHECK(song.tracks[3].notes.front().pitch > 40);
  // Its values are those of the voice's range.
  for (std::size_t t = 0; t < decoder.grid().size(); t += chorale::kGridFields.size()) {
    const int pitch = chorale::PitchOf(decoder.grid()[t]);
    CHECK((pitch >= 58 && pitch <= 83));
  }
}

TEST_CASE("chorale: scale and range are kept by what is written", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = Melody();
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  request.set_key("C");
  request.set_scale("major");
  request.set_lowest_pitch(45);
  request.set_highest_pitch(65);
  const midi::Song song = Composed(decoder, request);
  const std::set<int> scale = {0, 2, 4, 5, 7, 9, 11};
  for (std::size_t v = 1; v < 4; ++v) {
    for (const midi::Note& note : song.tracks[v].notes) {
      CHECK(scale.count(note.pitch % 12) == 1);
      CHECK((note.pitch >= 45 && note.pitch <= 65));
    }
  }
}

TEST_CASE("chorale: chords of the request pull notes to them", "[chorale]") {
  const ScriptedDecoder decoder([](const std::int32_t*, std::int32_t) { return 0.0F; });
  const midi::Song input = SongOfTracks({Quarters("Soprano", std::vector<int>(64, 72))});
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  request.set_chords("C | F | C | F");
  const auto steps = Sixteenths(Composed(decoder, request));
  int within = 0;
  int basses = 0;
  int beats = 0;
  for (std::size_t t = 0; t < steps.size(); t += 4) {
    const bool is_f = t / 16 % 2 == 1;
    const std::set<int> chord = is_f ? std::set<int>{5, 9, 0} : std::set<int>{0, 4, 7};
    for (std::size_t v = 1; v < 4; ++v) within += static_cast<int>(chord.count(steps[t][v] % 12));
    if (t % 16 == 0) basses += steps[t][3] % 12 == (is_f ? 5 : 0) ? 1 : 0;
    ++beats;
  }
  // Of flat logits a quarter would be; and a twelfth of the basses.
  CHECK(within > 0.85 * 3 * beats);
  CHECK(basses >= 10);
}

TEST_CASE("chorale: of a piece that is half written that half is given out", "[chorale]") {
  const ScriptedDecoder decoder;
  const midi::Song input = Melody();
  const auto composer = ComposerOf(decoder);
  const auto plan = PlanOf(*composer, RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  const auto whole = Written(*plan, decoder, 3);
  const auto half = Written(*plan, decoder, 3, 4 * 32 + 2);
  CHECK(whole->cells() == 4 * 64);
  CHECK(whole->taken() == whole->cells());
  CHECK(whole->drawn() == 3 * 64);
  CHECK(whole->log_likelihood() < 0);
  CHECK(half->taken() == 4 * 32 + 2);
  const auto of_whole = Sixteenths(whole->song());
  const auto of_half = Sixteenths(half->song());
  for (std::size_t t = 0; t < of_half.size(); ++t) {
    CHECK(of_half[t][0] == of_whole[t][0]);
    CHECK(of_half[t][3] == (t <= 32 ? of_whole[t][3] : -1));
    CHECK(of_half[t][1] == (t < 32 ? of_whole[t][1] : -1));
  }
}

TEST_CASE("chorale: requests that cannot be followed are refused by name", "[chorale]") {
  const midi::Song four = FourVoices();
  CHECK(RefusalOf(RequestFor(v1::GENERATION_TASK_HARMONY, &four)).find("input:") == 0);

  const midi::Song melody = Melody();
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &melody);
  request.set_lowest_pitch(70);
  request.set_highest_pitch(80);
  CHECK(RefusalOf(request).find("lowest_pitch:") == 0);

  const midi::Song five =
      SongOfTracks({Quarters("v", {60}), Quarters("w", {61}), Quarters("x", {62}),
                    Quarters("y", {63}), Quarters("z", {64})});
  CHECK(RefusalOf(RequestFor(v1::GENERATION_TASK_HARMONY, &five)).find("input:") == 0);

  request = RequestFor(v1::GENERATION_TASK_HARMONY, &melody);
  request.set_signature_numerator(6);
  request.set_signature_denominator(8);
  CHECK(RefusalOf(request).find("signature") == 0);
}

TEST_CASE("chorale: weights of another kind are refused by name", "[chorale]") {
  const auto refusal = [](const std::string& key, const std::string& value) {
    ScriptedDecoder decoder;
    decoder.mutable_shape().metadata[key] = value;
    const auto composer = generate::CreateComposer(ChoraleManifest(), decoder);
    REQUIRE_FALSE(composer.ok());
    CHECK(composer.status().code() == absl::StatusCode::kInvalidArgument);
    return std::string(composer.status().message());
  };
  CHECK(refusal("format", R"("melody")").find("format") != std::string::npos);
  CHECK(refusal("low", "35").find("low") != std::string::npos);
  CHECK(refusal("ranges", "[[1, 2]]").find("ranges") != std::string::npos);
  CHECK(refusal("ranges", "[[1, 2], [3, 4], [5, 6], [70, 60]]").find("ranges") !=
        std::string::npos);
  CHECK(refusal("penalty", "{broken").find("penalty") != std::string::npos);
  CHECK(refusal("top_p", "7").find("top_p") != std::string::npos);
  ScriptedDecoder decoder;
  decoder.mutable_shape().vocabulary = 51;
  CHECK_FALSE(generate::CreateComposer(ChoraleManifest(), decoder).ok());
  decoder.mutable_shape().vocabulary = 50;
  decoder.mutable_shape().metadata.erase("order");
  CHECK_FALSE(generate::CreateComposer(ChoraleManifest(), decoder).ok());
}
