// SPDX-License-Identifier: Apache-2.0
// Which drum belongs where, and what is said of drums that are not there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/generate/drum_places.h"
#include "daemon/generate/quality.h"
#include "shared/midi/random.h"
#include "tests/unit/generate_songs.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

constexpr int kKick = 36, kSnare = 38, kHat = 42;

// Rock of eighths: kick on 1 and 3, snare on 2 and 4, hats throughout; a ghost or two by `seed`.
std::vector<Q> Rock(std::uint64_t seed, int bars, int kick = kKick, int snare = kSnare) {
  midi::Random random(seed);
  std::vector<Q> hits;
  for (int bar = 0; bar < bars; ++bar) {
    for (int eighth = 0; eighth < 8; ++eighth) {
      const double at = 4 * bar + eighth / 2.0;
      hits.push_back({at, 0.1, kHat, 70 + static_cast<int>(random.Next() % 30)});
      if (eighth % 4 == 0) hits.push_back({at, 0.1, kick, 110});
      if (eighth % 4 == 2) hits.push_back({at, 0.1, snare, 115});
      if (random.Next() % 8 == 0) hits.push_back({at + 0.25, 0.1, snare, 30});
    }
  }
  return hits;
}

midi::Song Drums(const std::vector<Q>& hits) { return SongOf({TrackOf(hits, midi::kDrumChannel)}); }

Reference RockReference() {
  std::vector<midi::Song> songs;
  for (std::uint64_t seed = 0; seed < 60; ++seed) songs.push_back(Drums(Rock(seed, 8)));
  const std::vector<std::uint32_t> lengths{4};
  absl::StatusOr<Reference> reference = Reference::Make(songs, lengths);
  REQUIRE(reference.ok());
  return *std::move(reference);
}

std::string Reasons(const v1::Quality& quality) {
  std::string all;
  for (const v1::Reason& reason : quality.reasons()) all += reason.text() + "\n";
  return all;
}

}  // namespace

TEST_CASE("Drums that change places are out of place, and the drum is named", "[quality]") {
  const Reference reference = RockReference();
  const v1::Quality rock = Assess(Drums(Rock(100, 4)), &reference, {});
  const v1::Quality turned = Assess(Drums(Rock(100, 4, kSnare, kKick)), &reference, {});
  CHECK(rock.metrics().at("misplaced_drums") < -0.3);
  CHECK(turned.metrics().at("misplaced_drums") > 0.3);
  CHECK(turned.score() < 0.05);
  CHECK(turned.score() < rock.score() / 4);
  INFO(Reasons(turned));
  CHECK(turned.reasons(0).text().find("with drums more out of place than any of the songs it is "
                                      "judged by (most the ") == 0);
  CHECK(turned.reasons(0).effect() < 0);
}

TEST_CASE("One bar whose drums change places is named", "[quality]") {
  const Reference reference = RockReference();
  std::vector<Q> hits = Rock(100, 4);
  for (Q& hit : hits) {
    if (hit.start < 8 || hit.start >= 12) continue;
    hit.pitch = hit.pitch == kKick ? kSnare : hit.pitch == kSnare ? kKick : hit.pitch;
  }
  const std::string reasons = Reasons(Assess(Drums(hits), &reference, {}));
  INFO(reasons);
  CHECK(reasons.find(", in bar 3)") != std::string::npos);
}

TEST_CASE("A groove an eighth late is out of place", "[quality]") {
  const Reference reference = RockReference();
  std::vector<Q> hits = Rock(100, 4);
  for (Q& hit : hits) hit.start += 0.5;
  std::erase_if(hits, [](const Q& hit) { return hit.start >= 16; });
  const v1::Quality late = Assess(Drums(hits), &reference, {});
  CHECK(late.metrics().at("misplaced_drums") > 0.3);
  CHECK(late.score() < 0.05);
}

TEST_CASE("Places are kept by the length of a bar, and need enough hits", "[quality]") {
  const std::vector<NoteGrid> few{OnGrid(Drums(Rock(1, 8)))};
  CHECK(DrumPlaces::Of(few).bars().empty());
  const std::vector<NoteGrid> many(20, few.front());
  const DrumPlaces places = DrumPlaces::Of(many);
  REQUIRE(places.bars().size() == 1);
  CHECK(places.MisplacementOf(few.front()));
  midi::Song waltz = Drums(Rock(1, 8));
  waltz.meters = {{.time = 0, .numerator = 3, .denominator = 4}};
  CHECK_FALSE(places.MisplacementOf(OnGrid(waltz)));
  CHECK_FALSE(places.MisplacementOf(OnGrid(Walk(1))));
}

TEST_CASE("What is no table of places is refused", "[quality]") {
  DrumPlaces places;
  DrumPlaces::Bar bar;
  CHECK_FALSE(places.Add(4, bar).ok());
  bar.fill(std::vector<double>(4, 1.0));
  CHECK_FALSE(places.Add(0, bar).ok());
  CHECK_FALSE(places.Add(3, bar).ok());
  bar[2][1] = -1;
  CHECK_FALSE(places.Add(4, bar).ok());
  bar[2][1] = 1;
  CHECK(places.Add(4, bar).ok());
  CHECK_FALSE(places.Add(4, bar).ok());
}

TEST_CASE("A hit before the bar line belongs to the beat that is nearest", "[quality]") {
  const midi::Song song = Drums({{0, 0.1, kHat}, {3.97, 0.1, kKick}, {7.97, 0.1, kSnare}});
  const midi::Song second = Excerpt(song, 1, 1);
  REQUIRE(second.tracks.front().notes.size() == 1);
  CHECK(second.tracks.front().notes.front().pitch == kKick);
  CHECK(second.tracks.front().notes.front().start == 0);
}
