// SPDX-License-Identifier: Apache-2.0
// film_tcn and gain_gru in the fused executor.
#include <catch2/catch.hpp>

#include "tests/unit/film_tcn_reference.h"
#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

using Rows = std::vector<std::vector<float>>;

executor::LoadRequest RequestFor(const json& file) {
  executor::LoadRequest request;
  request.description.sample_rate_hz = 48000;
  request.parameter_ids = file["parameters"].get<std::vector<std::string>>();
  return request;
}

std::unique_ptr<executor::Model> LoadAt(FusedBench& bench, const std::string& level,
                                        const json& file) {
  const ScopedEnvironment forced("CONTINUO_SIMD", level);
  auto loaded = bench.Load(file.dump(), RequestFor(file));
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  return *std::move(loaded);
}

std::vector<float> PlayIn(executor::State& state, const std::vector<float>& in, const Rows& rows,
                          BlockCut cut) {
  std::vector<float> out(in.size());
  for (std::size_t done = 0; done < in.size();) {
    const std::size_t frames = cut.Next(in.size() - done);
    const float* from = in.data() + done;
    float* to = out.data() + done;
    std::vector<const float*> parameters;
    for (const auto& row : rows) parameters.push_back(row.data() + done);
    REQUIRE(state.Process({&from, &to, parameters.data(), static_cast<std::uint32_t>(frames)}) ==
            executor::ProcessError::kNone);
    done += frames;
  }
  return out;
}

// Still, then jumping, then moving frame by frame, then still again.
Rows Knobs(std::size_t count, std::size_t frames) {
  Rows rows(count, std::vector<float>(frames));
  for (std::size_t p = 0; p < count; ++p) {
    for (std::size_t n = 0; n < frames; ++n) {
      const bool is_level = p + 1 == count;
      const float turn = n < 300    ? 2.0F
                         : n < 777  ? 8.0F
                         : n < 1500 ? 8.0F - 0.004F * static_cast<float>(n - 777)
                                    : 5.0F;
      rows[p][n] = is_level ? turn - 6.0F : turn + 0.3F * static_cast<float>(p);
    }
  }
  return rows;
}

const FilmShape kShapes[] = {
    {4, 4, 1, {3}, {1}},
    {8, 8, 2, {10, 8, 8}, {1, 2, 6}},
    {12, 16, 2, {10, 8, 8, 8, 8}, {1, 2, 6, 16, 32}},
    {20, 12, 3, {2, 5}, {700, 3}},
};

TEST_CASE("FilmTcn: each instruction set is within 1e-6 of double precision") {
  const FilmShape shape = GENERATE(from_range(std::begin(kShapes), std::end(kShapes)));
  const std::string level = GENERATE(from_range(SimdLevels()));
  const json file = RandomFilmTcn(shape, shape.channels);
  const auto in = RandomFloats(2000, 0.7F, 5);
  const Rows knobs = Knobs(shape.knobs + 1, in.size());
  const auto expected = FilmTcnReference(file, in, knobs);
  FusedBench bench;
  const auto model = LoadAt(bench, level, file);
  const auto out = PlayIn(*NewState(*model), in, knobs, 256);
  double largest = 0, peak = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    largest = std::max(largest, std::abs(out[i] - expected[i]));
    peak = std::max(peak, std::abs(expected[i]));
  }
  INFO(level << ", " << shape.channels << " channels, peak " << peak);
  CHECK(peak > 0.05);
  CHECK(largest <= 1e-6 * std::max(1.0, peak));
}

TEST_CASE("FilmTcn, GainGru: however a signal is cut, each sample is the same bit by bit") {
  const json file =
      GENERATE(RandomFilmTcn({12, 16, 2, {10, 8, 8}, {1, 2, 90}}, 3), RandomGainGru(16, 4));
  const std::string level = GENERATE(from_range(SimdLevels()));
  const auto in = RandomFloats(5000, 0.9F, 6);
  const Rows knobs = Knobs(3, in.size());
  FusedBench bench;
  const auto model = LoadAt(bench, level, file);
  const auto whole = PlayIn(*NewState(*model), in, knobs, 4096);
  for (const BlockCut& cut : BlockCuts()) {
    INFO(level << ", " << cut.name());
    CHECK(PlayIn(*NewState(*model), in, knobs, cut) == whole);
  }
}

TEST_CASE("FilmTcn, GainGru: after a reset a state is as new, and silence gives silence") {
  const json file = GENERATE(RandomFilmTcn({8, 8, 2, {4, 4}, {1, 8}}, 3), RandomGainGru(8, 4));
  FusedBench bench;
  const auto model = LoadAt(bench, SimdLevels().back(), file);
  const auto state = NewState(*model);
  const Rows knobs = Knobs(3, 3000);
  const std::vector<float> silence(3000, 0.0F);
  const auto in = RandomFloats(3000, 0.9F, 6);
  CHECK(PlayIn(*state, silence, knobs, 256) == silence);
  state->Reset();
  const auto first = PlayIn(*state, in, knobs, 256);
  CHECK(first != silence);
  state->Reset();
  CHECK(PlayIn(*state, in, knobs, 256) == first);
}

