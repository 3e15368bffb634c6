// SPDX-License-Identifier: Apache-2.0
// Every shipped model gives its golden output through each executor that it has a variant for.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/app/runner/load_request.h"
#include "daemon/app/runner/parameter_specs.h"
#include "daemon/executor/module.h"
#include "daemon/model/package.h"
#include "daemon/model/variant.h"
#include "daemon/stream/signal_path.h"
#include "tests/unit/block_cut.h"

namespace continuo {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<float> ReadFloats(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), samples.size() * sizeof(float),
              reinterpret_cast<char*>(samples.data()));
  return samples;
}

// Those of audio; models that write notes have golden logits instead.
std::vector<std::string> ShippedPackages() {
  std::vector<std::string> packages;
  for (const auto& entry : fs::directory_iterator(CONTINUO_MODEL_SOURCE_DIR)) {
    if (!fs::exists(entry.path() / "model.json")) continue;
    const auto package = model::LoadPackage(entry.path());
    if (package.ok() && package->manifest.task() == v1::TASK_NOTES) continue;
    packages.push_back(entry.path());
  }
  return packages;
}

executor::Executor& Opened(const std::string& name) {
  static std::map<std::string, std::unique_ptr<executor::Executor>> opened;
  auto& slot = opened[name];
  if (slot == nullptr) {
    auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, name);
    INFO(executor.status().ToString());
    REQUIRE(executor.ok());
    slot = *std::move(executor);
  }
  return *slot;
}

std::unique_ptr<executor::Model> Load(const model::Package& package,
                                      const std::string& variant_id) {
  const v1::Variant* const variant = model::FindVariant(package.manifest, variant_id);
  REQUIRE(variant != nullptr);
  auto loaded = Opened(model::ExecutorOf(package.manifest, *variant))
                    .Load(runner::ToLoadRequest(package.manifest, package.directory, *variant));
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  return *std::move(loaded);
}

// The golden vectors jump from one setting to the next without a ramp.
stream::SignalPathConfig Config(const model::Package& package, std::uint32_t rate_hz,
                                std::uint32_t block_frames) {
  stream::SignalPathConfig config;
  config.sample_rate_hz = rate_hz;
  config.channels = 1;
  config.maximum_block_frames = block_frames;
  config.model_key_channels = runner::KeyChannels(package.manifest.variants(0));
  config.parameters = runner::ToParameterSpecs(package.manifest);
  for (auto& parameter : config.parameters) parameter.smoothing_ms = 0;
  return config;
}

std::vector<ipc::ParameterEvent> EventsBetween(const json& changes, const model::Package& package,
                                               std::uint32_t begin, std::uint32_t end) {
  std::vector<ipc::ParameterEvent> events;
  for (const json& change : changes) {
    const auto frame = change["at_frame"].get<std::uint32_t>();
    if (frame < begin || frame >= end) continue;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(package.manifest.parameters_size());
         ++i) {
      const auto& id = package.manifest.parameters(static_cast<int>(i)).id();
      if (change["values"].contains(id)) {
        events.push_back({frame - begin, i, change["values"][id].get<float>(), 0});
      }
    }
  }
  return events;
}

double LargestDifference(stream::SignalPath& path, const json& golden_case,
                         const model::Package& package, std::vector<float> input,
                         const std::vector<float>& expected, test::BlockCut cut) {
  double largest = 0;
  std::vector<float> output(cut.longest());
  const auto frames = static_cast<std::uint32_t>(input.size());
  for (std::uint32_t done = 0; done < frames;) {
    const auto length = static_cast<std::uint32_t>(cut.Next(frames - done));
    float* in = input.data() + done;
    float* out = output.data();
    const auto events = EventsBetween(golden_case["parameters"], package, done, done + length);
    REQUIRE(path.Process(&in, &out, length, {events}));
    for (std::uint32_t i = 0; i < length; ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(output[i]) - expected[done + i]));
    }
    done += length;
  }
  return largest;
}

}  // namespace

TEST_CASE("Golden: each shipped model gives its recorded output, however it is cut in blocks") {
  const auto directory = GENERATE(from_range(ShippedPackages()));
  const auto package = model::LoadPackage(directory);
  INFO(directory << ": " << package.status().ToString());
  REQUIRE(package.ok());
  REQUIRE(package->manifest.golden_size() > 0);

  const fs::path description = fs::path(directory) / package->manifest.golden(0).file();
  std::ifstream file(description);
  const json golden = json::parse(file);
  // None may be missing, or it would go unchecked.
  REQUIRE(golden["cases"].size() == static_cast<std::size_t>(package->manifest.variants_size()));
  for (const json& golden_case : golden["cases"]) {
    const auto variant = golden_case["variant"].get<std::string>();
    const auto model = Load(*package, variant);
    const auto input =
        ReadFloats(description.parent_path() / golden_case["input"].get<std::string>());
    const auto expected =
        ReadFloats(description.parent_path() / golden_case["expected"].get<std::string>());
    REQUIRE(input.size() > 4096);
    REQUIRE(input.size() == expected.size());
    for (const test::BlockCut& cut : test::BlockCuts()) {
      auto path = stream::SignalPath::Make(
          *model, Config(*package, golden_case["sample_rate_hz"].get<std::uint32_t>(),
                         static_cast<std::uint32_t>(cut.longest())));
      REQUIRE(path.ok());
      INFO(variant << ", " << cut.name());
      CHECK(LargestDifference(**path, golden_case, *package, input, expected, cut) <=
            golden_case["tolerance"].get<double>());
    }
  }
}

TEST_CASE("Golden: each shipped model is silent at silence, from the first frame on") {
  const auto directory = GENERATE(from_range(ShippedPackages()));
  const auto package = model::LoadPackage(directory);
  REQUIRE(package.ok());
  for (const auto& variant : package->manifest.variants()) {
    const auto model = Load(*package, variant.id());
    auto path = stream::SignalPath::Make(*model, Config(*package, variant.sample_rate_hz(), 256));
    REQUIRE(path.ok());
    for (int block = 0; block < 100; ++block) {
      std::vector<float> input(256, 0.0F);
      std::vector<float> output(256, 1.0F);
      float* in = input.data();
      float* out = output.data();
      REQUIRE((*path)->Process(&in, &out, 256, {}));
      for (const float sample : output) REQUIRE(std::abs(sample) < 1e-6F);
    }
  }
}

}  // namespace continuo
