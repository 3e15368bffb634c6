// SPDX-License-Identifier: Apache-2.0
// What is not a model is refused, by the field and what is expected there.
#include <catch2/catch.hpp>

#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

json SmallWaveNet() {
  return RandomWaveNet({{4, 2, 3, {1, 2}}, {2, 1, 3, {1}, "Tanh", false, true}}, 1);
}
json SmallLstm() { return RandomLstm(3, 2, 1); }

// The refusal of `model`, which must hold `words`; and after it a good one still loads.
void CheckRefused(const json& model, const std::string& words) {
  FusedBench bench;
  const auto loaded = bench.Load(model.dump());
  CHECK(loaded.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(loaded.status().ToString(), Catch::Contains(words));
  CHECK_THAT(loaded.status().ToString(), Catch::Contains("model.nam: "));
  CHECK(bench.Load(SmallWaveNet().dump()).ok());
}

void CheckRefused(json model, const std::string& pointer, const json& value,
                  const std::string& words) {
  model[json::json_pointer(pointer)] = value;
  CheckRefused(model, words);
}

TEST_CASE("Fused: a good model says that it is real-time safe") {
  FusedBench bench;
  for (const json& model : {SmallWaveNet(), SmallLstm()}) {
    const auto loaded = bench.Load(model.dump());
    REQUIRE(loaded.ok());
    CHECK((*loaded)->description().real_time_safe);
    CHECK((*loaded)->description().latency_frames == 0);
  }
}

TEST_CASE("Fused: a wrong count of weights is refused with the right one") {
  json wavenet = SmallWaveNet(), lstm = SmallLstm();
  const std::size_t right = wavenet["weights"].size();
  wavenet["weights"].push_back(0.5);
  CheckRefused(wavenet, "weights: is a list of " + std::to_string(right + 1) + ", expected " +
                            std::to_string(right));
  const std::size_t right_lstm = lstm["weights"].size();
  lstm["weights"].erase(0);
  CheckRefused(lstm, "weights: is a list of " + std::to_string(right_lstm - 1) + ", expected " +
                         std::to_string(right_lstm));
}

TEST_CASE("Fused: unknown versions, architectures and activations are refused") {
  for (const char* version : {"0.4.9", "0.8.0", "1.5.0", "", "0.5"}) {
    CheckRefused(SmallWaveNet(), "/version", version,
                 std::string("version: is ") + version + ", expected 0.5.x to 0.7.x");
  }
  CheckRefused(SmallWaveNet(), "/version", 5, "version: is 5, expected a string");
  CheckRefused(SmallLstm(), "/architecture", "Transformer", "expected WaveNet, LSTM, ConvNet");
  CheckRefused(SmallWaveNet(), "/config/layers/1/activation", "Mish",
               "config.layers[1].activation: is Mish, expected Tanh");
}

TEST_CASE("Fused: weights that are no finite floats are refused") {
  CheckRefused(SmallWaveNet(), "/weights/7", nullptr, "weights[7]: is null, expected a number");
  CheckRefused(SmallLstm(), "/weights/0", 1e39, "weights[0]: is 1e+39, expected a finite float");
  CheckRefused(SmallLstm(), "/weights", "many", "weights: is \"many\"");
}

TEST_CASE("Fused: sizes beyond the limits are refused") {
  CheckRefused(SmallLstm(), "/config/num_layers", 5, "config.num_layers: is 5, expected 1 to 4");
  CheckRefused(SmallLstm(), "/config/hidden_size", 513, "expected 1 to 512");
  CheckRefused(SmallLstm(), "/config/hidden_size", -3, "config.hidden_size: is -3");
  CheckRefused(SmallLstm(), "/config/hidden_size", 2.5, "config.hidden_size: is 2.5");
  CheckRefused(SmallLstm(), "/config/input_size", 2, "config.input_size: is 2, expected 1");
  CheckRefused(SmallWaveNet(), "/config/layers/0/channels", 0, "expected 1 to 128");
  CheckRefused(SmallWaveNet(), "/config/layers/0/kernel_size", 65, "expected 1 to 64");
  CheckRefused(SmallWaveNet(), "/config/layers/0/dilations/1", 1 << 17,
               "config.layers[0].dilations[1]: is 131072, expected 1 to 65536");
  CheckRefused(SmallWaveNet(), "/config/layers/0/dilations", json::array(), "0 elements");
}

TEST_CASE("Fused: arrays that do not fit each other are refused") {
  CheckRefused(SmallWaveNet(), "/config/layers/1/input_size", 3,
               "config.layers[1].input_size: is 3, expected 4");
  CheckRefused(SmallWaveNet(), "/config/layers/1/channels", 4,
               "config.layers[1].channels: is 4, expected 2");
  CheckRefused(SmallWaveNet(), "/config/layers/1/head_size", 2, "expected 201");
  const json stereo = WithRandomWeights("WaveNet",
                                        {{"layers",
                                          {{{"input_size", 1},
                                            {"condition_size", 1},
                                            {"channels", 2},
                                            {"kernel_size", 1},
                                            {"dilations", {1}},
                                            {"activation", "Tanh"},
                                            {"head_size", 2}}}}},
                                        1);
  CheckRefused(stereo, "config: has 2 outputs, expected 1");
  CheckRefused(SmallWaveNet(), "/config/layers/0/condition_size", 2, "expected 1");
}

TEST_CASE("Fused: fields that nobody knows are refused, as they would change the model") {
  CheckRefused(SmallWaveNet(), "/config/layers/0/skip", 2,
               "config.layers[0].skip: is 2, expected no such field");
  CheckRefused(SmallWaveNet(), "/config/tail", 1, "config.tail: is 1");
  CheckRefused(SmallLstm(), "/config/skip", true, "config.skip: is true");
}

TEST_CASE("Fused: what versions 0.6 and 0.7 add is refused where it does not fit") {
  CheckRefused(SmallWaveNet(), "/config/layers/0/groups_input", 3,
               "config.layers[0].groups_input: is 3, expected a divisor of 4 and 4");
  CheckRefused(SmallWaveNet(), "/config/layers/0/gating_mode", "maybe", "none, gated or blended");
  CheckRefused(SmallWaveNet(), "/config/layers/0/gating_mode", {"none"},
               "config.layers[0].gating_mode: is a list of 1, expected 2");
  CheckRefused(SmallWaveNet(), "/config/layers/0/kernel_sizes", {1, 2, 3},
               "config.layers[0].kernel_sizes: is a list of 3, expected 2");
  CheckRefused(SmallWaveNet(), "/config/layers/0/layer1x1", {{"active", false}, {"groups", 1}},
               "weights: is a list of 198, expected 158");
  CheckRefused(SmallWaveNet(), "/config/layers/0/bottleneck", 300,
               "config.layers[0].bottleneck: is 300, expected 1 to 128");
  CheckRefused(SmallWaveNet(), "/config/layers/0/head1x1_post_film", json::object(),
               "head1x1_post_film: is active, expected inactive");
  CheckRefused(SmallWaveNet(), "/config/layers/0/conv_pre_film", {{"groups", 2}},
               "config.layers[0].conv_pre_film.groups: is 2, expected a divisor of 1 and 8");
  CheckRefused(SmallWaveNet(), "/config/layers/0/activation",
               {{"type", "PReLU"}, {"negative_slopes", {1, 2, 3}}},
               "config.layers[0].activation.negative_slopes: is a list of 3, expected 4");
  CheckRefused(SmallWaveNet(), "/config/layers/0/activation",
               {{"type", "LeakyHardtanh"}, {"min_val", 1}, {"max_val", 0}},
               "max_val: is 0, expected 1");
  CheckRefused(SmallWaveNet(), "/config/head", json::object(),
               "config.head.channels: is missing, expected 1 to 128");
  CheckRefused(SmallWaveNet(), "/config/condition_dsp", 1,
               "config.condition_dsp: is 1, expected an object");
  json inner = SmallWaveNet();
  inner["weights"].push_back(1.0);
  CheckRefused(SmallWaveNet(), "/config/condition_dsp", inner,
               "config.condition_dsp.weights: is a list of 199, expected 198");
  inner = SmallLstm();
  CheckRefused(SmallWaveNet(), "/config/condition_dsp", inner, "expected WaveNet or ConvNet");
}

TEST_CASE("Fused: what would need too much memory is refused, however small the file") {
  // With groups a few weights stand for large matrices.
  json array = {{"input_size", 1},    {"condition_size", 1},  {"channels", 128},
                {"kernel_size", 64},  {"activation", "Tanh"}, {"head_size", 1},
                {"groups_input", 128}};
  array["dilations"] = std::vector<int>(40, 1);
  CheckRefused(WithRandomWeights("WaveNet", {{"layers", {array}}}, 1),
               "config.layers: its matrices would need more than");
  CheckRefused(RandomWaveNet({{16, 1, 20, {65536}}}, 1), "a stream would need");
}

TEST_CASE("Fused: a container is refused if its parts are not in order") {
  const auto part = [](double maximum) {
    return json{{"max_value", maximum}, {"model", SmallLstm()}};
  };
  const auto container = [](const json& parts) {
    return json{{"version", "0.7.0"},
                {"architecture", "SlimmableContainer"},
                {"config", {{"submodels", parts}}},
                {"weights", json::array()}};
  };
  FusedBench bench;
  CHECK(bench.Load(container({part(0.5), part(1.0)}).dump()).ok());
  CheckRefused(container(json::array()), "config.submodels: is 0 elements");
  CheckRefused(container({part(0.5), part(0.5)}),
               "config.submodels[1].max_value: is 0.5, expected more than 0.5");
  CheckRefused(container(json::array({part(0.5)})),
               "config.submodels[0].max_value: is 0.5, expected at least 1");
  json within = part(1.0);
  within["model"] = container(json::array({part(1.0)}));
  CheckRefused(container(json::array({within})),
               "config.submodels[0].model.architecture: is SlimmableContainer");
  json broken = part(1.0);
  broken["model"]["weights"].push_back(0.0);
  CheckRefused(container(json::array({broken})), "config.submodels[0].model.weights: is a list of");
}

TEST_CASE("Fused: what is no JSON, or not of the form, is refused") {
  FusedBench bench;
  const json good = SmallWaveNet();
  const std::string whole = good.dump();
  CHECK_THAT(bench.Load(R"({"config": )" + std::string(40, '[') + std::string(40, ']') + "}")
                 .status()
                 .ToString(),
             Catch::Contains("nested more than 32 deep"));
  for (const std::string& text :
       {std::string(), std::string("{"), whole.substr(0, whole.size() / 2), std::string("[]"),
        std::string("7"), std::string(100000, '['), std::string("\xff\xfe")}) {
    CHECK(bench.Load(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
  for (const char* field : {"version", "architecture", "config", "weights"}) {
    json without = good;
    without.erase(field);
    CheckRefused(without, field);
  }
  CheckRefused(good, "/config/layers", 3, "config.layers: is 3");
  CheckRefused(good, "/config/layers/0", "x", "config.layers[0]: is \"x\", expected an object");
}

TEST_CASE("Fused: a manifest that contradicts the file is refused") {
  FusedBench bench;
  const std::string text = SmallLstm().dump();
  executor::LoadRequest request;
  request.description.sample_rate_hz = 44100;
  CHECK_THAT(bench.Load(text, request).status().ToString(),
             Catch::Contains("sample_rate_hz: is 44100, expected 48000 for a .nam file"));
  request.description.sample_rate_hz = 48000;
  request.description.input_channels = 2;
  CHECK_THAT(bench.Load(text, request).status().ToString(),
             Catch::Contains("audio.input_channels: is 2, expected 1"));
  request.description.input_channels = 1;
  request.description.latency_frames = 5;
  CHECK_THAT(bench.Load(text, request).status().ToString(), Catch::Contains("latency_frames"));
  request.description.latency_frames = 0;
  request.parameter_ids = {"gain"};
  CHECK_THAT(bench.Load(text, request).status().ToString(), Catch::Contains("parameters"));
}

TEST_CASE("Fused: CONTINUO_SIMD must name an instruction set of this processor") {
  const ScopedEnvironment forced("CONTINUO_SIMD", "mmx");
  FusedBench bench;
  const auto loaded = bench.Load(SmallLstm().dump());
  CHECK(loaded.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(loaded.status().ToString(), Catch::Contains("sse2"));
}

}  // namespace
}  // namespace continuo::test
