// SPDX-License-Identifier: Apache-2.0
// The composer's cells against those that models/melody/grid.py gave for the golden piece: what
// the network was trained with and what it is asked must be one.
#include <absl/base/internal/endian.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/base/read_file.h"
#include "daemon/generate/melody_cells.h"

using namespace continuo;
using namespace continuo::generate::melody;

namespace {

std::vector<std::int32_t> Golden(const std::string& name) {
  const auto bytes =
      base::ReadFile(CONTINUO_MODEL_SOURCE_DIR "/melody/golden/golden-" + name, 1 << 20);
  REQUIRE(bytes.ok());
  std::vector<std::int32_t> values(bytes->size() / 4);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int32_t>(absl::little_endian::Load32(bytes->data() + 4 * i));
  }
  return values;
}

}  // namespace

TEST_CASE("tokens of the golden piece are those of the training", "[melody]") {
  const std::vector<std::int32_t> tokens = Golden("token.i32");
  const std::vector<std::int32_t> steps = Golden("step.i32");
  constexpr std::size_t kFields = kTokenFields.size();
  REQUIRE(tokens.size() == steps.size() * kFields);
  REQUIRE(steps.size() == 280);
  State state(kSignatures[1]);
  for (std::size_t n = 0; n < steps.size(); ++n) {
    state.BeginStep(steps[n]);
    const Token expected = [&] {
      Token token{};
      std::copy_n(tokens.begin() + static_cast<std::ptrdiff_t>(n * kFields), kFields,
                  token.begin());
      return token;
    }();
    INFO("cell " << n);
    CHECK(state.TokenFor(expected[1] == 1) == expected);
    // What was written is what the next cell is told.
    if (n + 1 < steps.size()) state.Add(tokens[(n + 1) * kFields]);
  }
}

TEST_CASE("the golden grid has the places and the cells of a sheet in 4/4", "[melody]") {
  const std::vector<std::int32_t> grid = Golden("grid.i32");
  const std::vector<std::int32_t> tokens = Golden("token.i32");
  constexpr std::size_t kFields = kGridFields.size();
  REQUIRE(grid.size() == 224 * kFields);
  std::size_t shown = 0;
  for (std::size_t step = 0; step < 224; ++step) {
    const std::int32_t* row = &grid[step * kFields];
    CHECK(row[kPlace] == kSignatures[1].first_place + static_cast<int>(step % 16));
    CHECK(row[kKey] == KeyValue({.tonic = 2, .scale = "minor"}));
    CHECK(row[kLow] == PitchBucket(57));
    CHECK(row[kHigh] == PitchBucket(76));
    CHECK(row[kBarsLeft] == 14 - static_cast<int>(step / 16));
    // A cell that is shown is the one that was written: the cell after it is told of it.
    const std::size_t cell = step + step / 4 + 1;
    if (row[kMelody] == 0 || (cell + 1) * kTokenFields.size() >= tokens.size()) continue;
    CHECK(row[kMelody] - 1 == tokens[(cell + 1) * kTokenFields.size()]);
    ++shown;
  }
  CHECK(shown > 140);
}
