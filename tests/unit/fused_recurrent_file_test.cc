// SPDX-License-Identifier: Apache-2.0
// GuitarML's and RTNeural's files: what they say is found, and what is not a model is
// refused, by the field and what is expected there.
#include <catch2/catch.hpp>

#include "tests/unit/fused_bench.h"
#include "tests/unit/keras_reference.h"

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
  CheckRefused(SmallKeras(), "/layers/1/type", "conv2d",
               "layers[1].type: is \"conv2d\", expected lstm, gru, dense");
  CheckRefused(SmallKeras(), "/layers/2/activation", "gelu",
               "layers[2].activation: is \"gelu\", expected none, tanh, relu, sigmoid, elu");
  CheckRefused(SmallKeras(), "/layers/0/activation", "relu", "layers[0].activation");
  CheckRefused(
      RandomKeras(
          {{"gru", 2, ""}, {"gru", 2, ""}, {"gru", 2, ""}, {"lstm", 2, ""}, {"lstm", 1, ""}}, 1, 1),
      "with 5 lstm or gru, expected at most 4");
  CheckRefused(RandomKeras({{"activation", 1, ""}}, 1, 1), "layers: is a list of activations");
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

json SmallConvolutions() {
  return RandomKeras({{"conv1d", 6, "tanh", 3, 2, 1},
                      {"batchnorm", 6, ""},
                      {"prelu", 6, ""},
                      {"conv1d", 4, "", 2, 1, 2},
                      {"dense", 1, ""}},
                     1, 1);
}

TEST_CASE("Fused files: a net of convolutions is inspected") {
  json file = SmallConvolutions();
  file["samplerate"] = 48000;
  const auto in = TestSignal(100, 3);
  file["input_batch"] = in;
  file["output_batch"] = ReferenceKeras(file, {in}, 0);
  const auto found = Inspected(file);
  CHECK(found.architecture == "Conv-6 + Conv-4");
  CHECK(found.self_test_passed);
  CHECK(found.tail_ms == 1e3 * 5 / 48000);
  const auto deep = Inspected(RandomKeras(
      {{"conv1d", 8, "", 2}, {"conv1d", 8, "", 2, 4}, {"lstm", 4, ""}, {"dense", 1, ""}}, 1, 1));
  CHECK(deep.architecture == "Conv-8 x 2 + LSTM-4");
  CHECK(deep.tail_ms == Approx(500 + 1e3 * 5 / 48000));
  CHECK(Inspected(RandomKeras({{"dense", 3, "tanh"}, {"dense", 1, ""}}, 1, 1)).architecture ==
        "Dense");
}

TEST_CASE("Fused files: damaged convolutions are refused by their place") {
  CheckRefused(SmallConvolutions(), "/layers/0/kernel_size", {2},
               "layers[0].weights[0]: is a list of 3, expected a list of 2 lists");
  CheckRefused(SmallConvolutions(), "/layers/0/kernel_size", {0},
               "layers[0].kernel_size: is [0], expected a list that ends with 1 to 4096");
  CheckRefused(SmallConvolutions(), "/layers/0/dilation", json::array(),
               "layers[0].dilation: is [], expected a list that ends with 1 to 65536");
  CheckRefused(SmallConvolutions(), "/layers/3/groups", 4,
               "layers[3].groups: is 4, expected a divisor of 6 inputs and 4 outputs");
  CheckRefused(SmallConvolutions(), "/layers/3/groups", 1,
               "layers[3].weights[0][0]: is a list of 3, expected a list of 6 lists");
  CheckRefused(SmallConvolutions(), "/layers/0/weights/0/2/0/5", nullptr,
               "layers[0].weights[0][2][0][5]: is null, expected a finite float");
  json without = SmallConvolutions();
  without["layers"][0]["weights"].erase(1);
  CheckRefused(without, "layers[0].weights[1]: is missing, expected a list of 6 numbers");
  without["layers"][0].erase("kernel_size");
  CheckRefused(without, "layers[0].kernel_size: is missing");
}

TEST_CASE("Fused files: convolutions that would take too much memory are refused") {
  // The first alone is within it, to the frame.
  CheckRefused(SmallConvolutions(), "/layers/0/dilation", {65536},
               "layers[3].kernel_size: is 2 with dilation 1, expected at most 131072 frames of "
               "past of all convolutions");
  CheckRefused(
      RandomKeras({{"dense", 65, ""}, {"conv1d", 1, "", 2, 65535}, {"dense", 1, ""}}, 1, 1),
      "expected at most 4194304 floats of past");
  // A few numbers for each of many groups.
  json wide =
      RandomKeras({{"dense", 512, ""}, {"conv1d", 512, "", 17, 1, 512}, {"dense", 1, ""}}, 1, 1);
  CheckRefused(wide,
               "layers[1].kernel_size: is 17 with dilation 1, expected at most 1048576 "
               "weights of all convolutions, not 4456448");
}

TEST_CASE("Fused files: a net that would take minutes to begin is refused") {
  CheckRefused(
      RandomKeras(
          {{"conv1d", 512, "", 3, 65536}, {"dense", 512, ""}, {"dense", 512, ""}, {"dense", 1, ""}},
          1, 1),
      "layers: is a net of 527873 weights with a past of 131072 frames, expected at most "
      "68719476736 of both multiplied");
}

TEST_CASE("Fused files: damaged normalisations and slopes are refused by their place") {
  CheckRefused(SmallConvolutions(), "/layers/1/weights/3/2", -1,
               "layers[1].weights[3][2]: is -1 with epsilon 0.01, expected a variance that leaves "
               "finite floats");
  CheckRefused(SmallConvolutions(), "/layers/1/epsilon", "small",
               "layers[1].epsilon: is \"small\", expected 0 to 1e+06");
  CheckRefused(SmallConvolutions(), "/layers/1/activation", "tanh",
               "layers[1].activation: is \"tanh\", expected none");
  CheckRefused(SmallConvolutions(), "/layers/1/shape", {nullptr, nullptr, 5},
               "layers[1].shape: is a list that ends with 5, expected 6, as many as before it");
  CheckRefused(SmallConvolutions(), "/layers/2/weights/0", {{1, 2}},
               "layers[2].weights[0][0]: is a list of 2, expected a list of 6 numbers");
  json file = SmallConvolutions();
  file["layers"][1]["weights"].erase(0);
  CheckRefused(file, "layers[1].weights: is a list of 3, expected 2 or 4");
  file["layers"][1].erase("epsilon");
  CheckRefused(file, "layers[1].epsilon: is missing");
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
  CHECK_THAT(bench.Load(SmallConvolutions().dump(), request).status().ToString(),
             Catch::Contains("options.precision: is int16, expected float32 for a net without"));
}

TEST_CASE("Fused files: half a file is refused") {
  const std::string whole = SmallKeras().dump();
  CHECK(InspectText(whole.substr(0, whole.size() / 2)).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK_THAT(InspectText("{}").status().ToString(), Catch::Contains("of no known format"));
}

}  // namespace
}  // namespace continuo::test
