// SPDX-License-Identifier: Apache-2.0
// WaveNets that may be played with fewer channels: each size is the whole network with everything
// that leads to or from the channels left out set to zero.
#include <catch2/catch.hpp>

#include "tests/unit/fused_accuracy.h"
#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

json Slimmable(std::vector<std::uint32_t> first, std::vector<std::uint32_t> second) {
  json model = RandomWaveNet(
      {{6, 4, 3, {1, 3, 70}, "Tanh", false, true}, {4, 1, 2, {1, 5}, "Sigmoid", false, true}}, 21);
  model["version"] = "0.7.0";
  const std::vector<std::uint32_t>* allowed[] = {&first, &second};
  for (std::size_t a = 0; a < 2; ++a) {
    if (allowed[a]->empty()) continue;
    model["config"]["layers"][a]["slimmable"] = {{"method", "slice_channels_uniform"},
                                                 {"kwargs", {{"allowed_channels", *allowed[a]}}}};
  }
  return model;
}

// What is beyond `channels` of each array is zero.
json Masked(json model, const std::vector<std::size_t>& channels) {
  std::size_t at = 0;
  const auto matrix = [&](std::size_t rows, std::size_t columns, std::size_t taps, std::size_t left,
                          std::size_t left_columns, bool bias) {
    for (std::size_t i = 0; i < rows * columns * taps; ++i, ++at) {
      if (i / (columns * taps) >= left || i / taps % columns >= left_columns) {
        model["weights"][at] = 0;
      }
    }
    for (std::size_t i = 0; bias && i < rows; ++i, ++at) {
      if (i >= left) model["weights"][at] = 0;
    }
  };
  std::size_t inputs = 1, inputs_left = 1;
  for (std::size_t a = 0; a < channels.size(); ++a) {
    const json& array = model["config"]["layers"][a];
    const std::size_t c = array["channels"], left = channels[a], outputs = array["head_size"];
    const std::size_t outputs_left = a + 1 < channels.size() ? channels[a + 1] : outputs;
    matrix(c, inputs, 1, left, inputs_left, false);
    for (std::size_t l = 0; l < array["dilations"].size(); ++l) {
      matrix(c, c, array["kernel_size"], left, left, true);
      matrix(c, 1, 1, left, 1, false);
      matrix(c, c, 1, left, left, true);
    }
    matrix(outputs, c, 1, outputs_left, left, array["head_bias"]);
    inputs = c;
    inputs_left = left;
  }
  return model;
}

absl::StatusOr<std::unique_ptr<executor::Model>> LoadAt(FusedBench& bench, const json& model,
                                                        const std::string& quality) {
  executor::LoadRequest request;
  request.options["quality"] = quality;
  return bench.Load(model.dump(), request);
}

TEST_CASE("Fused slimmable: each quality plays the sizes that the file allows, within 1e-6") {
  const json model = Slimmable({2, 4, 6}, {2, 4});
  const std::string level = GENERATE(from_range(SimdLevels()));
  const ScopedEnvironment forced("CONTINUO_SIMD", level);
  const auto in = TestSignal(2000, 3);
  FusedBench bench;
  for (const auto& [quality, channels] : {std::pair{"0", std::vector<std::size_t>{2, 2}},
                                          {"0.3", {2, 2}},
                                          {"0.34", {4, 2}},
                                          {"0.49", {4, 2}},
                                          {"0.5", {4, 4}},
                                          {"0.66", {4, 4}},
                                          {"0.67", {6, 4}},
                                          {"1", {6, 4}}}) {
    INFO(level << ", quality " << quality);
    const auto loaded = LoadAt(bench, model, quality);
    REQUIRE(loaded.ok());
    const auto out = Play(*NewState(**loaded), in, 64);
    const auto expected = ReferenceConvolutional(Masked(model, channels), in, 4000);
    double largest = 0, scale = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      largest = std::max(largest, std::abs(out[i] - expected[i]));
      scale = std::max(scale, std::abs(expected[i]));
    }
    CHECK(scale > 0.01);
    CHECK(largest <= 1e-6 * std::max(1.0, scale));
  }
}

