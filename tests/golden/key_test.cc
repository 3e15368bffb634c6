// SPDX-License-Identifier: Apache-2.0
// The shipped compressor with a key: its gain is the key's, its sound its input's.
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <vector>

#include "daemon/executor/module.h"
#include "daemon/executor/player.h"

namespace continuo::test {
namespace {

using executor::Signal;

std::unique_ptr<executor::Model> Opto(executor::Executor* executor, const std::string& key) {
  executor::LoadRequest request;
  request.model_id = "opto";
  request.weights_path = CONTINUO_MODEL_SOURCE_DIR "/opto/opto-48000.json";
  request.description.sample_rate_hz = 48000;
  request.description.input_channels = key.empty() ? 1 : 2;
  request.parameter_ids = {"reduction", "limit", "gain"};
  if (!key.empty()) request.options["key_channels"] = key;
  auto loaded = executor->Load(request);
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  return *std::move(loaded);
}

std::vector<float> Play(executor::Model& model, const Signal& in) {
  executor::Player player(model, {8.0F, 2.0F, 6.0F});
  const auto out = player.PlayAnew(in, 100);
  REQUIRE(out.ok());
  return out->front();
}

TEST_CASE("Key: the gain of one sound by the loudness of another") {
  auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(executor.ok());
  const auto plain = Opto(executor->get(), "");
  const auto keyed = Opto(executor->get(), "1");
  const Signal noise = executor::Noise(2, 48000);
  Signal key = {noise[1]};
  for (std::size_t i = 0; i < 24000; ++i) key[0][i] *= 0.01F;  // quiet, then loud
  SECTION("with itself for a key it is the same to the bit") {
    CHECK(Play(*keyed, {noise[0], noise[0]}) == Play(*plain, {noise[0]}));
  }
  SECTION("with another sound it has that one's gain") {
    const std::vector<float> sound = Play(*keyed, {noise[0], key[0]});
    const std::vector<float> by_itself = Play(*plain, key);
    double largest = 0;
    for (std::size_t i = 0; i < sound.size(); ++i) {
      largest = std::max(
          largest, std::abs(double{sound[i]} * key[0][i] - double{by_itself[i]} * noise[0][i]));
    }
    CHECK(largest < 1e-6);
    CHECK(sound != Play(*plain, {noise[0]}));
  }
}

TEST_CASE("Key: a number of channels that it cannot hear is refused by its name") {
  auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(executor.ok());
  executor::LoadRequest request;
  request.weights_path = CONTINUO_MODEL_SOURCE_DIR "/opto/opto-48000.json";
  request.description.sample_rate_hz = 48000;
  request.description.input_channels = 3;
  request.parameter_ids = {"reduction", "limit", "gain"};
  request.options["key_channels"] = "2";
  const auto loaded = (*executor)->Load(request);
  CHECK(std::string(loaded.status().message()).find("options.key_channels: is 2") !=
        std::string::npos);
}

}  // namespace
}  // namespace continuo::test
