// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "shared/scope/decibel.h"
#include "shared/scope/spectrum.h"

namespace continuo::scope {
namespace {

constexpr double kRate = 48000;
constexpr double kLong = 1000;  // seconds after which only the new frames count

std::vector<float> Sine(double frequency_hz, double amplitude,
                        std::size_t frames = Spectrum::kPoints) {
  std::vector<float> sine(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    sine[i] = static_cast<float>(
        amplitude * std::sin(2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / kRate));
  }
  return sine;
}

std::size_t Loudest(const Spectrum& spectrum) {
  std::size_t loudest = 0;
  for (std::size_t bin = 1; bin < Spectrum::kBins; ++bin) {
    if (spectrum.power(bin) > spectrum.power(loudest)) loudest = bin;
  }
  return loudest;
}

TEST_CASE("Spectrum: a sine stands in its bin with its level") {
  const auto bin = GENERATE(as<std::size_t>{}, 5, 85, 1000, 2000);
  const auto db = GENERATE(0.0, -20.0, -60.0);
  Spectrum spectrum;
  const double frequency = Spectrum::FrequencyOf(bin, kRate);
  const auto sine = Sine(frequency, std::pow(10, db / 20));
  spectrum.Update({sine, sine}, kLong);
  CHECK(Loudest(spectrum) == bin);
  CHECK(PowerToDb(spectrum.power(bin)) == Approx(db).margin(0.01));
  // Hann: half the amplitude beside it, next to nothing two bins on.
  CHECK(PowerToDb(spectrum.power(bin + 1)) == Approx(db - 6.02).margin(0.1));
  CHECK(PowerToDb(spectrum.power(bin + 3)) < db - 55);
}

TEST_CASE("Spectrum: between two bins a sine loses 1.42 dB and no more") {
  Spectrum spectrum;
  const auto sine = Sine(100.5 * kRate / Spectrum::kPoints, 1);
  spectrum.Update({sine, sine}, kLong);
  CHECK(PowerToDb(spectrum.power(100)) == Approx(-1.42).margin(0.02));
}

TEST_CASE("Spectrum: the newest frames count, a channel alone has half the power") {
  Spectrum spectrum;
  auto late = Sine(3000, 0, Spectrum::kPoints);
  const auto sine = Sine(3000, 1);
  late.insert(late.end(), sine.begin(), sine.end());
  spectrum.Update({late, std::vector<float>(Spectrum::kPoints)}, kLong);
  CHECK(PowerToDb(spectrum.power(256)) == Approx(-3.01).margin(0.01));
}

TEST_CASE("Spectrum: falls over time, and what is no number spoils nothing") {
  Spectrum spectrum;
  const auto sine = Sine(3000, 1);
  spectrum.Update({sine, sine}, kLong);
  spectrum.Update({}, Spectrum::kSmoothingSeconds);
  CHECK(PowerToDb(spectrum.power(256)) == Approx(-4.34).margin(0.01));
  std::vector<float> broken(Spectrum::kPoints, NAN);
  spectrum.Update({broken, broken}, kLong);
  spectrum.Update({sine, sine}, kLong);
  CHECK(PowerToDb(spectrum.power(256)) == Approx(0).margin(0.01));
}

TEST_CASE("Spectrum: columns of equal ratio have the sine where it is") {
  constexpr std::size_t kCount = 300;
  const auto frequency = GENERATE(60.0, 1000.0, 15000.0);
  Spectrum spectrum;
  const auto sine = Sine(frequency, 0.5);
  spectrum.Update({sine, sine}, kLong);
  const auto columns = spectrum.Columns(kCount, 20, 20000, kRate);
  REQUIRE(columns.size() == kCount);
  const auto loudest = std::max_element(columns.begin(), columns.end());
  const double found =
      20 * std::pow(1000.0, (static_cast<double>(loudest - columns.begin()) + 0.5) / kCount);
  CHECK(std::abs(found - frequency) < std::max(kRate / Spectrum::kPoints, 0.025 * frequency));
  CHECK(*loudest == Approx(-6.02).margin(1.5));
}

TEST_CASE("Spectrum: above half the rate there is silence") {
  Spectrum spectrum;
  const auto sine = Sine(1000, 1);
  spectrum.Update({sine, sine}, kLong);
  const auto columns = spectrum.Columns(100, 20, 20000, 8000);
  CHECK(columns.back() == Approx(kSilenceDb));
}

}  // namespace
}  // namespace continuo::scope