TEST_CASE("Fused slimmable: a file is found to have a quality, and plays whole without one") {
  FusedBench bench;
  const json model = Slimmable({2, 4, 6}, {});
  const auto found = bench.Inspect(model.dump());
  REQUIRE(found.ok());
  CHECK(found->front().architecture == "WaveNet of 3 sizes");
  REQUIRE(found->front().parameters.size() == 1);
  CHECK(found->front().parameters[0].id == "quality");
  json plain = model;
  plain["config"]["layers"][0].erase("slimmable");
  const auto in = TestSignal(1000, 4);
  const auto whole = bench.LoadWith(SimdLevels().back(), plain);
  const auto expected = Play(*NewState(*whole), in, 64);
  const auto without = bench.LoadWith(SimdLevels().back(), model);
  CHECK((Play(*NewState(*without), in, 64) == expected));
}

TEST_CASE("Fused slimmable: the quality changes the size in play, and it is faded") {
  const json model = Slimmable({2, 6}, {});
  FusedBench bench;
  executor::LoadRequest request;
  request.parameter_ids = {"quality"};
  const auto loaded = bench.Load(model.dump(), request);
  REQUIRE(loaded.ok());
  const auto in = TestSignal(6000, 5);
  std::vector<float> quality(in.size(), 1.0F);
  std::fill(quality.begin() + 2000, quality.end(), 0.0F);
  std::vector<float> out(in.size());
  const auto state = NewState(**loaded);
  for (std::size_t done = 0; done < in.size(); done += 100) {
    const float* from = in.data() + done;
    const float* knob = quality.data() + done;
    float* to = out.data() + done;
    REQUIRE(state->Process({&from, &to, &knob, 100}) == executor::ProcessError::kNone);
  }
  const auto whole = LoadAt(bench, model, "1"), slim = LoadAt(bench, model, "0");
  REQUIRE((whole.ok() && slim.ok()));
  const auto before = Play(*NewState(**whole), in, 100), after = Play(*NewState(**slim), in, 100);
  CHECK(std::equal(out.begin(), out.begin() + 2000, before.begin()));
  CHECK_FALSE(std::equal(out.begin() + 4100, out.end(), before.begin() + 4100));
  // Its past is of the change: long enough ago by now.
  for (std::size_t t = 4100; t < out.size(); ++t) REQUIRE(out[t] == Approx(after[t]).margin(1e-6));
}

TEST_CASE("Fused slimmable: of many sizes eight are kept, the smallest of them above the least") {
  json model = RandomWaveNet({{20, 1, 2, {1, 2}, "Tanh", false, true}}, 22);
  model["config"]["layers"][0]["slimmable"] = {{"method", "slice_channels_uniform"}};
  FusedBench bench;
  const auto found = bench.Inspect(model.dump());
  REQUIRE(found.ok());
  CHECK(found->front().architecture == "WaveNet of 8 sizes");
}

TEST_CASE("Fused slimmable: channels that are no ascending list up to the array's are refused") {
  FusedBench bench;
  for (const auto& [allowed, words] :
       {std::pair{json{4, 2, 6}, "allowed_channels[1]: is 2, expected 5 to 6"},
        {json{2, 7}, "allowed_channels[1]: is 7, expected 3 to 6"},
        {json{2, 4}, "allowed_channels: is ended by 4, expected 6"},
        {json{2, "x"}, "allowed_channels[1]: is \"x\""},
        {json::array(), "allowed_channels"}}) {
    json model = Slimmable({2, 6}, {});
    model["config"]["layers"][0]["slimmable"]["kwargs"]["allowed_channels"] = allowed;
    const auto refused = bench.Load(model.dump());
    REQUIRE_FALSE(refused.ok());
    CHECK_THAT(refused.status().ToString(), Catch::Contains("config.layers[0].slimmable.kwargs"));
    CHECK_THAT(refused.status().ToString(), Catch::Contains(words));
  }
  json few = Slimmable({2, 6}, {});
  few["weights"].erase(0);
  CHECK_THAT(bench.Load(few.dump()).status().ToString(), Catch::Contains("weights: is a list of"));
}

TEST_CASE("Fused slimmable: what cannot be cut is played whole, with a note") {
  json model = RandomWaveNet({{6, 1, 2, {1, 2}, "Tanh", false, true}}, 23);
  model["version"] = "0.7.0";
  json& array = model["config"]["layers"][0];
  array["slimmable"] = {{"method", "of tomorrow"}};
  FusedBench bench;
  const auto found = bench.Inspect(model.dump());
  REQUIRE(found.ok());
  CHECK(found->front().parameters.empty());
  CHECK(found->front().notes ==
        std::vector<std::string>{"could be run with fewer channels; it is run with all of them"});
}

}  // namespace
}  // namespace continuo::test
