// SPDX-License-Identifier: Apache-2.0
// Real models at rest: what they give after frames that nobody has processed is what they would
// have given on silence.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "daemon/app/runner/load_request.h"
#include "daemon/app/runner/parameter_specs.h"
#include "daemon/executor/module.h"
#include "daemon/model/package.h"
#include "daemon/stream/signal_path.h"
#include "tests/unit/nam_reference.h"
#include "tests/unit/rows.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kBlock = 256;
// A whole number of turns of every resampler below, and of the 11 frames that `opto` thinks in at
// 44.1 kHz, so that both hear the same afterwards: at another phase it would be another signal.
constexpr int kGapBlocks = 147 * 11;
constexpr double kTolerance = 1e-6;
// A compressor lets go for minutes; the last of it is left out.
constexpr double kLongTailMs = 10'000, kLongTailTolerance = 4e-6;

class Player {
 public:
  Player(executor::Model& model, const stream::SignalPathConfig& config) {
    auto made = stream::SignalPath::Make(model, config);
    INFO(made.status().ToString());
    REQUIRE(made.ok());
    path_ = *std::move(made);
  }
  void Play(bool sound, int block) {
    for (std::uint32_t i = 0; i < kBlock; ++i) {
      const auto time =
          static_cast<float>(block * static_cast<int>(kBlock)) + static_cast<float>(i);
      in_[0][i] = sound ? 0.3F * std::sin(0.05F * time) : 0.0F;
    }
    REQUIRE(path_->Process(in_.From(), out_.From(), kBlock, {}));
  }
  [[nodiscard]] bool at_rest() const { return path_->at_rest(); }
  [[nodiscard]] double At(std::uint32_t frame) { return out_[0][frame]; }

 private:
  std::unique_ptr<stream::SignalPath> path_;
  Rows in_{1, kBlock}, out_{1, kBlock};
};

// Of two equal paths one is left alone, once it is at rest.
void CheckGap(executor::Model& model, stream::SignalPathConfig config, std::uint32_t rate) {
  config.sample_rate_hz = rate;
  config.channels = 1;
  config.maximum_block_frames = kBlock;
  Player always(model, config), resting(model, config);
  for (int block = 0; block < 40; ++block) {
    always.Play(true, block);
    resting.Play(true, block);
  }
  for (int block = 0; !resting.at_rest(); ++block) {
    REQUIRE(block < 60000);
    always.Play(false, block);
    resting.Play(false, block);
  }
  const double held = resting.At(kBlock - 1);
  double while_held = 0, afterwards = 0;
  for (int block = 0; block < kGapBlocks; ++block) {
    always.Play(false, block);
    for (std::uint32_t i = 0; i < kBlock; ++i) {
      while_held = std::max(while_held, std::fabs(always.At(i) - held));
    }
  }
  double loudest = 0;
  for (int block = 0; block < 60; ++block) {
    always.Play(block < 20, block);
    resting.Play(block < 20, block);
    for (std::uint32_t i = 0; i < kBlock; ++i) {
      afterwards = std::max(afterwards, std::fabs(always.At(i) - resting.At(i)));
      loudest = std::max(loudest, std::fabs(resting.At(i) - held));
    }
  }
  // Through the resampler a constant has a ripple.
  const bool resampled = rate != model.description().sample_rate_hz;
  const double tolerance = config.tail_ms < kLongTailMs ? kTolerance : kLongTailTolerance;
  CHECK(while_held <= tolerance + (resampled ? 5e-6 * std::fabs(held) : 0.0));
  CHECK(afterwards <= tolerance);
  CHECK(loudest > 1e-4);
}

std::unique_ptr<executor::Model> Load(const std::string& name,
                                      const executor::LoadRequest& request) {
  auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, name);
  INFO(executor.status().ToString());
  REQUIRE(executor.ok());
  auto model = (*executor)->Load(request);
  INFO(model.status().ToString());
  REQUIRE(model.ok());
  static_cast<void>(executor->release());  // outlives the model
  return *std::move(model);
}

TEST_CASE("Rest: a WaveNet and an LSTM go on as if there had been silence") {
  const std::uint32_t rate = GENERATE(48000U, 44100U, 88200U);
  const json network =
      GENERATE(RandomStandardWaveNet(3), RandomLstm(40, 1, 3), RandomLstm(16, 2, 5));
  const TemporaryDirectory directory;
  executor::LoadRequest request;
  request.model_id = "test";
  request.weights_path = directory / "model.nam";
  request.description.sample_rate_hz = 48000;
  WriteFile(request.weights_path, network.dump());
  CAPTURE(rate, network["architecture"]);
  CheckGap(*Load("fused", request), {}, rate);
}

std::vector<std::string> Packages() {
  std::vector<std::string> packages = {CONTINUO_TEST_MODELS "/fake-delay"};
  for (const auto& entry : fs::directory_iterator(CONTINUO_MODEL_SOURCE_DIR)) {
    if (!fs::exists(entry.path() / "model.json")) continue;
    // Models that write notes have no rest.
    const auto package = model::LoadPackage(entry.path());
    if (package.ok() && package->manifest.task() == v1::TASK_NOTES) continue;
    packages.push_back(entry.path());
  }
  return packages;
}

TEST_CASE("Rest: a delay and each shipped model go on as if there had been silence") {
  const auto package = model::LoadPackage(GENERATE(from_range(Packages())));
  INFO(package.status().ToString());
  REQUIRE(package.ok());
  const v1::ModelManifest& manifest = package->manifest;
  const v1::Variant& variant = manifest.variants(manifest.variants_size() - 1);
  const executor::LoadRequest request =
      runner::ToLoadRequest(manifest, package->directory, variant);
  stream::SignalPathConfig config;
  config.model_key_channels = runner::KeyChannels(variant);  // it is its own key here
  config.tail_ms = manifest.audio().tail_ms();
  config.parameters = runner::ToParameterSpecs(manifest);
  for (auto& parameter : config.parameters) parameter.smoothing_ms = 0;
  CAPTURE(manifest.id());
  const auto model =
      Load(variant.executor().empty() ? manifest.executor() : variant.executor(), request);
  for (const std::uint32_t rate : {variant.sample_rate_hz(), 88200U})
    CheckGap(*model, config, rate);
}

}  // namespace
}  // namespace continuo::test
