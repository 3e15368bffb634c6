// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <vector>

#include "daemon/stream/smoother.h"

namespace continuo::stream {
namespace {

std::vector<float> Render(Smoother& smoother, std::uint32_t frames) {
  std::vector<float> values(frames);
  smoother.Render(values.data(), frames);
  return values;
}

TEST_CASE("Smoother: without smoothing a change arrives at once") {
  Smoother smoother(1.0F, 0);
  CHECK(Render(smoother, 3) == std::vector<float>{1, 1, 1});
  smoother.SetTarget(2.0F);
  CHECK(Render(smoother, 2) == std::vector<float>{2, 2});
}

TEST_CASE("Smoother: a change goes on a straight line and ends after its frames") {
  Smoother smoother(0.0F, 4);
  smoother.SetTarget(1.0F);
  CHECK(Render(smoother, 6) == std::vector<float>{0.25F, 0.5F, 0.75F, 1, 1, 1});
}

TEST_CASE("Smoother: the end is the target itself, whatever the rounding") {
  const std::uint32_t frames = GENERATE(1U, 2U, 3U, 441U);
  const float from = GENERATE(1e8F, -1e8F, 0.3333F, 3.0F);
  const float to = GENERATE(0.1F, 20000.0F, -7.7F);
  Smoother smoother(from, frames);
  smoother.SetTarget(to);
  CHECK(Render(smoother, frames).back() == to);
}

TEST_CASE("Smoother: the values do not depend on how they are cut") {
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U);
  Smoother whole(0.0F, 1000), cut(0.0F, 1000);
  whole.SetTarget(0.7F);
  cut.SetTarget(0.7F);
  const std::vector<float> expected = Render(whole, 1323);
  std::vector<float> pieces;
  while (pieces.size() < 1323) {
    for (const float value : Render(cut, length)) pieces.push_back(value);
  }
  pieces.resize(1323);
  CHECK(pieces == expected);
}

TEST_CASE("Smoother: a change during a change starts from where it is") {
  Smoother smoother(0.0F, 4);
  smoother.SetTarget(1.0F);
  CHECK(Render(smoother, 2) == std::vector<float>{0.25F, 0.5F});
  smoother.SetTarget(-1.5F);
  CHECK(Render(smoother, 5) == std::vector<float>{0.0F, -0.5F, -1.0F, -1.5F, -1.5F});
}

TEST_CASE("Smoother: the same target again does not begin the way anew") {
  Smoother smoother(0.0F, 4);
  smoother.SetTarget(1.0F);
  CHECK(Render(smoother, 2) == std::vector<float>{0.25F, 0.5F});
  smoother.SetTarget(1.0F);
  CHECK(Render(smoother, 2) == std::vector<float>{0.75F, 1.0F});
}

TEST_CASE("Smoother: Snap arrives at once and ends a change") {
  Smoother smoother(0.0F, 100);
  smoother.SetTarget(1.0F);
  smoother.Snap(5.0F);
  CHECK(Render(smoother, 2) == std::vector<float>{5, 5});
}

}  // namespace
}  // namespace continuo::stream
