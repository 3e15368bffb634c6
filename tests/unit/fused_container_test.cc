// SPDX-License-Identifier: Apache-2.0
// Containers of models of several sizes, and the quality that chooses among them.
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

json Part(int number) {
  if (number == 1) return RandomLstm(5, 1, 2);
  return RandomWaveNet({{4, 1, 3, {1, 2, 40}, "Tanh", false, true}}, 1);
}
json Container() {
  return {
      {"version", "0.7.0"},
      {"architecture", "SlimmableContainer"},
      {"sample_rate", 48000},
      {"config",
       {{"submodels",
         {{{"max_value", 0.4}, {"model", Part(0)}}, {{"max_value", 1.0}, {"model", Part(1)}}}}}},
      {"weights", json::array()}};
}

std::vector<float> PlayWith(executor::State& state, const std::vector<float>& in,
                            const std::vector<float>& quality, BlockCut cut) {
  std::vector<float> out(in.size());
  for (std::size_t done = 0; done < in.size();) {
    const float* from = in.data() + done;
    const float* parameter = quality.data() + done;
    float* to = out.data() + done;
    const auto frames = static_cast<std::uint32_t>(cut.Next(in.size() - done));
    REQUIRE(state.Process({&from, &to, &parameter, frames}) == executor::ProcessError::kNone);
    done += frames;
  }
  return out;
}

std::unique_ptr<executor::Model> LoadWithQuality(FusedBench& bench,
                                                 const std::string& level = SimdLevels().back()) {
  const ScopedEnvironment forced("CONTINUO_SIMD", level);
  executor::LoadRequest request;
  request.parameter_ids = {"quality"};
  auto loaded = bench.Load(Container().dump(), request);
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  return *std::move(loaded);
}

TEST_CASE("Fused container: without a parameter it is its last model") {
  FusedBench bench;
  const auto in = TestSignal(3000, 1);
  const auto container = bench.LoadWith(SimdLevels().back(), Container());
  const auto last = bench.LoadWith(SimdLevels().back(), Part(1));
  CHECK((Play(*NewState(*container), in, 100) == Play(*NewState(*last), in, 100)));
}

TEST_CASE("Fused container: the quality chooses the model, and a change is faded") {
  FusedBench bench;
  const auto in = TestSignal(8000, 2);
  const auto model = LoadWithQuality(bench);
  std::vector<float> quality(in.size(), 1.0F);
  std::fill(quality.begin() + 1000, quality.end(), 0.2F);
  const auto out = PlayWith(*NewState(*model), in, quality, 64);
  const auto small = bench.LoadWith(SimdLevels().back(), Part(0));
  const auto large = bench.LoadWith(SimdLevels().back(), Part(1));
  const auto before = Play(*NewState(*large), in, 64);
  // The new one begins with the change.
  const auto after = Play(*NewState(*small), {in.begin() + 1000, in.end()}, 64);
  CHECK(std::equal(before.begin(), before.begin() + 1000, out.begin()));
  CHECK(std::equal(after.begin() + 2048, after.end(), out.begin() + 1000 + 2048));
  for (std::size_t t = 1000; t < 1000 + 2048; ++t) {
    const float low = std::min(before[t], after[t - 1000]) - 1e-6F;
    const float high = std::max(before[t], after[t - 1000]) + 1e-6F;
    REQUIRE((out[t] >= low && out[t] <= high));
  }
}

TEST_CASE(
    "Fused container: it begins with the model of its first quality, and after a reset again") {
  FusedBench bench;
  const auto in = TestSignal(3000, 8);
  const auto model = LoadWithQuality(bench);
  const std::vector<float> quality(in.size(), 0.2F);
  const auto small = bench.LoadWith(SimdLevels().back(), Part(0));
  const auto expected = Play(*NewState(*small), in, 64);
  const auto state = NewState(*model);
  CHECK((PlayWith(*state, in, quality, 64) == expected));
  state->Reset();
  CHECK((PlayWith(*state, in, quality, 64) == expected));
}

