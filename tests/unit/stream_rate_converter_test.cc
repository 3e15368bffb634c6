// SPDX-License-Identifier: Apache-2.0
// The converter around a model that passes its input: the output has to be the
// input, late by latency_frames() exactly.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <vector>

#include "daemon/stream/rate_converter.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using test::Rows;

constexpr std::uint32_t kMaximum = 1024;
const std::vector<std::uint32_t> kMixed = {1, 63, 64, 256, 441, 1024};
// Measured: -112 dB or better over all rates below (two passes of a 121 dB
// resampler). One frame beside the truth would be -42 dB at the highest rate.
constexpr double kWorstErrorDb = -110.0;

// 500 Hz under a Gaussian of 4 ms: nothing above 800 Hz, silent at both ends.
double Burst(double seconds) {
  const double t = seconds - 0.05;
  return 0.9 * std::exp(-0.5 * t * t / (0.004 * 0.004)) * std::sin(2 * M_PI * 500.0 * t + 0.4);
}

bool PassThrough(const float* const* in, float* const* out, std::uint32_t frames) {
  std::copy_n(in[0], frames, out[0]);
  std::copy_n(in[1], frames, out[1]);
  return true;
}

// The second channel is the first, turned over.
Rows Run(RateConverter& converter, const std::vector<std::uint32_t>& lengths, std::uint32_t rate,
         std::size_t frames) {
  Rows in(2, frames + kMaximum), out(2, frames + kMaximum);
  for (std::size_t i = 0; i < in.frames(); ++i) {
    in[0][i] = static_cast<float>(Burst(static_cast<double>(i) / rate));
    in[1][i] = -in[0][i];
  }
  std::size_t done = 0;
  bool all_processed = true;
  for (std::size_t block = 0; done < frames; ++block) {
    const std::uint32_t length = lengths[block % lengths.size()];
    all_processed =
        converter.Process(in.From(done), out.From(done), length, PassThrough) && all_processed;
    done += length;
  }
  CHECK(all_processed);
  return out;
}

std::unique_ptr<RateConverter> Make(std::uint32_t host_rate, std::uint32_t model_rate,
                                    std::uint32_t maximum = kMaximum) {
  auto made = RateConverter::Make(2, host_rate, model_rate, maximum);
  REQUIRE(made.ok());
  return *std::move(made);
}

TEST_CASE("RateConverter: the delay is latency_frames exactly, at every pair of rates") {
  const std::uint32_t host_rate =
      GENERATE(8000U, 22050U, 32000U, 44100U, 48000U, 88200U, 96000U, 176400U, 192000U, 384000U);
  const std::uint32_t model_rate = GENERATE(44100U, 48000U);
  CAPTURE(host_rate, model_rate);
  auto converter = Make(host_rate, model_rate);
  const std::size_t frames = host_rate / 8;
  Rows out = Run(*converter, kMixed, host_rate, frames);
  double worst = 0.0;
  for (std::size_t i = 0; i < frames; ++i) {
    const double t = (static_cast<double>(i) - converter->latency_frames()) / host_rate;
    const double wanted = t < 0 ? 0.0 : Burst(t);
    worst = std::max({worst, std::fabs(out[0][i] - wanted), std::fabs(out[1][i] + wanted)});
  }
  CHECK(20 * std::log10(worst / 0.9) < kWorstErrorDb);
  CHECK(converter->missing_frames() == 0);
}

TEST_CASE("RateConverter: no frame is missing at any block length over a long time") {
  const std::uint32_t host_rate = GENERATE(8000U, 22050U, 44100U, 48000U, 88200U, 384000U);
  const std::uint32_t model_rate = GENERATE(44100U, 48000U);
  const std::uint32_t maximum = GENERATE(1U, 6U, 63U, 64U, 256U, 441U, 1024U, 4096U);
  CAPTURE(host_rate, model_rate, maximum);
  auto converter = Make(host_rate, model_rate, maximum);
  Rows in(2, maximum), out(2, maximum);
  std::uint32_t noise = 1;
  bool all_processed = true;
  for (std::uint32_t done = 0; done < 60'000;) {
    noise = noise * 1664525 + 1013904223;
    const std::uint32_t length = done < 30'000 ? 1 + (noise >> 8) % maximum : maximum;
    all_processed = converter->Process(in.From(), out.From(), length, PassThrough) && all_processed;
    done += std::max(length, maximum / 16);  // few of the very short ones
  }
  CHECK(all_processed);
  CHECK(converter->missing_frames() == 0);
}

TEST_CASE("RateConverter: the output does not depend on how the signal is cut") {
  const std::uint32_t host_rate = GENERATE(22050U, 44100U, 88200U, 384000U);
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  auto one = Make(host_rate, 48000);
  auto other = Make(host_rate, 48000);
  const std::size_t frames = host_rate / 10;
  Rows mixed = Run(*one, kMixed, host_rate, frames);
  Rows equal = Run(*other, {length}, host_rate, frames);
  float worst = 0.0F;
  for (std::size_t i = 0; i < frames; ++i)
    worst = std::max(worst, std::fabs(mixed[0][i] - equal[0][i]));
  CHECK(worst <= 1e-6F);
}

TEST_CASE("RateConverter: after Reset it gives what a new one gives") {
  auto converter = Make(88200, 48000);
  Rows first = Run(*converter, kMixed, 88200, 8820);
  converter->Reset();
  Rows second = Run(*converter, kMixed, 88200, 8820);
  CHECK(std::memcmp(first[0], second[0], 8820 * sizeof(float)) == 0);
}

TEST_CASE("RateConverter: a model that fails is told of") {
  auto converter = Make(96000, 48000);
  Rows in(2, 1024), out(2, 1024);
  const auto fail = [](const float* const*, float* const*, std::uint32_t) { return false; };
  CHECK(converter->Process(in.From(), out.From(), 1, PassThrough));
  bool failed = false;
  for (int i = 0; i < 4; ++i)
    failed = !converter->Process(in.From(), out.From(), 1024, fail) || failed;
  CHECK(failed);
}

TEST_CASE("RateConverter: a ratio that the resampler cannot do is refused") {
  CHECK_FALSE(RateConverter::Make(1, 384000, 1000, 64).ok());
}

}  // namespace
}  // namespace continuo::stream
