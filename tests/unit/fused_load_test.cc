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
  CheckRefused(SmallWaveNet(), "/version", "0.6.0", "version: is 0.6.0, expected 0.5.x");
  CheckRefused(SmallWaveNet(), "/version", 5, "version: is 5, expected a string");
  CheckRefused(SmallLstm(), "/architecture", "ConvNet", "expected WaveNet or LSTM");
  CheckRefused(SmallWaveNet(), "/config/layers/1/activation", "Softsign",
               "config.layers[1].activation: is Softsign, expected Tanh");
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
  const json vast = RandomWaveNet({{16, 1, 20, {65536}}}, 1);
  CheckRefused(vast, "a stream would need");
}

TEST_CASE("Fused: arrays that do not fit each other are refused") {
  CheckRefused(SmallWaveNet(), "/config/layers/1/input_size", 3,
               "config.layers[1].input_size: is 3, expected 4");
  CheckRefused(SmallWaveNet(), "/config/layers/1/channels", 4,
               "config.layers[1].channels: is 4, expected 2");
  CheckRefused(SmallWaveNet(), "/config/layers/1/head_size", 2, "expected 1");
  CheckRefused(SmallWaveNet(), "/config/layers/0/condition_size", 2, "expected 1");
}

TEST_CASE("Fused: fields of later versions are refused, as they change the model") {
  CheckRefused(SmallWaveNet(), "/config/layers/0/bottleneck", 2, "config.layers[0].bottleneck");
  CheckRefused(SmallWaveNet(), "/config/head", json::object(), "config.head: is {}, expected null");
  CheckRefused(SmallWaveNet(), "/config/condition_dsp", 1, "config.condition_dsp");
}

TEST_CASE("Fused: what is no JSON, or not of the form, is refused") {
  FusedBench bench;
  const json good = SmallWaveNet();
  const std::string whole = good.dump();
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
             Catch::Contains("sample_rate_hz: is 44100, expected 48000"));
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
