// SPDX-License-Identifier: Apache-2.0
// RTNeural's convolutions, normalisations and activations, alone and between LSTMs and GRUs,
// against double precision with every instruction set that this processor has.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/unit/recurrent_bench.h"

namespace continuo::test {
namespace {

KerasLayer Conv(std::size_t outputs, std::size_t taps, std::size_t dilation,
                const std::string& activation = "", std::size_t groups = 1) {
  return {"conv1d", outputs, activation, taps, dilation, groups};
}
KerasLayer Plain(const std::string& type, std::size_t outputs, bool whole = true) {
  return {type, outputs, "", 1, 1, 1, whole};
}

// A temporal convolutional net as Keras writes it, `dilations.size()` blocks.
json RandomTcn(std::size_t channels, std::size_t taps, const std::vector<std::size_t>& dilations,
               std::uint32_t seed) {
  std::vector<KerasLayer> shape;
  for (const std::size_t dilation : dilations) {
    shape.push_back(Conv(channels, taps, dilation));
    shape.push_back(Plain("batchnorm", channels));
    shape.push_back(Plain("prelu", channels));
  }
  shape.push_back(Conv(1, 1, 1));
  return RandomKeras(shape, 1, seed);
}

json RandomMixture(std::size_t inputs, std::uint32_t seed) {
  return RandomKeras({Conv(9, 5, 3),
                      Plain("prelu", 9),
                      {"lstm", 12, "tanh"},
                      Conv(6, 3, 50, "relu", 3),
                      {"gru", 7, ""},
                      {"activation", 7, "elu"},
                      {"dense", 1, ""}},
                     inputs, seed);
}

TEST_CASE("Fused convolutions: of any size they are within 1e-6 of double precision") {
  const std::size_t inputs = GENERATE(1U, 2U, 3U, 4U);
  const std::size_t channels = GENERATE(1U, 3U, 4U, 8U, 15U, 16U, 17U, 40U);
  const std::size_t taps = GENERATE(1U, 2U, 3U, 9U);
  INFO(inputs << " inputs, " << channels << " channels, " << taps << " taps");
  CheckKeras(
      RandomKeras({Conv(channels, taps, 1), Conv(channels + 2, taps, 7, "tanh"), Conv(1, taps, 2)},
                  inputs, static_cast<std::uint32_t>(channels)),
      inputs, 300);
}

TEST_CASE("Fused convolutions: long kernels and wide dilations look back as far as they say") {
  const std::size_t taps = GENERATE(2U, 3U, 31U, 257U);
  const std::size_t dilation = GENERATE(1U, 2U, 64U, 129U);
  INFO(taps << " taps, dilation " << dilation);
  CheckKeras(RandomKeras({Conv(5, taps, dilation), Conv(1, 2, dilation)}, 1, 3), 1, 700);
}

TEST_CASE("Fused convolutions: groups hear their own inputs alone") {
  const std::size_t groups = GENERATE(1U, 2U, 3U, 6U);
  INFO(groups);
  CheckKeras(RandomKeras({{"dense", 12, "tanh"},
                          Conv(6, 3, 2, "tanh", groups),
                          Conv(18, 1, 1, "", groups),
                          {"dense", 1, ""}},
                         1, 5));
}

TEST_CASE("Fused convolutions: every activation after every kind of layer") {
  const std::string activation =
      GENERATE("", "linear", "tanh", "relu", "sigmoid", "elu", "softmax");
  const std::string type = GENERATE("dense", "conv1d", "lstm", "gru", "batchnorm");
  const std::size_t outputs = GENERATE(2U, 5U, 16U, 19U);
  INFO(activation << " after " << outputs << " of " << type);
  const bool has_own = type == "dense" || type == "conv1d";
  std::vector<KerasLayer> shape = {{"dense", outputs, ""}};
  shape.push_back({type, outputs, has_own ? activation : "", type == "conv1d" ? 3U : 1U, 2});
  shape.push_back({"activation", outputs, activation});
  // A softmax of one output is 1, whatever comes before it.
  shape.push_back({"dense", 1, activation == "softmax" ? "" : activation});
  CheckKeras(RandomKeras(shape, 1, 4), 1, 600);
}

TEST_CASE("Fused convolutions: a softmax of large values does not overflow") {
  json file =
      RandomKeras({{"dense", 11, ""}, {"activation", 11, "softmax"}, {"dense", 1, ""}}, 1, 2);
  for (json& bias : file["layers"][0]["weights"][1]) bias = bias.get<double>() + 200;
  const auto rows = Rows(1, 300);
  // In a float 200 has no more than 1.5e-5 to its last place.
  CHECK(ErrorAgainst(ReferenceKeras(file, rows, 0), file, rows, "float32") <= 2e-5);
}

TEST_CASE("Fused convolutions: a normalisation is affine or not, slopes are shared or not") {
  const bool affine = GENERATE(true, false), each = GENERATE(true, false);
  const std::size_t channels = GENERATE(1U, 7U, 33U);
  INFO(channels << (affine ? " affine" : "") << (each ? " each" : " shared"));
  CheckKeras(RandomKeras({Plain("batchnorm", 1, affine),
                          Conv(channels, 3, 4, "tanh"),
                          Plain("batchnorm", channels, affine),
                          Plain("prelu", channels, each),
                          Plain("prelu", channels, each),
                          {"dense", 1, ""}},
                         1, 6));
}

TEST_CASE("Fused convolutions: a dense layer without a bias, and a net without memory") {
  CheckKeras(RandomKeras(
      {Plain("dense", 8, false), {"activation", 8, "tanh"}, Plain("dense", 1, false)}, 1, 7));
}

TEST_CASE("Fused convolutions: deep stacks are within 1e-6") {
  CheckKeras(RandomTcn(GENERATE(4U, 16U, 24U), 3, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, 8));
}

TEST_CASE("Fused convolutions: between LSTMs and GRUs, with knobs, gains and the input") {
  const std::size_t inputs = GENERATE(1U, 3U);
  json file = RandomMixture(inputs, 9);
  file["in_gain"] = -6.0;
  file["out_gain"] = 3.5;
  file["in_skip"] = 1;
  CheckKeras(file, inputs);
}

TEST_CASE("Fused convolutions: when the input is at rest and forgotten, no bit changes") {
  const json file = GENERATE(RandomTcn(5, 3, {1, 10, 33}, 1), RandomTcn(16, 2, {100}, 2));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto loaded = LoadAs(bench, level, file, 1);
  const std::size_t past = PastOf(file), heard = 217;
  std::vector<float> in = TestSignal(heard, 3);
  in.resize(heard + past + 500);
  const auto out = Play(*NewState(*loaded), in, 64);
  const float rest = Play(*NewState(*loaded), {0.0F}, 1)[0];
  CHECK(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(heard + past), out.end(),
                    [rest](float sample) { return sample == rest; }));
  CHECK(out[heard + past - 1] != rest);
}

TEST_CASE("Fused convolutions: the output is bit by bit the same, however the signal is cut") {
  const json file = GENERATE(RandomTcn(9, 3, {1, 7, 40}, 3), RandomMixture(1, 4));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto loaded = LoadAs(bench, level, file, 1);
  const auto in = TestSignal(3000, 5);
  const auto whole = Play(*NewState(*loaded), in, 3000);
  for (const BlockCut& cut : BlockCuts()) {
    INFO(level << ", " << cut.name());
    CHECK((Play(*NewState(*loaded), in, cut) == whole));
  }
}

TEST_CASE("Fused convolutions: a state that is reset begins again") {
  const json file = RandomMixture(1, 6);
  FusedBench bench;
  const auto loaded = LoadAs(bench, SimdLevels().back(), file, 1);
  const auto state = NewState(*loaded);
  const auto in = TestSignal(400, 7);
  const auto first = Play(*state, in, 99);
  state->Reset();
  CHECK((Play(*state, in, 99) == first));
}

TEST_CASE("Fused convolutions: with int16 the error of a mixed net is small") {
  const json file = RandomMixture(2, 12);
  const auto rows = Rows(2, 1200);
  CHECK(ErrorAgainst(ReferenceKeras(file, rows, SilentFrames(file)), file, rows, "int16") <= 1e-4);
}

// A path is put to rest by an output that is no number, and by nothing else.
TEST_CASE("Fused convolutions: no activation hides what is not a number") {
  const std::string activation = GENERATE("tanh", "relu", "sigmoid", "elu", "softmax");
  const std::string level = GENERATE(from_range(SimdLevels()));
  INFO(activation << ", " << level);
  const json file =
      RandomKeras({{"dense", 11, ""}, {"activation", 11, activation}, {"dense", 1, ""}}, 1, 2);
  FusedBench bench;
  const auto loaded = LoadAs(bench, level, file, 1);
  CHECK(std::isnan(Play(*NewState(*loaded), {std::numeric_limits<float>::quiet_NaN()}, 1)[0]));
}

}  // namespace
}  // namespace continuo::test
