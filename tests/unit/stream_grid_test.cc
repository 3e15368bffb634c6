// SPDX-License-Identifier: Apache-2.0
// Every host rate against every model rate, odd ones too: the delay that is stated is the delay
// that there is, to the frame, and what it costs in quality.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "daemon/stream/signal_path.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using test::Mono;
using test::ProbeModel;
using test::Rows;

constexpr std::uint32_t kMaximum = 1024;
constexpr double kLevel = 0.5;
// Measured over the whole grid, against the lower of both rates: -101 dB or better up to 0.40 of
// it (-96 dB for a factor of 48), where the resampler begins to fall; at 0.449 it lets 65 % pass.
constexpr double kMiddleDb = -96;
constexpr double kEdgeDb = -9;

// The path's answer to a signal, in blocks of many lengths.
std::vector<float> Play(SignalPath& path, const std::vector<float>& signal) {
  const std::vector<std::uint32_t> lengths = {441, 1, 63, 1024, 64, 256, 37};
  std::vector<float> result;
  Rows in(1, kMaximum), out(1, kMaximum);
  for (std::size_t block = 0; result.size() < signal.size(); ++block) {
    const auto length = static_cast<std::uint32_t>(
        std::min<std::size_t>(lengths[block % lengths.size()], signal.size() - result.size()));
    std::copy_n(signal.data() + result.size(), length, in[0]);
    REQUIRE(path.Process(in.From(), out.From(), length, {}));
    result.insert(result.end(), out[0], out[0] + length);
  }
  return result;
}

// Of one tone, the worst difference to itself delayed by the path's latency, in dB below it.
double ErrorDb(SignalPath& path, std::uint32_t rate, double hz) {
  const std::uint32_t latency = path.latency_frames();
  const std::size_t frames = latency + rate / 4;
  std::vector<float> signal;
  for (std::size_t i = 0; i < frames; ++i) {
    signal.push_back(
        static_cast<float>(kLevel * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate + 0.3)));
  }
  path.Reset();
  const std::vector<float> out = Play(path, signal);
  double worst = 0;
  // Clear of the beginning, which rings.
  for (std::size_t i = frames - rate / 8; i < frames; ++i) {
    worst = std::max(worst, std::fabs(double{out[i]} - signal[i - latency]));
  }
  return 20 * std::log10(worst / kLevel + 1e-12);
}

TEST_CASE("SignalPath: at any rates the wet signal is the dry one, late by the stated latency") {
  const std::uint32_t host = GENERATE(8000U, 11025U, 16000U, 22050U, 32000U, 37000U, 44100U, 48000U,
                                      88200U, 96000U, 176400U, 192000U, 384000U);
  const std::uint32_t rate = GENERATE(8000U, 37000U, 44100U, 48000U, 96000U, 192000U);
  SignalPathConfig config;
  config.sample_rate_hz = host;
  config.channels = 1;
  config.maximum_block_frames = kMaximum;
  ProbeModel model(Mono(rate));
  auto path = SignalPath::Make(model, config);
  CAPTURE(host, rate);
  REQUIRE(path.ok());
  if (host == rate) CHECK((*path)->latency_frames() == 0);
  const double lower = std::min(host, rate);
  double middle = -240;
  for (const double share : {0.01, 0.1, 0.25, 0.4}) {
    middle = std::max(middle, ErrorDb(**path, host, share * lower));
  }
  const double edge = ErrorDb(**path, host, 0.449 * lower);
  CHECK(middle < kMiddleDb);
  CHECK(edge < kEdgeDb);
}

}  // namespace
}  // namespace continuo::stream
