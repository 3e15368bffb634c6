// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "shared/scope/transfer_curve.h"

namespace continuo::scope {
namespace {

constexpr std::size_t kFrames = 4096;
constexpr std::size_t kMiddle = TransferCurve::kColumns / 2;

// A sine through `effect`, which answers `late` frames behind.
template <typename Effect>
Excerpt Through(double amplitude, Effect effect, std::size_t late = 0) {
  Excerpt excerpt;
  const auto at = [amplitude](std::size_t i) {
    return static_cast<float>(amplitude *
                              std::sin(2 * std::numbers::pi * 0.0101 * static_cast<double>(i)));
  };
  for (std::size_t i = late; i < kFrames + late; ++i) {
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      excerpt.input[channel].push_back(at(i));
      excerpt.output[channel].push_back(effect(at(i - late)));
    }
  }
  return excerpt;
}

TEST_CASE("TransferCurve: a gain is a line of its slope") {
  const auto gain = GENERATE(0.5F, -0.5F, 1.0F);
  TransferCurve curve;
  curve.Update(Through(1, [gain](float x) { return gain * x; }), 0.04);
  CHECK(curve.input_range() == 1);
  for (std::size_t at = 0; at < TransferCurve::kColumns; ++at) {
    const auto& column = curve.columns()[at];
    const float in = (static_cast<float>(at) - kMiddle) / kMiddle;
    INFO("column " << at);
    REQUIRE(column.count > 0);
    CHECK(column.mean == Approx(gain * in).margin(0.5 / kMiddle));
    CHECK(column.high - column.low <= std::abs(gain) / kMiddle + 1e-6F);
    CHECK(column.low <= column.mean);
    CHECK(column.mean <= column.high);
  }
}

TEST_CASE("TransferCurve: a clipper is flat at its ends") {
  TransferCurve curve;
  curve.Update(Through(1, [](float x) { return std::clamp(x, -0.25F, 0.25F); }), 0.04);
  CHECK(curve.columns().front().high == -0.25F);
  CHECK(curve.columns().back().low == 0.25F);
  CHECK(curve.columns()[kMiddle].mean == Approx(0).margin(0.01));
}

TEST_CASE("TransferCurve: memory, or a delay that is not taken off, is a band") {
  TransferCurve curve;
  const auto same = [](float x) { return x; };
  curve.Update(Through(1, same, 10), 0.04);
  const auto& column = curve.columns()[kMiddle];
  // The sine's value ten frames before and behind its zero.
  CHECK(column.high == Approx(0.593).margin(0.05));
  CHECK(column.low == Approx(-0.593).margin(0.05));
}

TEST_CASE("TransferCurve: the range widens at once and narrows after a while") {
  TransferCurve curve;
  const auto loud = [](float x) { return 3 * x; };
  curve.Update(Through(0.9, loud), 0.04);
  CHECK(curve.input_range() == 1);
  CHECK(curve.output_range() == 4);
  const auto quiet = Through(0.1, loud);
  curve.Update(quiet, TransferCurve::kHoldSeconds / 2);
  CHECK(curve.input_range() == 1);
  curve.Update(quiet, TransferCurve::kHoldSeconds / 2);
  CHECK(curve.input_range() == 0.125F);
  CHECK(curve.output_range() == 0.5F);
  // Silence says nothing of the range.
  curve.Update(Through(0, loud), 10 * TransferCurve::kHoldSeconds);
  CHECK(curve.input_range() == 0.125F);
}

TEST_CASE("TransferCurve: what is no number, or endless, is left out") {
  TransferCurve curve;
  Excerpt excerpt;
  excerpt.input[0] = {NAN, 0.5F, INFINITY, 0.5F, 1e30F};
  excerpt.output[0] = {0.5F, NAN, 0.5F, 0.25F, 0.5F};
  curve.Update(excerpt, 0.04);
  std::uint32_t count = 0;
  for (const auto& column : curve.columns()) count += column.count;
  CHECK(count == 1);
}

}  // namespace
}  // namespace continuo::scope
