// SPDX-License-Identifier: Apache-2.0
// The weights that ship, asked how likely they have a song that is there: for a song of their own
// that is what its candidate was told, cell for cell.
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/module.h"
#include "daemon/generate/likelihood.h"
#include "daemon/generate/reference.h"
#include "shared/midi/smf_writer.h"
#include "tests/unit/generate_songs.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

constexpr std::uint32_t kBars = 8;

struct Shipped {
  explicit Shipped(const std::string& id) {
    static const auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
    REQUIRE(executor.ok());
    const std::string folder = CONTINUO_MODEL_SOURCE_DIR "/" + id + "/";
    std::ifstream file(folder + "model.json");
    const std::string json{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(google::protobuf::util::JsonStringToMessage(json, &manifest).ok());
    executor::LoadRequest request;
    request.model_id = id;
    request.weights_path = folder + id + ".safetensors";
    auto loaded = (*executor)->LoadDecoder(request);
    INFO(loaded.status().ToString());
    REQUIRE(loaded.ok());
    decoder = *std::move(loaded);
    auto created = CreateComposer(manifest, *decoder);
    INFO(created.status().ToString());
    REQUIRE(created.ok());
    composer = *std::move(created);
  }

  void Finish(Piece* piece) const {
    while (const executor::Cell* cell = piece->Next()) {
      REQUIRE(decoder->Next({cell, 1}).ok());
      piece->Take();
    }
  }

  v1::ModelManifest manifest;
  std::unique_ptr<executor::Decoder> decoder;
  std::unique_ptr<Composer> composer;
};

double MeanOf(const Piece& piece) {
  REQUIRE(piece.drawn() > 0);
  return piece.log_likelihood() / static_cast<double>(piece.drawn());
}

// Of each task of the model, from what it writes from nothing.
v1::GenerateRequest RequestFor(const std::string& task, const midi::Song& song) {
  v1::GenerateRequest request;
  midi::Song given = song;
  if (task == "harmony") given.tracks = {song.tracks.front()};
  if (task == "continue") given = Excerpt(song, 0, kBars / 2);
  if (task != "melody" && task != "drums") request.set_input(midi::WriteSmf(given).value());
  for (int value = v1::GenerationTask_MIN; value <= v1::GenerationTask_MAX; ++value) {
    if (!v1::GenerationTask_IsValid(value)) continue;
    request.set_task(static_cast<v1::GenerationTask>(value));
    if (SituationOf(request) == task) break;
  }
  if (task == "melody" || task == "drums") request.set_bars(kBars);
  if (task == "continue") request.set_bars(kBars / 2);
  if (task == "infill") {
    request.add_regions()->set_first_bar(3);
    request.mutable_regions(0)->set_last_bar(6);
  }
  return request;
}

}  // namespace

TEST_CASE("A model's own song is as likely again as when it was written", "[golden]") {
  const std::string id = GENERATE("chorale", "melody", "groove");
  const Shipped shipped(id);
  v1::GenerateRequest first;
  first.set_task(id == "melody"    ? v1::GENERATION_TASK_MELODY
                 : id == "chorale" ? v1::GENERATION_TASK_HARMONY
                                   : v1::GENERATION_TASK_DRUMS);
  first.set_bars(kBars);
  const auto from_nothing = shipped.composer->Prepare(first);
  REQUIRE(from_nothing.ok());
  const auto written = (*from_nothing)->Begin(5).value();
  shipped.Finish(written.get());
  std::vector<std::string> tasks(shipped.manifest.notes().tasks().begin(),
                                 shipped.manifest.notes().tasks().end());
  tasks.insert(tasks.begin(), SituationOf(first));
  int exact = 0;
  int all = 0;
  for (const std::string& task : tasks) {
    const bool is_first = &task == &tasks.front();
    const auto plan =
        shipped.composer->Prepare(is_first ? first : RequestFor(task, written->song()));
    INFO(id << ", " << task << ": " << plan.status().ToString());
    REQUIRE(plan.ok());
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const auto drawn = (*plan)->Begin(seed).value();
      shipped.Finish(drawn.get());
      const auto retraced = (*plan)->Retrace(drawn->song(), seed);
      INFO("seed " << seed << ": " << retraced.status().ToString());
      REQUIRE(retraced.ok());
      shipped.Finish(retraced->get());
      CHECK((*retraced)->drawn() == drawn->drawn());
      const double apart = std::abs(MeanOf(**retraced) - MeanOf(*drawn));
      exact += apart < 1e-9 ? 1 : 0;
      ++all;
      // What a song does not say: a chord that is written again (it is held), and how much before
      // the first beat a hit was (nothing is before a song's start).
      CHECK(apart < (id == "chorale" ? 1e-9 : 0.06));
    }
  }
  INFO(id << ": " << exact << " of " << all << " to the last digit");
  CHECK(2 * exact >= all);
}

TEST_CASE("A real phrase is likelier than its notes dealt out anew", "[golden]") {
  const Shipped shipped("chorale");
  std::vector<std::array<int, 4>> chords{{67, 62, 59, 43}, {69, 62, 57, 50}, {71, 62, 55, 43},
                                         {72, 64, 55, 48}, {71, 62, 55, 43}, {69, 62, 57, 42},
                                         {67, 62, 59, 43}, {67, 62, 59, 43}};
  const midi::Song phrase = FourParts(chords);
  std::reverse(chords[1].begin(), chords[1].end());
  std::swap(chords[2][0], chords[5][3]);
  std::swap(chords[3][1], chords[6][2]);
  const std::vector<midi::Song> songs{phrase, FourParts(chords)};
  for (const std::string& situation : SituationsOf(shipped.manifest.notes())) {
    if (situation == "vary") continue;  // rewrites too few of two bars
    const auto found = LikelihoodsOf(songs, 2, situation, *shipped.composer, *shipped.decoder);
    INFO(situation << ": " << found.status().ToString());
    REQUIRE(found.ok());
    REQUIRE((*found)[0]);
    REQUIRE((*found)[1]);
    CHECK(*(*found)[0] > *(*found)[1]);
  }
}