TEST_CASE("Fused container: what a change brings is heard when its past is of the signal") {
  json container = Container();
  const json long_memory = RandomWaveNet({{3, 1, 2, {1, 3000}, "Tanh", false, true}}, 6);
  container["config"]["submodels"][0]["model"] = long_memory;
  executor::LoadRequest request;
  request.parameter_ids = {"quality"};
  FusedBench bench;
  const auto model = bench.Load(container.dump(), request);
  REQUIRE(model.ok());
  const auto in = TestSignal(12000, 7);
  std::vector<float> quality(in.size(), 1.0F);
  std::fill(quality.begin() + 5000, quality.end(), 0.0F);
  const auto out = PlayWith(*NewState(**model), in, quality, 64);
  const auto alone = bench.LoadWith(SimdLevels().back(), long_memory);
  const auto always = Play(*NewState(*alone), in, 64);
  const std::size_t heard = 5000 + 3001 + 1024;
  CHECK(std::equal(out.begin() + heard, out.end(), always.begin() + heard));
  // As soon as anything of it is heard, it is what it would always have been.
  const auto large = bench.LoadWith(SimdLevels().back(), Part(1));
  const auto before = Play(*NewState(*large), in, 64);
  for (std::size_t t = 5000; t < heard; ++t) {
    REQUIRE(out[t] >= std::min(before[t], always[t]) - 1e-6F);
    REQUIRE(out[t] <= std::max(before[t], always[t]) + 1e-6F);
  }
}

TEST_CASE("Fused container: a changing quality is bit by bit the same in any blocks") {
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto in = TestSignal(12000, 3);
  const auto model = LoadWithQuality(bench, level);
  std::vector<float> quality(in.size());
  for (std::size_t t = 0; t < quality.size(); ++t) {
    quality[t] = 0.5F + 0.5F * std::sin(static_cast<float>(t) * 0.003F);
  }
  const auto whole = PlayWith(*NewState(*model), in, quality, 4096);
  for (const BlockCut& cut : BlockCuts()) {
    INFO(level << ", " << cut.name());
    CHECK((PlayWith(*NewState(*model), in, quality, cut) == whole));
  }
}

TEST_CASE("Fused container: with a fixed quality one model is made, and the others cost nothing") {
  FusedBench bench;
  const auto in = TestSignal(3000, 6);
  json container = Container();
  for (const auto& [quality, part] : {std::pair{"0", 0}, {"0.39", 0}, {"0.4", 1}, {"1", 1}}) {
    INFO(quality);
    executor::LoadRequest request;
    request.options["quality"] = quality;
    const auto alone = bench.Load(container.dump(), request);
    REQUIRE(alone.ok());
    const auto model = bench.LoadWith(SimdLevels().back(), Part(part));
    CHECK((Play(*NewState(**alone), in, 100) == Play(*NewState(*model), in, 100)));
  }
  // What is not chosen is not even looked at.
  container["config"]["submodels"][1]["model"]["weights"] = json::array();
  executor::LoadRequest request;
  request.options["quality"] = "0";
  CHECK(bench.Load(container.dump(), request).ok());
  request.parameter_ids = {"quality"};
  CHECK(bench.Load(container.dump(), request).ok());
  request.options.clear();
  CHECK_FALSE(bench.Load(container.dump(), request).ok());
}

TEST_CASE("Fused container: a fixed quality is from 0 to 1, and of containers alone") {
  FusedBench bench;
  for (const char* quality : {"", "big", "-0.1", "1.1", "nan"}) {
    INFO(quality);
    executor::LoadRequest request;
    request.options["quality"] = quality;
    const auto status = bench.Load(Container().dump(), request).status();
    CHECK_THAT(std::string(status.message()),
               Catch::Contains("option quality: is ") && Catch::Contains("expected 0 to 1"));
  }
  executor::LoadRequest request;
  request.options["quality"] = "1";
  CHECK_THAT(
      std::string(bench.Load(Part(1).dump(), request).status().message()),
      Catch::Contains(
          "option quality: is of containers and of what can be slimmed, and this is a LSTM"));
}

TEST_CASE("Fused container: a quality that is no number plays the largest model") {
  FusedBench bench;
  const auto in = TestSignal(500, 4);
  const auto model = LoadWithQuality(bench);
  const auto large = bench.LoadWith(SimdLevels().back(), Part(1));
  const std::vector<float> none(in.size(), std::nanf(""));
  CHECK((PlayWith(*NewState(*model), in, none, 64) == Play(*NewState(*large), in, 64)));
}

}  // namespace
}  // namespace continuo::test
