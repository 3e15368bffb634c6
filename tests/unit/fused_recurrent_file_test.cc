// SPDX-License-Identifier: Apache-2.0
// GuitarML's and RTNeural's files: what they say is found, and what is not a model is
// refused, by the field and what is expected there.
#include <catch2/catch.hpp>

#include "tests/unit/fused_bench.h"
#include "tests/unit/recurrent_reference.h"

namespace continuo::test {
namespace {

json SmallGuitarMl() { return RandomGuitarMl("GRU", 3, 2, 2, 1); }
json SmallKeras() { return RandomKeras({{"gru", 3, ""}, {"lstm", 4, ""}, {"dense", 1, ""}}, 1, 1); }

absl::StatusOr<std::vector<executor::Inspection>> InspectText(const std::string& text) {
  const TemporaryDirectory directory;
  WriteFile(directory / "model.json", text);
  auto opened = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(opened.ok());
  return (*opened)->Inspect(directory / "model.json");
}

executor::Inspection Inspected(const json& file) {
  auto found = InspectText(file.dump());
  INFO(found.status().ToString());
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  return found->front();
}

// Both by Inspect and by Load, and after it a good one still loads.
void CheckRefused(const json& file, const std::string& words) {
  const auto found = InspectText(file.dump());
  CHECK(found.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(found.status().ToString(), Catch::Contains(words));
  FusedBench bench;
  CHECK_THAT(bench.Load(file.dump()).status().ToString(), Catch::Contains(words));
  CHECK(bench.Load(RandomCell("lstm", 2, 1).dump()).ok());
}
void CheckRefused(json file, const std::string& pointer, const json& value,
                  const std::string& words) {
  file[json::json_pointer(pointer)] = value;
  CheckRefused(file, words);
}

TEST_CASE("Fused files: a GuitarML file is inspected") {
  const auto found = Inspected(RandomGuitarMl("LSTM", 40, 3, 1, 1));
  CHECK(found.format == "GuitarML");
  CHECK(found.architecture == "LSTM-40");
  CHECK(found.description.sample_rate_hz == 44100);
  CHECK_FALSE(found.sample_rate_stated);
  CHECK_FALSE(found.self_test_passed);
  REQUIRE(found.parameters.size() == 2);
  CHECK(found.parameters[1].id == "knob_2");
  CHECK(found.weight_count == 160 * 43 + 2 * 160 + 41);
}

TEST_CASE("Fused files: an AIDA-X file is inspected and its self-test run") {
  json file = RandomCell("gru", 8, 2);
  file["metadata"] = {{"name", "Crunch"},
                      {"author", "A. Player"},
                      {"license", "CC0-1.0"},
                      {"style", "high gain"},
                      {"samplerate", "44100"}};
  const auto in = TestSignal(300, 3);
  file["input_batch"] = in;
  file["output_batch"] = ReferenceKeras(file, {in}, 0);
  // The self-test is without gains, whatever the file's are.
  file["in_gain"] = 6;
  file["out_gain"] = -3.5;
  const auto found = Inspected(file);
  CHECK(found.format == "AIDA-X");
  CHECK(found.architecture == "GRU-8");
  CHECK(found.name == "Crunch");
  CHECK(found.author == "A. Player");
  CHECK(found.license == "CC0-1.0");
  CHECK(found.notes == std::vector<std::string>{"style: high gain"});
  CHECK(found.description.sample_rate_hz == 44100);
  CHECK(found.sample_rate_stated);
  CHECK(found.self_test_passed);

  file["output_batch"][200] = file["output_batch"][200].get<double>() + 0.01;
  CheckRefused(file, "output_batch[200]: is ");
  file["output_batch"].erase(0);
  CheckRefused(file, "output_batch: is a list of 299, expected a list of 300 numbers");
  file.erase("output_batch");
  CheckRefused(file, "output_batch: is missing");
}

TEST_CASE("Fused files: a plain RTNeural file is inspected") {
  const auto found =
      Inspected(RandomKeras({{"dense", 8, "tanh"}, {"lstm", 8, "tanh"}, {"dense", 1, ""}}, 1, 1));
  CHECK(found.format == "RTNeural");
  CHECK(found.architecture == "LSTM-8");
  CHECK(found.description.sample_rate_hz == 48000);
  CHECK_FALSE(found.sample_rate_stated);
}

TEST_CASE("Fused files: sizes that GuitarML's shape does not allow are refused") {
  CheckRefused(SmallGuitarMl(), "/model_data/unit_type", "RNN", "model_data.unit_type: is \"RNN\"");
  CheckRefused(SmallGuitarMl(), "/model_data/hidden_size", 513, "expected 1 to 512");
  CheckRefused(SmallGuitarMl(), "/model_data/input_size", 5, "expected 1 to 4");
  CheckRefused(SmallGuitarMl(), "/model_data/num_layers", 5, "expected 1 to 4");
  CheckRefused(SmallGuitarMl(), "/model_data/num_layers", 3,
               "state_dict.rec.weight_ih_l2: is missing, expected a list of 9 lists");
  CheckRefused(SmallGuitarMl(), "/model_data/skip", 2, "model_data.skip: is 2, expected 0 to 1");
  CheckRefused(SmallGuitarMl(), "/model_data/output_size", 2, "expected 1");
  CheckRefused(SmallGuitarMl(), "/model_data", 7, "model_data: is 7, expected an object");
  CheckRefused(SmallGuitarMl(), "/model_data/hidden_size", 4,
               "state_dict.rec.weight_ih_l0: is a list of 9, expected a list of 12 lists");
}

TEST_CASE("Fused files: damaged numbers of a GuitarML file are refused by their place") {
  CheckRefused(SmallGuitarMl(), "/state_dict/rec.weight_hh_l1/4/2", nullptr,
               "state_dict.rec.weight_hh_l1[4][2]: is null, expected a finite float");
  CheckRefused(SmallGuitarMl(), "/state_dict/rec.bias_hh_l0/8", 1e39,
               "state_dict.rec.bias_hh_l0[8]: is 1e+39");
  CheckRefused(SmallGuitarMl(), "/state_dict/lin.bias", json::array(),
               "state_dict.lin.bias: is a list of 0, expected a list of 1 numbers");
  json without = SmallGuitarMl();
  without.erase("state_dict");
  CheckRefused(without, "state_dict: is missing");
}

TEST_CASE("Fused files: unknown layers and activations are refused") {
  CheckRefused(SmallKeras(), "/layers/1/type", "conv1d",
               "layers[1].type: is \"conv1d\", expected lstm, gru, dense");
  CheckRefused(SmallKeras(), "/layers/2/activation", "softmax",
               "layers[2].activation: is \"softmax\", expected none, tanh, relu or sigmoid");
  CheckRefused(SmallKeras(), "/layers/0/activation", "relu", "layers[0].activation");
  CheckRefused(RandomKeras({{"dense", 4, "tanh"}, {"dense", 1, ""}}, 1, 1), "0 lstm or gru");
  CheckRefused(RandomKeras({{"lstm", 4, ""}, {"dense", 2, ""}}, 1, 1), "2 outputs at the end");
  CheckRefused(SmallKeras(), "/layers", json::array(), "layers: is 0 elements");
}

TEST_CASE("Fused files: damaged layers are refused by their place") {
  CheckRefused(SmallKeras(), "/layers/0/shape", {nullptr, nullptr, 513}, "layers[0].shape: is ");
  CheckRefused(SmallKeras(), "/layers/0/shape", "x", "layers[0].shape: is \"x\"");
  CheckRefused(SmallKeras(), "/layers/0/weights/2", json::array({1, 2, 3}),
               "layers[0].weights[2]: is a list of 3, expected a list of 2 lists");
  CheckRefused(SmallKeras(), "/layers/1/weights/1/3/15", "many",
               "layers[1].weights[1][3][15]: is \"many\", expected a finite float");
  CheckRefused(SmallKeras(), "/layers/1/weights/0/2", 3,
               "layers[1].weights[0][2]: is 3, expected a list of 16 numbers");
  CheckRefused(SmallKeras(), "/in_shape", {nullptr, nullptr, 2},
               "layers[0].weights[0]: is a list of 1, expected a list of 2 lists");
  CheckRefused(SmallKeras(), "/in_shape", {nullptr, nullptr, 9}, "in_shape: is [null,null,9]");
  CheckRefused(SmallKeras(), "/layers/0", nullptr, "layers[0]: is null, expected an object");
}

TEST_CASE("Fused files: gains, rates and skips out of range are refused") {
  CheckRefused(SmallKeras(), "/in_gain", 1e9, "in_gain: is 1000000000.0, expected -60 to 60 dB");
  CheckRefused(SmallKeras(), "/out_gain", "loud", "out_gain: is \"loud\"");
  CheckRefused(SmallKeras(), "/samplerate", 100, "samplerate: is 100, expected 8000 to 192000");
  CheckRefused(SmallKeras(), "/metadata", {{"samplerate", "fast"}},
               "metadata.samplerate: is \"fast\"");
  CheckRefused(SmallKeras(), "/in_skip", 2, "in_skip: is 2, expected 0 to 1");
}

TEST_CASE("Fused files: a manifest must name the knobs and the rate that the file has") {
  FusedBench bench;
  const std::string knobs = SmallGuitarMl().dump();
  CHECK_THAT(bench.Load(knobs).status().ToString(), Catch::Contains("expected [knob_1]"));
  executor::LoadRequest request;
  request.description.sample_rate_hz = 44100;
  request.parameter_ids = {"knob_1"};
  CHECK(bench.Load(knobs, request).ok());
  request.parameter_ids.clear();
  json at_48 = SmallKeras();
  at_48["samplerate"] = 48000;
  CHECK_THAT(bench.Load(at_48.dump(), request).status().ToString(),
             Catch::Contains("sample_rate_hz: is 44100, expected 48000"));
}

TEST_CASE("Fused files: a precision that is none is refused") {
  FusedBench bench;
  executor::LoadRequest request;
  request.options["precision"] = "int4";
  CHECK_THAT(bench.Load(RandomCell("gru", 4, 1).dump(), request).status().ToString(),
             Catch::Contains("options.precision: is int4, expected float32 or int16"));
  CHECK_THAT(bench.Load(RandomLstm(4, 1, 1).dump(), request).status().ToString(),
             Catch::Contains("options.precision: is int4, expected float32 or int16"));
}

TEST_CASE("Fused files: int16 is refused where there is nothing to keep so") {
  FusedBench bench;
  executor::LoadRequest request;
  request.options["precision"] = "int16";
  CHECK(bench.Load(RandomLstm(4, 1, 1).dump(), request).ok());
  CHECK_THAT(bench.Load(RandomStandardWaveNet(1).dump(), request).status().ToString(),
             Catch::Contains("options.precision: is int16, expected float32 for a WaveNet"));
}

TEST_CASE("Fused files: half a file is refused") {
  const std::string whole = SmallKeras().dump();
  CHECK(InspectText(whole.substr(0, whole.size() / 2)).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK_THAT(InspectText("{}").status().ToString(), Catch::Contains("of no known format"));
}

}  // namespace
}  // namespace continuo::test
