// SPDX-License-Identifier: Apache-2.0
// All that versions 0.6 and 0.7 add to NAM's WaveNet, and ConvNet and Linear, against
// double precision with every instruction set that this processor has.
#include <catch2/catch.hpp>

#include "tests/unit/fused_accuracy.h"

namespace continuo::test {
namespace {

const char* const kFilms[] = {
    "conv_pre_film",       "conv_post_film",       "input_mixin_pre_film", "input_mixin_post_film",
    "activation_pre_film", "activation_post_film", "layer1x1_post_film",   "head1x1_post_film"};

// Two layers of 8 channels, so that each field has something to change.
json Array() {
  return {{"input_size", 1},     {"condition_size", 1},  {"channels", 8},  {"kernel_size", 3},
          {"dilations", {1, 5}}, {"activation", "Tanh"}, {"head_size", 1}, {"head_bias", true}};
}
json WaveNet(const json& array, std::uint32_t seed = 1) {
  return WithRandomWeights("WaveNet",
                           {{"layers", {array}}, {"head", nullptr}, {"head_scale", 0.02}}, seed);
}
json With(json array, const std::string& field, const json& value) {
  array[field] = value;
  return array;
}
json Activations() {
  return {"Tanh",
          "ReLU",
          "Hardtanh",
          "Sigmoid",
          "SiLU",
          "Hardswish",
          "Softsign",
          "Fasttanh",
          "LeakyReLU",
          "PReLU",
          "LeakyHardtanh",
          {{"type", "LeakyReLU"}, {"negative_slope", 0.3}},
          {{"type", "LeakyReLU"}, {"negative_slope", 1.7}},
          {{"type", "PReLU"}, {"negative_slopes", {0.1, -0.2, 0.3, 1.4, 0.5, 0.6, 0.7, 0.8}}},
          {{"type", "LeakyHardtanh"},
           {"min_val", -0.4},
           {"max_val", 0.3},
           {"min_slope", 0.2},
           {"max_slope", 0.1}}};
}

TEST_CASE("Fused WaveNet: every activation with its numbers, gated and blended too") {
  const json all = Activations();
  const std::size_t i = GENERATE_COPY(range(std::size_t{0}, all.size()));
  json array = With(Array(), "gating_mode", GENERATE("none", "gated", "blended"));
  array["activation"] = all[i];
  array["secondary_activation"] = all[(i + 4) % all.size()];
  CheckAgainstReference(WaveNet(array), 500);
}

TEST_CASE("Fused WaveNet: layers of different taps, activations and gating") {
  json array = Array();
  array.erase("kernel_size");
  array["kernel_sizes"] = {6, 1, 15, 2};
  array["dilations"] = {1, 9, 13, 41};
  array["activation"] = {
      "ReLU", "Softsign", {{"type", "LeakyReLU"}, {"negative_slope", 0.2}}, "Tanh"};
  array["gating_mode"] = {"none", "blended", "none", "gated"};
  array["secondary_activation"] = {nullptr, "Sigmoid", "", "Hardtanh"};
  CheckAgainstReference(WaveNet(array), 900);
}

TEST_CASE("Fused WaveNet: a bottleneck narrower or wider, with a head of its own or without") {
  json array = With(Array(), "bottleneck", GENERATE(1, 3, 12));
  array["gating_mode"] = GENERATE("none", "gated");
  if (GENERATE(false, true))
    array["head1x1"] = {{"active", true}, {"out_channels", 5}, {"groups", 1}};
  CheckAgainstReference(WaveNet(array), 500);
}

TEST_CASE("Fused WaveNet: groups in every convolution") {
  json array = With(Array(), "groups_input", GENERATE(1, 2, 4, 8));
  array["layer1x1"] = {{"active", true}, {"groups", GENERATE(1, 4)}};
  array["head1x1"] = {{"active", true}, {"out_channels", 6}, {"groups", 2}};
  array["gating_mode"] = GENERATE("none", "gated");
  CheckAgainstReference(WaveNet(array), 500);
}

TEST_CASE("Fused WaveNet: a modulation wherever there is one, alone") {
  const std::string film = GENERATE(from_range(std::begin(kFilms), std::end(kFilms)));
  json array = With(Array(), "gating_mode", GENERATE("none", "gated", "blended"));
  array["bottleneck"] = 5;
  array["head1x1"] = {{"active", true}, {"out_channels", 3}, {"groups", 1}};
  array[film] = {{"active", true}, {"shift", GENERATE(true, false)}, {"groups", 1}};
  CheckAgainstReference(WaveNet(array), 400);
}

TEST_CASE("Fused WaveNet: all modulations at once") {
  json array = With(Array(), "gating_mode", GENERATE("none", "gated", "blended"));
  array["head1x1"] = {{"active", true}, {"out_channels", 4}, {"groups", 2}};
  for (const char* film : kFilms) array[film] = {{"active", true}, {"shift", true}, {"groups", 1}};
  CheckAgainstReference(WaveNet(array, 3), 400);
}

TEST_CASE("Fused WaveNet: layers without a join add what they activate") {
  json array = With(Array(), "layer1x1", {{"active", false}, {"groups", 1}});
  array["conv_pre_film"] = {{"active", GENERATE(true, false)}};
  CheckAgainstReference(WaveNet(array), 400);
}

TEST_CASE("Fused WaveNet: a head that looks back, and convolutions after all arrays") {
  json array = Array();
  array.erase("head_size");
  array["head"] = {{"out_channels", 3},
                   {"kernel_size", GENERATE(1, 16)},
                   {"bias", true},
                   {"head_dilation", GENERATE(1, 7)}};
  json config = {{"layers", {array}}, {"head_scale", 1.0}};
  config["head"] = {{"channels", 5}, {"out_channels", 1}, {"activation", GENERATE("ReLU", "SiLU")}};
  if (GENERATE(false, true)) {
    config["head"]["kernel_sizes"] = {3, 1, 4};
  } else {
    config["head"]["num_layers"] = 2;
  }
  CheckAgainstReference(WithRandomWeights("WaveNet", config, 4), 500);
}

TEST_CASE("Fused WaveNet: a condition made by a network, several channels of it") {
  json inner = With(Array(), "channels", 3);
  inner["head_size"] = 4;
  json array = With(Array(), "condition_size", 4);
  array["groups_input_mixin"] = GENERATE(1, 4);
  array["activation_pre_film"] = {{"active", GENERATE(true, false)}, {"groups", 2}};
  array["input_mixin_pre_film"] = {{"active", GENERATE(true, false)}, {"groups", 4}};
  json second = With(array, "input_size", 8);
  second["bottleneck"] = 2;
  second["groups_input_mixin"] = 2;
  array["head_size"] = 2;
  json config = {{"layers", {array, second}}, {"head_scale", 1.0}};
  config["condition_dsp"] = GENERATE(true, false) ? WaveNet(inner)
                                                  : WithRandomWeights("ConvNet",
                                                                      {{"channels", 5},
                                                                       {"out_channels", 4},
                                                                       {"batchnorm", true},
                                                                       {"dilations", {1, 4}},
                                                                       {"activation", "Tanh"}},
                                                                      6);
  CheckAgainstReference(WithRandomWeights("WaveNet", config, 5), 700);
}

TEST_CASE("Fused WaveNet: NAM's A2 shape, small and full") {
  const std::size_t channels = GENERATE(3U, 8U);
  json array = {{"input_size", 1}, {"condition_size", 1}, {"channels", channels}};
  array["head"] = {{"out_channels", 1}, {"kernel_size", 16}, {"bias", true}};
  array["activation"] = {{"type", "LeakyReLU"}, {"negative_slope", 0.01}};
  array["kernel_sizes"] = {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 15, 15, 6, 6, 6, 6, 6, 6, 6};
  array["dilations"] = {1,   3,   7, 17, 41, 101, 239, 1,  3,  7,   17, 41,
                        101, 239, 1, 13, 1,  3,   7,   17, 41, 101, 239};
  const json model = WithRandomWeights("WaveNet", {{"layers", {array}}, {"head_scale", 0.01}}, 7);
  CHECK(model["weights"].size() == (channels == 3 ? 1871U : 12146U));
  CheckAgainstReference(model, 1000, 8192);
}

TEST_CASE("Fused ConvNet: with and without batch norm, every instruction set") {
  const json config = {{"channels", GENERATE(1, 6, 16)},
                       {"dilations", {1, 2, 4, 64, 128}},
                       {"batchnorm", GENERATE(true, false)},
                       {"activation", GENERATE("Tanh", "ReLU", "SiLU")}};
  CheckAgainstReference(WithRandomWeights("ConvNet", config, 8), 700);
}

TEST_CASE("Fused Linear: impulse responses of any length, multiplied out or as spectra") {
  const std::size_t taps = GENERATE(1U, 2U, 33U, 1024U, 1025U, 1280U, 1281U, 5000U, 16384U, 20000U);
  CheckAgainstReference(
      WithRandomWeights("Linear", {{"receptive_field", taps}, {"bias", GENERATE(true, false)}}, 9),
      24000, 0);
}

}  // namespace
}  // namespace continuo::test
