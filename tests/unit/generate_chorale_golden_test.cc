// SPDX-License-Identifier: Apache-2.0
// The composer's fields against those that models/chorale/data.py gave for the same piece: what
// the network was trained on and what it is asked must be one.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "chorale_song.h"
#include "daemon/generate/chorale.h"
#include "scripted_decoder.h"

using namespace continuo;
using namespace continuo::generate::chorale;

namespace {

std::vector<std::int32_t> Golden(const std::string& name) {
  std::ifstream file(std::string(CONTINUO_MODEL_SOURCE_DIR "/chorale/golden/golden-") + name,
                     std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(bytes.empty());
  REQUIRE(bytes.size() % 4 == 0);
  std::vector<std::int32_t> values;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t value = 0;
    for (std::size_t k = 4; k-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i + k]);
    values.push_back(static_cast<std::int32_t>(value));
  }
  return values;
}

// The piece's steps: what a cell is told of the one before, the last step left out.
std::vector<Step> StepsOf(const std::vector<std::int32_t>& tokens) {
  const std::size_t cells = tokens.size() / kTokenFields.size();
  std::vector<Step> steps(cells / kVoices - 1);
  for (std::size_t n = 0; n < steps.size() * kVoices; ++n) {
    steps[n / kVoices][n % kVoices] = tokens[(n + 1) * kTokenFields.size()];
  }
  return steps;
}

std::int32_t PlaceInFourFour(std::size_t t) {
  return PlaceOf(static_cast<int>(t), t / 4 % 2 == 0 ? kStrong : kWeak);
}

}  // namespace

TEST_CASE("chorale: tokens are those of the training", "[chorale]") {
  const std::vector<std::int32_t> tokens = Golden("token.i32");
  const std::vector<Step> steps = StepsOf(tokens);
  REQUIRE(steps.size() == 159);
  Memory memory;
  std::vector<std::int32_t> made;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    for (int voice = 0; voice < kVoices; ++voice) {
      const auto token = TokenOf(voice, PlaceInFourFour(t), memory, steps[t]);
      made.insert(made.end(), token.begin(), token.end());
    }
    memory.Advance(steps[t]);
  }
  CHECK(made ==
        std::vector<std::int32_t>(tokens.begin(), tokens.begin() + static_cast<long>(made.size())));
}

TEST_CASE("chorale: the grid of a request is that of the training", "[chorale]") {
  const std::vector<std::int32_t> grid = Golden("grid.i32");
  const std::size_t steps = grid.size() / kGridFields.size();
  midi::Track melody{.name = "Soprano"};
  for (std::size_t t = 0; t < steps; ++t) {
    const auto pitch = static_cast<std::uint8_t>(PitchOf(grid[t * kGridFields.size()]));
    melody.notes.push_back(
        {.start = static_cast<midi::Tick>(t) * 120, .length = 120, .pitch = pitch});
  }
  const midi::Song input = SongOfTracks({melody});
  auto request = RequestFor(v1::GENERATION_TASK_HARMONY, &input);
  request.set_key("G");
  const ScriptedDecoder decoder;
  auto composer = generate::CreateComposer(ChoraleManifest(), decoder);
  REQUIRE(composer.ok());
  REQUIRE((*composer)->Prepare(request).ok());
  CHECK(decoder.grid() == grid);
}
