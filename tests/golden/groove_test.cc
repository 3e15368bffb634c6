// SPDX-License-Identifier: Apache-2.0
// The groove model that ships, from its weights to the notes, on the fused executor.
#include "daemon/generate/groove.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/executor/module.h"
#include "daemon/generate/groove_format.h"
#include "shared/midi/smf_writer.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

const std::string kFolder = CONTINUO_MODEL_SOURCE_DIR "/groove/";
constexpr int kStep = 120, kBar = 16 * kStep, kBars = 4;

std::string Bytes(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(bytes.empty());
  return bytes;
}

template <class Value>
std::vector<Value> Golden(const std::string& name) {
  const std::string bytes = Bytes("golden/golden-" + name);
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

v1::ModelManifest Manifest() {
  v1::ModelManifest manifest;
  REQUIRE(google::protobuf::util::JsonStringToMessage(Bytes("model.json"), &manifest).ok());
  return manifest;
}

// The shipped weights; the last grid is kept.
class Shipped : public executor::Decoder {
 public:
  Shipped() {
    static const auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
    REQUIRE(executor.ok());
    executor::LoadRequest request;
    request.model_id = "groove";
    request.weights_path = kFolder + "groove.safetensors";
    auto decoder = (*executor)->LoadDecoder(request);
    INFO(decoder.status().ToString());
    REQUIRE(decoder.ok());
    decoder_ = *std::move(decoder);
  }
  [[nodiscard]] const executor::DecoderShape& shape() const override { return decoder_->shape(); }
  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    grid_.assign(grid.begin(), grid.end());
    return decoder_->Encode(grid, steps);
  }
  [[nodiscard]] std::unique_ptr<executor::Sequence> CreateSequence() const override {
    return decoder_->CreateSequence();
  }
  [[nodiscard]] absl::Status Next(absl::Span<const executor::Cell> cells) const override {
    return decoder_->Next(cells);
  }
  [[nodiscard]] const std::vector<std::int32_t>& grid() const { return grid_; }

 private:
  std::unique_ptr<executor::Decoder> decoder_;
  mutable std::vector<std::int32_t> grid_;
};

struct Result {
  std::vector<midi::Note> notes;
  double nats_a_cell = 0;
};

Result Run(const v1::GenerateRequest& request, const Shipped& decoder, std::uint64_t seed) {
  const auto composer = CreateComposer(Manifest(), decoder);
  INFO(composer.status().ToString());
  REQUIRE(composer.ok());
  const auto plan = (*composer)->Prepare(request);
  INFO(plan.status().ToString());
  REQUIRE(plan.ok());
  const auto piece = (*plan)->Begin(seed).value();
  while (const executor::Cell* cell = piece->Next()) {
    REQUIRE(decoder.Next({cell, 1}).ok());
    piece->Take();
  }
  REQUIRE(midi::Validate(piece->song()).ok());
  return {
      piece->song().tracks.front().notes,
      -piece->log_likelihood() / static_cast<double>(std::max<std::uint64_t>(piece->drawn(), 1))};
}

v1::GenerateRequest New(const std::string& style, double density) {
  v1::GenerateRequest request;
  request.set_task(v1::GENERATION_TASK_DRUMS);
  request.set_bars(kBars);
  request.set_style(style);
  request.set_density(density);
  request.set_tempo_bpm(110);
  return request;
}

// Notes of `pitch`, or of all for 0, in a few pieces.
double NotesABar(const v1::GenerateRequest& request, const Shipped& decoder, int pitch) {
  constexpr int kPieces = 6;
  std::ptrdiff_t notes = 0;
  for (std::uint64_t seed = 0; seed < kPieces; ++seed) {
    const Result result = Run(request, decoder, seed);
    notes += std::count_if(result.notes.begin(), result.notes.end(), [&](const midi::Note& note) {
      return pitch == 0 || note.pitch == pitch;
    });
    for (const midi::Note& note : result.notes) {
      CHECK(note.start >= 0);
      CHECK(note.start < kBars * kBar);
    }
  }
  return static_cast<double>(notes) / (kPieces * kBars);
}

double SpreadOf(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(values.size());
  return std::sqrt(squares / count - sum / count * (sum / count));
}

std::multiset<std::pair<midi::Tick, int>> Hits(const std::vector<midi::Note>& notes) {
  std::multiset<std::pair<midi::Tick, int>> hits;
  for (const midi::Note& note : notes) hits.emplace((note.start + kStep / 2) / kStep, note.pitch);
  return hits;
}

}  // namespace

TEST_CASE("groove: the shipped weights give the golden logits", "[golden]") {
  const Shipped decoder;
  const auto tokens = Golden<std::int32_t>("token.i32");
  const auto steps = Golden<std::int32_t>("step.i32");
  const auto positions = Golden<std::int32_t>("position.i32");
  const auto expected = Golden<float>("logits.f32");
  const auto grid = Golden<std::int32_t>("grid.i32");
  const auto& shape = decoder.shape();
  const auto rows =
      decoder.Encode(grid, static_cast<std::uint32_t>(grid.size() / shape.grid_fields.size()));
  REQUIRE(rows.ok());
  const auto sequence = decoder.CreateSequence();
  std::vector<float> logits(shape.vocabulary);
  REQUIRE(expected.size() == steps.size() * logits.size());
  REQUIRE(steps.size() > shape.token_window);
  double worst = 0;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    const executor::Cell cell{
        .sequence = sequence.get(),
        .token = &tokens[n * shape.token_fields.size()],
        .encoded = rows->data() + static_cast<std::size_t>(steps[n]) * shape.width,
        .position = positions[n],
        .logits = logits.data()};
    REQUIRE(decoder.Next({&cell, 1}).ok());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      worst = std::max(worst, std::abs(double{logits[i]} - expected[n * logits.size() + i]));
    }
  }
  UNSCOPED_INFO(worst);
  CHECK(worst < 2e-3);
}

