// SPDX-License-Identifier: Apache-2.0
// Requests drawn at random, within locks and ranges.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>

#include "daemon/generate/context.h"
#include "daemon/generate/randomise.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

v1::NotesSignature Model() {
  v1::NotesSignature model;
  model.add_tasks("melody");
  for (const char* style : {"rock", "jazz", "funk"}) model.add_styles(style);
  for (const char* signature : {"3/4", "4/4", "6/8"}) model.add_signatures(signature);
  return model;
}

v1::GenerateRequest Drawn(const Randomisation& randomisation, v1::GenerateRequest request = {}) {
  request.set_task(v1::GENERATION_TASK_MELODY);
  const auto drawn = RandomiseRequest(request, Model(), randomisation);
  REQUIRE(drawn.ok());
  return *drawn;
}

std::string Refusal(const Randomisation& randomisation) {
  const auto drawn = RandomiseRequest({}, Model(), randomisation);
  REQUIRE_FALSE(drawn.ok());
  return std::string(drawn.status().message());
}

}  // namespace

TEST_CASE("Whatever is drawn, a composer can follow", "[generate]") {
  std::set<std::string> keys;
  std::set<std::string> styles;
  std::set<double> tempos;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const v1::GenerateRequest request = Drawn({.locks = {}, .ranges = {}, .seed = seed});
    const auto context = DecideContext(request, Model(), {});
    INFO(context.status().ToString());
    REQUIRE(context.ok());
    CHECK(request.has_seed());
    CHECK(request.bars() == 0);
    keys.insert(request.key());
    styles.insert(request.style());
    tempos.insert(request.tempo_bpm());
  }
  CHECK(keys.size() == 24);
  CHECK(styles.size() == 3);
  CHECK(tempos.size() > 50);
}

TEST_CASE("A lock keeps one field and changes no other", "[generate]") {
  v1::GenerateRequest request;
  request.set_key("Dm");
  request.set_density(0.25);
  const v1::GenerateRequest all = Drawn({.locks = {}, .ranges = {}, .seed = 5}, request);
  v1::GenerateRequest locked =
      Drawn({.locks = {"key", "density", "seed"}, .ranges = {}, .seed = 5}, request);
  CHECK(locked.key() == "Dm");
  CHECK(locked.density() == 0.25);
  CHECK_FALSE(locked.has_seed());
  locked.set_key(all.key());
  locked.set_density(all.density());
  locked.set_seed(all.seed());
  CHECK(locked.SerializeAsString() == all.SerializeAsString());
  CHECK(Drawn({.locks = {}, .ranges = {}, .seed = 6}, request).SerializeAsString() !=
        all.SerializeAsString());
}

TEST_CASE("Ranges hold, and draw bars as well", "[generate]") {
  std::set<std::uint32_t> bars;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const v1::GenerateRequest request =
        Drawn({.locks = {},
               .ranges = {{"tempo_bpm", {118, 122}}, {"density", {0.5, 0.5}}, {"bars", {4, 8}}},
               .seed = seed});
    CHECK(request.tempo_bpm() >= 118);
    CHECK(request.tempo_bpm() <= 122);
    CHECK(request.tempo_bpm() == std::floor(request.tempo_bpm()));
    CHECK(request.density() == 0.5);
    bars.insert(request.bars());
  }
  CHECK(bars == std::set<std::uint32_t>{4, 5, 6, 7, 8});
}

TEST_CASE("What follows the song stays, unless a range says otherwise", "[generate]") {
  v1::GenerateRequest request;
  request.set_input("a song");
  const v1::GenerateRequest drawn = Drawn({.locks = {}, .ranges = {}, .seed = 1}, request);
  CHECK(drawn.key().empty());
  CHECK(drawn.tempo_bpm() == 0);
  CHECK(drawn.signature_numerator() == 0);
  CHECK(drawn.has_density());
  CHECK(Drawn({.locks = {}, .ranges = {{"tempo_bpm", {90, 90}}}, .seed = 1}, request).tempo_bpm() ==
        90);
}

TEST_CASE("Locks and ranges that make no sense are refused", "[generate]") {
  CHECK(Refusal({.locks = {"colour"}, .ranges = {}, .seed = 0}).find("locks: 'colour'") == 0);
  CHECK(Refusal({.locks = {}, .ranges = {{"key", {0, 1}}}, .seed = 0}).find("ranges: 'key'") == 0);
  CHECK(Refusal({.locks = {"density"}, .ranges = {{"density", {0, 1}}}, .seed = 0}) ==
        "ranges: density is locked");
  CHECK(Refusal({.locks = {}, .ranges = {{"density", {0.5, 1.5}}}, .seed = 0}) ==
        "ranges: density from 0.5 to 1.5; 0 to 1 is possible");
  CHECK(Refusal({.locks = {}, .ranges = {{"density", {0.5, 0.2}}}, .seed = 0}).find("ranges") == 0);
  CHECK(Refusal({.locks = {}, .ranges = {{"density", {std::nan(""), 1}}}, .seed = 0})
            .find("ranges") == 0);
}
