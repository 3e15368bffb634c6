// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "daemon/generate/sampler.h"

using continuo::generate::LogLikelihood;
using continuo::generate::Sampler;
using continuo::midi::Random;

namespace {

constexpr float kOut = -std::numeric_limits<float>::infinity();

// How often each value comes of `draws`.
std::vector<double> Shares(const std::vector<float>& logits, const std::vector<float>& bias,
                           Sampler sampler, int draws = 20000) {
  Random random(7);
  std::vector<double> shares(logits.size(), 0);
  for (int i = 0; i < draws; ++i) {
    const auto draw =
        sampler.Take(logits, 0, static_cast<std::int32_t>(logits.size()), bias, random);
    shares[static_cast<std::size_t>(draw.value)] += 1.0 / draws;
  }
  return shares;
}

}  // namespace

TEST_CASE("a draw follows the probabilities", "[sampler]") {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  const auto shares = Shares(logits, {}, Sampler({}));
  CHECK(shares[0] == Approx(0.5).margin(0.02));
  CHECK(shares[1] == Approx(0.3).margin(0.02));
  CHECK(shares[2] == Approx(0.2).margin(0.02));
}

TEST_CASE("temperature sharpens, top_p cuts the tail", "[sampler]") {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  const auto cold = Shares(logits, {}, Sampler({.temperature = 0.5, .top_p = 1}));
  CHECK(cold[0] == Approx(0.25 / 0.38).margin(0.02));
  const auto cut = Shares(logits, {}, Sampler({.temperature = 1, .top_p = 0.7}));
  CHECK(cut[2] == 0);
  CHECK(cut[0] == Approx(0.5 / 0.8).margin(0.02));
  // The likeliest stays, however small the share.
  CHECK(Shares(logits, {}, Sampler({.temperature = 1, .top_p = 1e-9}), 100)[0] == Approx(1));
}

TEST_CASE("what is ruled out is not drawn, unless all is", "[sampler]") {
  const std::vector<float> logits = {5, 1, 1};
  const auto shares = Shares(logits, {kOut, 0, 0}, Sampler({}));
  CHECK(shares[0] == 0);
  CHECK(shares[1] == Approx(0.5).margin(0.02));
  CHECK(Shares(logits, {kOut, kOut, kOut}, Sampler({}), 100)[0] > 0.9);
}

TEST_CASE("values outside the range do not exist", "[sampler]") {
  const std::vector<float> logits = {50, 1, 1, 50};
  Sampler sampler({});
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    const auto draw = sampler.Take(logits, 1, 3, {}, random);
    CHECK((draw.value == 1 || draw.value == 2));
    CHECK(draw.log_likelihood == Approx(std::log(0.5)));
  }
  CHECK(LogLikelihood(logits, 1, 3, 2) == Approx(std::log(0.5)));
}

TEST_CASE("the likelihood told is the network's own", "[sampler]") {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  Sampler sampler({.temperature = 0.1, .top_p = 0.5});
  Random random(1);
  const auto draw = sampler.Take(logits, 0, 3, std::vector<float>{kOut, 0, 0}, random);
  CHECK(draw.value == 1);
  CHECK(draw.log_likelihood == Approx(std::log(0.3)));
}

TEST_CASE("the same seed draws the same, what is no number is never drawn", "[sampler]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> logits = {nan, 1, 2, 0};
  std::array<std::vector<std::int32_t>, 2> runs;
  for (auto& run : runs) {
    Sampler sampler({.temperature = 1.3, .top_p = 0.95});
    Random random(99);
    for (int i = 0; i < 200; ++i) run.push_back(sampler.Take(logits, 0, 4, {}, random).value);
  }
  CHECK(runs[0] == runs[1]);
  for (const auto value : runs[0]) CHECK(value != 0);
}
