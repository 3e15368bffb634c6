// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "shared/scope/loudness_match.h"

namespace continuo::scope {
namespace {

constexpr double kRateHz = 48000;

std::vector<float> Sine(double hz, double db, double seconds) {
  std::vector<float> sine(static_cast<std::size_t>(seconds * kRateHz));
  for (std::size_t i = 0; i < sine.size(); ++i) {
    sine[i] =
        static_cast<float>(std::pow(10, db / 20) *
                           std::sin(6.283185307179586 * hz * static_cast<double>(i) / kRateHz));
  }
  return sine;
}

std::vector<float> Scaled(std::vector<float> sound, double db) {
  for (float& sample : sound) sample *= static_cast<float>(std::pow(10, db / 20));
  return sound;
}

// A side that raises what goes in by so much.
void Hear(LoudnessMatch* match, std::size_t side, const std::vector<float>& in, double db) {
  const auto out = Scaled(in, db);
  match->Hear(side, {{in, in}, {out, out}, 0}, in.size());
}

TEST_CASE("Loudness: the measuring signals of EBU Tech 3341 have their loudness") {
  for (const double db : {-23.0, -33.0}) {
    const auto sine = Sine(1000, db, 20);
    Loudness loudness(kRateHz);
    loudness.Hear({sine, sine}, sine.size());
    REQUIRE(loudness.Lufs());
    CHECK(*loudness.Lufs() == Approx(db).margin(0.1));
  }
}

TEST_CASE("Loudness: a pause does not count, low tones count less, silence is not known") {
  Loudness loudness(kRateHz);
  CHECK_FALSE(loudness.Lufs());
  const auto sine = Sine(1000, -20, 5);
  const std::vector<float> pause(sine.size());
  loudness.Hear({pause, pause}, pause.size());
  CHECK_FALSE(loudness.Lufs());
  loudness.Hear({sine, sine}, sine.size());
  CHECK(*loudness.Lufs() == Approx(-20).margin(0.3));
  Loudness low(kRateHz);
  const auto hum = Sine(30, -20, 5);
  low.Hear({hum, hum}, hum.size());
  CHECK(*low.Lufs() < -25);
}

TEST_CASE("Loudness: what is not finite is silence, and what follows is measured") {
  Loudness loudness(kRateHz);
  const std::vector<float> bad(4800, std::numeric_limits<float>::quiet_NaN());
  const std::vector<float> worse(4800, std::numeric_limits<float>::infinity());
  loudness.Hear({bad, worse}, bad.size());
  const auto sine = Sine(1000, -23, 10);
  loudness.Hear({sine, sine}, sine.size());
  REQUIRE(loudness.Lufs());
  CHECK(*loudness.Lufs() == Approx(-23).margin(0.2));
}

TEST_CASE("LoudnessMatch: the louder side is turned down, though both were heard elsewhere") {
  LoudnessMatch match(kRateHz);
  CHECK_FALSE(match.IsKnown());
  Hear(&match, 0, Sine(1000, -30, 3), 2);  // in a soft passage
  CHECK(*match.RaisedDb(0) == Approx(2).margin(0.05));
  CHECK(match.GainDb(0) == 0);  // of the other one nothing is known yet
  Hear(&match, 1, Sine(400, -12, 3), 6.5);
  REQUIRE(match.IsKnown());
  CHECK(match.GainDb(0) == 0);
  CHECK(match.GainDb(1) == Approx(-4.5).margin(0.05));
}

TEST_CASE("LoudnessMatch: in pieces, as it comes, it is the same") {
  LoudnessMatch match(kRateHz);
  const auto in = Sine(700, -20, 3);
  Hear(&match, 0, in, 0);
  const auto out = Scaled(in, -3);
  Excerpt excerpt;
  for (std::size_t end = 1920; end <= in.size(); end += 1920) {
    const std::size_t begin = end < 16384 ? 0 : end - 16384;
    const auto piece = [&](const std::vector<float>& all) {
      return std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    excerpt.input = {piece(in), piece(in)};
    excerpt.output = {piece(out), piece(out)};
    match.Hear(1, excerpt, 1920);
  }
  REQUIRE(match.IsKnown());
  CHECK(match.GainDb(0) == Approx(-3).margin(0.05));
  CHECK(match.GainDb(1) == 0);
}

TEST_CASE(
    "LoudnessMatch: there is a limit, a second is needed, and what was forgotten is not known") {
  LoudnessMatch match(kRateHz);
  const auto in = Sine(1000, -40, 2);
  Hear(&match, 0, in, 0);
  Hear(&match, 1, in, 30);
  CHECK(match.GainDb(1) == -LoudnessMatch::kMostDb);
  match.Forget(1);
  CHECK_FALSE(match.IsKnown());
  CHECK(match.GainDb(1) == 0);
  Hear(&match, 1, Sine(1000, -40, 0.9), 1);
  CHECK_FALSE(match.IsKnown());
  Hear(&match, 1, Sine(1000, -40, 0.9), 1);
  CHECK(match.GainDb(1) == Approx(-1).margin(0.1));
}

}  // namespace
}  // namespace continuo::scope
