// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/scope/gain_ramp.h"

namespace continuo::scope {
namespace {

constexpr double kRateHz = 48000;
constexpr auto kRampFrames = static_cast<std::uint32_t>(GainRamp::kSeconds * kRateHz);

// Ones on two channels, block by block; what came out of the first.
std::vector<float> Play(GainRamp* ramp, std::uint32_t frames, std::uint32_t block,
                        bool bypassed = false) {
  std::vector<float> out;
  for (std::uint32_t done = 0; done < frames; done += block) {
    std::vector<float> left(block, 1.0F), right(block, 1.0F);
    float* const rows[] = {left.data(), right.data()};
    ramp->Apply(rows, 2, block, kRateHz, bypassed);
    CHECK(left == right);
    out.insert(out.end(), left.begin(), left.end());
  }
  return out;
}

TEST_CASE("GainRamp: at a gain of 1 nothing is touched") {
  GainRamp ramp;
  const float odd = 0.1F;
  std::vector<float> row(64, odd);
  float* const rows[] = {row.data()};
  ramp.Apply(rows, 1, 64, kRateHz, false);
  CHECK(row == std::vector<float>(64, odd));
}

TEST_CASE("GainRamp: it moves in equal steps, in blocks of any length, and stays") {
  for (const std::uint32_t block : {1U, 63U, 64U, 65U, 256U, 441U, 4096U}) {
    GainRamp ramp;
    ramp.Set(0.25F);
    const auto out = Play(&ramp, 2 * kRampFrames + block, block);
    float largest = 0, last = 1;
    for (const float sample : out) {
      largest = std::max(largest, std::abs(sample - last));
      last = sample;
    }
    INFO(block << " frames a block");
    CHECK(largest < 1.01F * 0.75F / kRampFrames);
    CHECK(out[kRampFrames / 2] == Approx(0.625).margin(0.001));
    CHECK(std::count(out.begin() + kRampFrames, out.end(), 0.25F) ==
          static_cast<std::ptrdiff_t>(out.size() - kRampFrames));
  }
}

TEST_CASE("GainRamp: turned round half way it goes on from where it is") {
  GainRamp ramp;
  ramp.Set(0.0F);
  const float half = Play(&ramp, kRampFrames / 2, kRampFrames / 2).back();
  ramp.Set(1.0F);
  const auto out = Play(&ramp, 2 * kRampFrames, kRampFrames);
  CHECK(out.front() == Approx(half).margin(0.001));
  CHECK(out.back() == 1.0F);
}

TEST_CASE("GainRamp: bypassed it is 1 from the first frame, and comes back afterwards") {
  GainRamp ramp;
  ramp.Set(0.5F);
  Play(&ramp, 2 * kRampFrames, 256);
  CHECK(Play(&ramp, 64, 64, true) == std::vector<float>(64, 1.0F));
  CHECK(Play(&ramp, 4 * kRampFrames, 256).back() == 0.5F);
  ramp.Set(0.25F);
  Play(&ramp, 64, 64);  // on its way
  CHECK(Play(&ramp, 64, 64, true) == std::vector<float>(64, 1.0F));
}

}  // namespace
}  // namespace continuo::scope