TEST_CASE("groove: the network is told what the training told it", "[golden]") {
  // The golden piece as a song, of which all but kick and snare is to be written.
  const auto tokens = Golden<std::int32_t>("token.i32");
  const auto steps = Golden<std::int32_t>("step.i32");
  const auto expected = Golden<std::int32_t>("grid.i32");
  const int pitches[] = {36, 38, 42, 46, 43, 47, 50, 49, 51};
  midi::Song song;
  song.tempos = {{.time = 0, .us_per_quarter = 60000000 / 104}};
  song.tracks.emplace_back();
  // A hit is told by the cell after its own, its offset by the one after that.
  for (std::size_t n = 1; n + 1 < steps.size(); ++n) {
    const std::int32_t value = tokens[3 * n], offset = tokens[3 * (n + 1) + 1];
    if (value == groove::kEnd) continue;
    // Just short of half a step, where it is half: that would be the next one's.
    const int late = std::clamp((offset - 1 - groove::kOnGrid) * 5, -59, 59);
    song.tracks.front().notes.push_back(
        {.start = std::max(steps[n - 1] * kStep + late, 0),
         .length = 20,
         .pitch = static_cast<std::uint8_t>(pitches[(value - 1) / groove::kVelocities]),
         .velocity = static_cast<std::uint8_t>((value - 1) % groove::kVelocities * 8 + 4),
         .channel = midi::kDrumChannel});
  }
  midi::Normalise(song);
  v1::GenerateRequest request;
  request.set_task(v1::GENERATION_TASK_INFILL);
  request.set_input(midi::WriteSmf(song).value());
  request.set_style("funk");
  const auto fields = std::size_t{groove::kFieldCount};
  const v1::ModelManifest manifest = Manifest();
  for (const std::string& voice : manifest.notes().voices()) {
    if (voice == "kick" || voice == "snare") continue;
    v1::Region* region = request.add_regions();
    region->set_first_bar(1);
    region->set_last_bar(static_cast<std::uint32_t>(expected.size() / fields / 16));
    region->set_voice(voice);
  }
  const Shipped decoder;
  REQUIRE(CreateComposer(Manifest(), decoder).value()->Prepare(request).ok());
  REQUIRE(decoder.grid().size() == expected.size());
  // No song begins before its start, and the offset of a hit in the last cells is not told.
  for (std::size_t at = fields; at + fields < expected.size(); at += fields) {
    const auto row = [&](const std::vector<std::int32_t>& grid) {
      return std::vector<std::int32_t>(&grid[at], &grid[at] + fields);
    };
    CHECK(row(decoder.grid()) == row(expected));
  }
}

TEST_CASE("groove: humanising keeps the hits and plays them as drummers do", "[golden]") {
  midi::Song song;
  song.tempos = {{.time = 0, .us_per_quarter = 500000}};
  std::vector<midi::Note>& notes = song.tracks.emplace_back().notes;
  for (int step = 0; step < 8 * 16; ++step) {
    const auto add = [&](std::uint8_t pitch) {
      notes.push_back({.start = step * kStep,
                       .length = 60,
                       .pitch = pitch,
                       .velocity = 100,
                       .channel = midi::kDrumChannel});
    };
    if (step % 8 == 0 || step % 16 == 10) add(36);
    if (step % 8 == 4 || step % 16 == 7) add(38);
    if (step % 2 == 0) add(42);
  }
  midi::Normalise(song);
  v1::GenerateRequest request;
  request.set_task(v1::GENERATION_TASK_HUMANIZE);
  request.set_input(midi::WriteSmf(song).value());
  request.set_style("funk");
  const Shipped decoder;
  std::vector<double> velocities, late;
  double backbeat = 0, ghost = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Result result = Run(request, decoder, seed);
    CHECK(Hits(result.notes) == Hits(notes));
    CHECK(result.nats_a_cell < 3);
    for (const midi::Note& note : result.notes) {
      velocities.push_back(note.velocity);
      const midi::Tick step = (note.start + kStep / 2) / kStep;
      late.push_back(static_cast<double>(note.start - step * kStep) / kStep);
      if (note.pitch == 38) (step % 8 == 4 ? backbeat : ghost) += note.velocity / 32.0;
    }
  }
  INFO("velocity " << SpreadOf(velocities) << ", timing " << SpreadOf(late) << ", backbeat "
                   << backbeat << ", ghost " << ghost);
  CHECK(SpreadOf(velocities) > 10);
  CHECK(SpreadOf(late) > 0.03);
  CHECK(SpreadOf(late) < 0.3);
  // Two backbeats a bar, one ghost note: 64 and 32 of them.
  CHECK(backbeat / 2 > ghost + 10);
}

TEST_CASE("groove: density and style are followed", "[golden]") {
  const Shipped decoder;
  const double few = NotesABar(New("rock", 0.05), decoder, 0);
  const double many = NotesABar(New("rock", 0.95), decoder, 0);
  const double jazz = NotesABar(New("jazz", 0.5), decoder, 51);
  const double hiphop = NotesABar(New("hiphop", 0.5), decoder, 51);
  INFO(few << " and " << many << " notes a bar; ride " << jazz << " and " << hiphop);
  CHECK(many > 2 * few);
  CHECK(few < 12);
  CHECK(many > 20);
  CHECK(jazz > hiphop + 1);
}