TEST_CASE("FilmTcn, GainGru: samples that are no numbers count as silence") {
  const json file = GENERATE(RandomFilmTcn({8, 8, 2, {4, 4}, {1, 8}}, 3), RandomGainGru(8, 4));
  FusedBench bench;
  const auto model = LoadAt(bench, SimdLevels().back(), file);
  auto in = RandomFloats(1000, 0.9F, 6);
  auto cleaned = in;
  const Rows knobs = Knobs(3, in.size());
  in[100] = std::numeric_limits<float>::quiet_NaN();
  in[200] = -std::numeric_limits<float>::infinity();
  in[300] = 1e30F;
  cleaned[100] = cleaned[200] = 0;
  cleaned[300] = 8;
  CHECK(PlayIn(*NewState(*model), in, knobs, 64) == PlayIn(*NewState(*model), cleaned, knobs, 64));
}

struct Damage {
  std::function<void(json&)> change;
  const char* message;
};

TEST_CASE("FilmTcn, GainGru: what does not fit is refused with the field and what is expected") {
  const Damage film[] = {
      {[](json& f) { f["version"] = 2; }, "version: is 2, expected"},
      {[](json& f) { f["architecture"] = "tcn"; }, "architecture: is \"tcn\", expected film_tcn"},
      {[](json& f) { f["sample_rate_hz"] = 44100; }, "sample_rate_hz: is 48000, expected 44100"},
      {[](json& f) { f["latency_frames"] = 4; }, "audio.latency_frames: is 0, expected 4"},
      {[](json& f) { f["parameters"] = {"level"}; }, "parameters: are [knob0, knob1, level]"},
      {[](json& f) { f["weights"].erase(0); }, "weights: is a list of 315, expected 316"},
      {[](json& f) { f["weights"][3] = 1e39; }, "weights[3]: is 1e+39, expected a number"},
      {[](json& f) { f["weights"][3] = "x"; }, "weights[3]: is \"x\", expected a number"},
      {[](json& f) { f["surprise"] = 1; }, "surprise"},
      {[](json& f) { f.erase("config"); }, "config: is null, expected an object"},
      {[](json& f) { f["config"]["channel_fours"] = 33; }, "config.channel_fours: is 33"},
      {[](json& f) { f["config"]["knobs"][1]["maximum"] = 0; }, "config.knobs[1].maximum: is 0"},
      {[](json& f) { f["config"]["layers"][1]["taps"] = 65; }, "config.layers[1].taps: is 65"},
      {[](json& f) { f["config"]["layers"][0]["activation"] = "ReLU"; },
       "config.layers[0].activation: is \"ReLU\", expected Tanh or Linear"},
      {[](json& f) { f["config"]["output"]["poles"][0] = 1.0; }, "config.output.poles[0]: is 1.0"},
      {[](json& f) { f["config"]["output"]["residues"] = {1.0}; },
       "config.output.residues: is [1.0], expected a list of 2 numbers"},
      {[](json& f) { f["config"]["front"]["type"] = "valve"; },
       "config.front.type: is \"valve\", expected plain, diode_clipper or triode"},
      {[](json& f) { f["config"]["front"]["type"] = "triode"; }, "config.front."},
      {[](json& f) { f["config"]["front"]["type"] = "diode_clipper"; },
       "config.front.poles: is missing, expected a list of 3 numbers"},
  };
  FusedBench bench;
  const auto refuses = [&](const json& good, const Damage& damage) {
    json file = good;
    damage.change(file);
    const auto loaded = bench.Load(file.dump(), RequestFor(good));
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(loaded.status().message()), Catch::Contains(damage.message));
  };
  for (const Damage& damage : film) refuses(RandomFilmTcn({8, 4, 2, {2, 2}, {1, 2}}, 1), damage);
  const Damage gru[] = {
      {[](json& f) { f["config"]["hidden"] = 65; }, "config.hidden: is 65"},
      {[](json& f) { f["config"]["block_frames"] = 0; }, "config.block_frames: is 0"},
      {[](json& f) { f["config"]["floor"] = 0; }, "config.floor: is 0"},
      {[](json& f) { f["config"]["level_maximum"] = -1; }, "config.level_maximum: is -1"},
      {[](json& f) { f["weights"].erase(0); }, "weights: is a list of 100, expected 101"},
  };
  for (const Damage& damage : gru) refuses(RandomGainGru(4, 1), damage);
}

TEST_CASE("FilmTcn: a file is inspected without a manifest") {
  FusedBench bench;
  const json file = RandomFilmTcn({8, 4, 2, {2, 2}, {1, 2}}, 1);
  const auto found = bench.Inspect(file.dump());
  INFO(found.status().ToString());
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  CHECK(found->front().architecture == "film_tcn");
  CHECK(found->front().parameters.size() == 3);
  CHECK(found->front().weight_count == file["weights"].size());
}

}  // namespace
}  // namespace continuo::test
