// SPDX-License-Identifier: Apache-2.0
// The shipped compressor against the circuit that it has learned (models/opto/circuit.py), where
// it is hardest: hits out of silence, turned down by more than 20 dB within a millisecond.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "daemon/executor/module.h"
#include "daemon/executor/player.h"

namespace continuo::test {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kReduction = 9.5;
constexpr int kOversampling = 8;
constexpr double kSeconds = 4;

// Two hits a second, a low tone that dies away; each begins at another place of the model's blocks.
double Hits(double time) {
  const double since = std::fmod(time, 0.5003);
  return 0.9 * std::sin(2 * kPi * 90 * since) * std::exp(-since / 0.15);
}

// Panel and cell, one frame at a time; `limit` is 0.
class Circuit {
 public:
  explicit Circuit(double rate_hz) : frame_(1 / rate_hz) {}
  [[nodiscard]] double gain() const { return 1 / (1 + 0.6 * fast_ + 0.4 * slow_); }
  // The mean square of a frame.
  void Hear(double power) {
    const double light = power * std::pow(10, (5 * kReduction - 10) / 10) * gain() * gain();
    const double rate = 1 / 0.060 + light / (1 + light) / 0.004;
    fast_ += (light - fast_) * -std::expm1(-frame_ * rate);
    slow_ += (fast_ - slow_) * frame_ / (fast_ > slow_ ? 0.8 : 1.2 + 3.8 * memory_);
    memory_ += (slow_ / (1 + slow_) - memory_) * frame_ / 4;
  }

 private:
  double frame_, fast_ = 0, slow_ = 0, memory_ = 0;
};

TEST_CASE("Opto: hits at a high reduction sound as the circuit has them") {
  const int rate_hz = GENERATE(44100, 48000);
  auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(executor.ok());
  executor::LoadRequest request;
  request.model_id = "opto";
  request.weights_path =
      CONTINUO_MODEL_SOURCE_DIR "/opto/opto-" + std::to_string(rate_hz) + ".json";
  request.description.sample_rate_hz = static_cast<std::uint32_t>(rate_hz);
  request.parameter_ids = {"reduction", "limit", "gain"};
  const auto model = (*executor)->Load(request);
  INFO(model.status().ToString());
  REQUIRE(model.ok());

  const auto frames = static_cast<std::size_t>(kSeconds * rate_hz);
  executor::Signal in(1, std::vector<float>(frames));
  std::vector<double> expected(frames);
  Circuit circuit(rate_hz);
  for (std::size_t i = 0; i < frames; ++i) {
    double power = 0;
    for (int k = 0; k < kOversampling; ++k) {
      const double x = Hits((static_cast<double>(i) + k / double{kOversampling}) / rate_hz);
      power += x * x / kOversampling;
    }
    in[0][i] = static_cast<float>(Hits(static_cast<double>(i) / rate_hz));
    expected[i] = in[0][i] * circuit.gain();
    circuit.Hear(power);
  }
  executor::Player player(**model, {static_cast<float>(kReduction), 0.0F, 0.0F});
  const auto out = player.PlayAnew(in, 256);
  REQUIRE(out.ok());
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    error += std::pow(out->front()[i] - expected[i], 2);
    energy += expected[i] * expected[i];
  }
  CAPTURE(rate_hz);
  CHECK(error < 0.03 * energy);
}

}  // namespace
}  // namespace continuo::test
