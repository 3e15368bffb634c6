// SPDX-License-Identifier: Apache-2.0
// What a .nam file says of itself.
#include <catch2/catch.hpp>

#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

bool Has(const executor::Inspection& found, const std::string& note) {
  return std::find(found.notes.begin(), found.notes.end(), note) != found.notes.end();
}

TEST_CASE("Fused Inspect: a WaveNet with all that its author wrote") {
  FusedBench bench;
  json model = RandomStandardWaveNet(1);
  model["sample_rate"] = 44100;
  model["metadata"] = {
      {"name", "Deluxe\n22"}, {"modeled_by", "A. Author"}, {"gear_type", "amp"},
      {"gear_make", "Maker"}, {"tone_type", "crunch"},     {"loudness", -18.126},
      {"gain", 0.25},         {"input_level_dbu", 12.5},   {"date", {{"year", 2024}}}};
  const auto found = bench.Inspect(model.dump());
  INFO(found.status().ToString());
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  const executor::Inspection& one = found->front();
  CHECK(one.format == "NAM 0.5.4");
  CHECK(one.architecture == "WaveNet");
  CHECK(one.name == "Deluxe 22");
  CHECK(one.author == "A. Author");
  CHECK(one.license.empty());
  CHECK(one.description.sample_rate_hz == 44100);
  CHECK(one.description.input_channels == 1);
  CHECK(one.description.output_channels == 1);
  CHECK(one.description.latency_frames == 0);
  CHECK(one.description.real_time_safe);
  CHECK(one.sample_rate_stated);
  CHECK(one.weight_count == 13802);
  // The receptive field: twice 2 × (1 + 2 + … + 512), and the frame itself.
  CHECK(one.tail_ms == Approx(1e3 * 4093 / 44100));
  CHECK(one.parameters.empty());
  CHECK(Has(one, "gear: amp, Maker"));
  CHECK(Has(one, "tone: crunch"));
  CHECK(Has(one, "loudness -18.13 dB"));
  CHECK(Has(one, "gain 0.25 (0 to 1)"));
  CHECK(Has(one, "input level 12.5 dBu at full scale"));
}

TEST_CASE("Fused Inspect: what the file does not say is said") {
  FusedBench bench;
  json model = RandomLstm(7, 1, 2);
  model.erase("sample_rate");
  const auto found = bench.Inspect(model.dump());
  REQUIRE(found.ok());
  const executor::Inspection& one = found->front();
  CHECK(one.architecture == "LSTM-7");
  CHECK_FALSE(one.sample_rate_stated);
  CHECK(one.description.sample_rate_hz == 48000);
  CHECK(one.name.empty());
}

TEST_CASE("Fused Inspect: a container has a quality, and the weights of all its models") {
  FusedBench bench;
  const json small = RandomLstm(3, 1, 1), large = RandomLstm(8, 1, 2);
  const json model = {
      {"version", "0.7.0"},
      {"architecture", "SlimmableContainer"},
      {"config",
       {{"submodels",
         {{{"max_value", 0.5}, {"model", small}}, {{"max_value", 1.0}, {"model", large}}}}}},
      {"weights", json::array()}};
  const auto found = bench.Inspect(model.dump());
  INFO(found.status().ToString());
  REQUIRE(found.ok());
  const executor::Inspection& one = found->front();
  CHECK(one.architecture == "SlimmableContainer of 2");
  CHECK(one.weight_count == small["weights"].size() + large["weights"].size());
  REQUIRE(one.parameters.size() == 1);
  CHECK(one.parameters[0].id == "quality");
  CHECK(one.parameters[0].default_value == 1);
}

TEST_CASE("Fused Inspect: an impulse response sounds as long as it is") {
  FusedBench bench;
  const auto found = bench.Inspect(
      WithRandomWeights("Linear", {{"receptive_field", 4800}, {"bias", false}}, 1).dump());
  REQUIRE(found.ok());
  CHECK(found->front().architecture == "Linear-4800");
  CHECK(found->front().tail_ms == Approx(100));
}

TEST_CASE("Fused Inspect: a damaged file is refused as Load refuses it") {
  FusedBench bench;
  json model = RandomLstm(3, 1, 1);
  model["weights"].push_back(1);
  const auto found = bench.Inspect(model.dump());
  CHECK(found.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(found.status() == bench.Load(model.dump()).status());
  model["weights"].erase(0);
  model["metadata"] = 5;
  CHECK_THAT(bench.Inspect(model.dump()).status().ToString(),
             Catch::Contains("metadata: is 5, expected an object"));
}

TEST_CASE("Fused Inspect: text of others is cut short, between its characters") {
  FusedBench bench;
  json model = RandomLstm(3, 1, 1);
  std::string name = "x";
  for (int i = 0; i < 300; ++i) name += "ü";
  model["metadata"] = {{"name", name}, {"loudness", 1e300}, {"gear_type", 7}};
  const auto found = bench.Inspect(model.dump());
  REQUIRE(found.ok());
  CHECK(found->front().name.size() == 199 + std::string("…").size());
  CHECK(found->front().notes.empty());
}

}  // namespace
}  // namespace continuo::test
