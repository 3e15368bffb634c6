// SPDX-License-Identifier: Apache-2.0
// Where pasts lie, and whose is fetched with whom.
#include <catch2/catch.hpp>
#include <vector>

#include "daemon/executor/fused/placing.h"

namespace continuo::executor::fused {
namespace {

TEST_CASE("Fused: the far taps are those that reach beyond what is brought before the tile") {
  for (const std::uint32_t taps : {2U, 3U, 6U, 15U}) {
    for (std::uint32_t dilation = 1; dilation <= 600; ++dilation) {
      Arrangement memory;
      std::vector<std::uint32_t> rings;
      const Past past = PlacePast(memory, rings, 4, taps, dilation);
      std::uint32_t far = 0;
      for (std::uint32_t tap = 0; tap < taps; ++tap) far += tap * dilation > past.near ? 1 : 0;
      REQUIRE(past.far_taps == far);
    }
  }
}

TEST_CASE("Fused: the past of the next convolution but one is fetched, line after line") {
  const auto step = [](std::uint32_t fours, std::uint32_t taps) {
    ProgramStep made;
    made.fours = fours;
    made.taps = taps;
    if (taps > 1) made.past.at = 0;
    return made;
  };
  // Three layers, each with a step that joins, the first after one that widens.
  std::vector<ProgramStep> steps{step(4, 1), step(4, 3), step(4, 1), step(2, 3),
                                 step(2, 1), step(2, 3), step(2, 1)};
  steps[4].action = Action::kActivate;
  CHECK(LinkPasts(steps) == 1);
  CHECK(steps[0].fetched == 0);
  CHECK(steps[1].fetched == 5);
  CHECK(steps[1].fetched_line == 0);
  CHECK(steps[2].fetched == 5);
  CHECK(steps[2].fetched_line == 12);
  for (const std::size_t last : {3U, 4U, 5U, 6U}) CHECK(steps[last].fetched == 0);
}

}  // namespace
}  // namespace continuo::executor::fused
