// SPDX-License-Identifier: Apache-2.0
// The chorale model that ships, from its weights to the notes, on the fused executor.
#include "daemon/generate/chorale.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "daemon/executor/module.h"
#include "tests/unit/chorale_song.h"

using namespace continuo;

namespace {

const std::string kFolder = CONTINUO_MODEL_SOURCE_DIR "/chorale/";

template <class Value>
std::vector<Value> Golden(const std::string& name) {
  std::ifstream file(kFolder + "golden/golden-" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(bytes.empty());
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

std::unique_ptr<executor::Decoder> Shipped(const std::string& precision = "") {
  static const auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(executor.ok());
  executor::LoadRequest request;
  request.model_id = "chorale";
  request.weights_path = kFolder + "chorale.safetensors";
  if (!precision.empty()) request.options["precision"] = precision;
  auto decoder = (*executor)->LoadDecoder(request);
  INFO(decoder.status().ToString());
  REQUIRE(decoder.ok());
  return *std::move(decoder);
}

// Sixteen bars in G: phrases of four, each to a long note.
midi::Song Tune() {
  return SongOfTracks(
      {Quarters("Soprano", {67, 71, 69, 71, 72, 74, 71, 71, 69, 71, 72, 71, 69, 69, 67, 67,
                            71, 74, 72, 71, 69, 71, 69, 67, 66, 67, 69, 71, 69, 69, 69, 69,
                            74, 74, 76, 74, 72, 71, 69, 69, 71, 72, 74, 71, 69, 67, 66, 66,
                            67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 69, 66, 67, 67, 67, 67})});
}

}  // namespace

TEST_CASE("chorale: the shipped weights give the golden logits", "[golden]") {
  const std::string precision = GENERATE("", "int8");
  const auto decoder = Shipped(precision);
  const auto tokens = Golden<std::int32_t>("token.i32");
  const auto steps = Golden<std::int32_t>("step.i32");
  const auto positions = Golden<std::int32_t>("position.i32");
  const auto expected = Golden<float>("logits.f32");
  const auto grid = Golden<std::int32_t>("grid.i32");
  const auto& shape = decoder->shape();
  const auto rows =
      decoder->Encode(grid, static_cast<std::uint32_t>(grid.size() / shape.grid_fields.size()));
  REQUIRE(rows.ok());
  const auto sequence = decoder->CreateSequence();
  std::vector<float> logits(shape.vocabulary);
  REQUIRE(expected.size() == steps.size() * logits.size());
  double worst = 0;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    const executor::Cell cell{
        .sequence = sequence.get(),
        .token = &tokens[n * shape.token_fields.size()],
        .encoded = rows->data() + static_cast<std::size_t>(steps[n]) * shape.width,
        .position = positions[n],
        .logits = logits.data()};
    REQUIRE(decoder->Next({&cell, 1}).ok());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      worst = std::max(worst, std::abs(double{logits[i]} - expected[n * logits.size() + i]));
    }
  }
  INFO(precision << " " << worst);
  // The tolerances of golden.json.
  CHECK(worst < (precision.empty() ? 2e-3 : 1.0));
}

TEST_CASE("chorale: a tune is harmonised by the rules, and kept", "[golden]") {
  const auto decoder = Shipped();
  const auto composer = generate::CreateComposer(ChoraleManifest(), *decoder);
  INFO(composer.status().ToString());
  REQUIRE(composer.ok());
  const midi::Song input = Tune();
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  request.set_key("G");
  const auto plan = (*composer)->Prepare(request);
  REQUIRE(plan.ok());
  VoiceLeading sum;
  double log_likelihood = 0;
  double cells = 0;
  int tonics = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto piece = Written(**plan, *decoder, seed);
    const midi::Song song = piece->song();
    CHECK(song.tracks[0].notes == input.tracks[0].notes);
    const auto steps = Sixteenths(song);
    CHECK(steps.size() == 256);
    const VoiceLeading found = LeadingOf(steps);
    sum.parallels += found.parallels;
    sum.crossings += found.crossings;
    sum.changes += found.changes;
    log_likelihood += piece->log_likelihood();
    cells += static_cast<double>(piece->drawn());
    tonics += steps.back()[3] % 12 == 7 ? 1 : 0;
  }
  INFO(sum.parallels << " parallels, " << sum.crossings << " crossings, " << sum.changes
                     << " changes, " << log_likelihood / cells << " nats, " << tonics);
  CHECK(sum.changes > 6 * 64);
  CHECK(sum.parallels <= 0.02 * sum.changes);
  CHECK(sum.crossings <= 0.03 * 6 * 256);
  CHECK(log_likelihood / cells > -1.0);
  // It has learnt how chorales end.
  CHECK(tonics >= 4);
}

TEST_CASE("chorale: a batch gives each piece the notes that it has alone", "[golden]") {
  const auto decoder = Shipped();
  const auto composer = generate::CreateComposer(ChoraleManifest(), *decoder);
  REQUIRE(composer.ok());
  const midi::Song input = Melody();
  const auto plan = (*composer)->Prepare(RequestFor(v1::GENERATION_TASK_HARMONY, &input));
  REQUIRE(plan.ok());
  auto from_nothing = RequestFor(v1::GENERATION_TASK_HARMONY, nullptr);
  from_nothing.set_bars(4);
  const auto other = (*composer)->Prepare(from_nothing);
  REQUIRE(other.ok());
  std::vector<std::unique_ptr<generate::Piece>> pieces;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    pieces.push_back((*plan)->Begin(seed).value());
    pieces.push_back((*other)->Begin(seed).value());
  }
  for (bool any = true; any;) {
    std::vector<executor::Cell> cells;
    std::vector<generate::Piece*> taking;
    for (const auto& piece : pieces) {
      if (const executor::Cell* cell = piece->Next(); cell != nullptr) {
        cells.push_back(*cell);
        taking.push_back(piece.get());
      }
    }
    any = !cells.empty();
    if (any) REQUIRE(decoder->Next(cells).ok());
    for (generate::Piece* piece : taking) piece->Take();
  }
  std::set<double> likelihoods;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto alone = Written(i % 2 == 0 ? **plan : **other, *decoder, i / 2 + 1);
    CHECK(alone->song() == pieces[i]->song());
    likelihoods.insert(alone->log_likelihood());
  }
  CHECK(likelihoods.size() == pieces.size());
}
