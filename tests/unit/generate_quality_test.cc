// SPDX-License-Identifier: Apache-2.0
// One score in 0 to 1, and why.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/generate/quality.h"
#include "tests/unit/generate_songs.h"

using namespace continuo;
using namespace continuo::generate;

namespace {

constexpr std::uint64_t kWalks = 200;

std::vector<midi::Song> Walks(std::uint64_t first) {
  std::vector<midi::Song> songs;
  for (std::uint64_t seed = 0; seed < kWalks; ++seed) songs.push_back(Walk(first + seed, 8));
  return songs;
}

Reference WalkReference() {
  const std::vector<std::uint32_t> lengths{4, 8};
  absl::StatusOr<Reference> reference = Reference::Make(Walks(0), lengths);
  REQUIRE(reference.ok());
  return *std::move(reference);
}

// As a model might have a song, by its notes: about -0.5, never twice the same.
double LikelihoodOf(const midi::Song& song) {
  std::uint64_t seed = 1;
  for (const midi::Note& note : song.tracks[0].notes) {
    seed = midi::Random(seed ^ static_cast<std::uint64_t>(note.start * 128 + note.pitch)).Next();
  }
  return -0.4 - 0.2 * static_cast<double>(seed >> 11) * 0x1p-53;
}

// Heard in two situations, of which the second fits too few excerpts.
Reference HeardReference() {
  Reference reference = WalkReference();
  const auto listen = [](absl::Span<const midi::Song> excerpts, std::uint32_t)
      -> absl::StatusOr<std::map<std::string, std::vector<std::optional<double>>>> {
    std::map<std::string, std::vector<std::optional<double>>> heard;
    for (std::size_t i = 0; i < excerpts.size(); ++i) {
      const double mean = LikelihoodOf(excerpts[i]);
      heard["melody"].emplace_back(mean);
      heard["vary"].push_back(i < 5 ? std::optional(mean) : std::nullopt);
    }
    return heard;
  };
  REQUIRE(reference.Hear(Walks(2000), listen).ok());
  return reference;
}

double Score(const midi::Song& song, const Reference& reference) {
  return Assess(song, &reference, std::nullopt).score();
}

// Share of pairs in which the first of the two is the better one.
double Auc(const std::vector<double>& better, const std::vector<double>& worse) {
  double wins = 0;
  for (const double left : better) {
    for (const double right : worse) wins += left > right ? 1 : left == right ? 0.5 : 0;
  }
  return wins / static_cast<double>(better.size() * worse.size());
}

bool HasReason(const v1::Quality& quality, const std::string& text) {
  return std::any_of(
      quality.reasons().begin(), quality.reasons().end(),
      [&text](const v1::Reason& reason) { return reason.text().find(text) != std::string::npos; });
}

// A triad in close position that steps about, its bass against it.
std::vector<std::array<int, 4>> Chords(std::uint64_t seed) {
  midi::Random random(seed);
  std::vector<std::array<int, 4>> chords;
  for (int i = 0; i < 16; ++i) {
    const int up = static_cast<int>(random.Next() % 3);
    chords.push_back({72 + up, 67 + up, 64 + up, 48 - up});
  }
  return chords;
}

std::string ParseError(const std::string& json) {
  const auto parsed = Reference::Parse(json);
  REQUIRE_FALSE(parsed.ok());
  return std::string(parsed.status().message());
}

}  // namespace

TEST_CASE("Quantiles: shares below, ties in the middle, ends that go on falling", "[quality]") {
  const Quantiles even = Quantiles::Of({0, 1, 2, 3, 4});
  CHECK(even.median() == 2);
  CHECK(even.ShareBelow(1) == Approx(0.25).margin(1e-9));
  CHECK(even.ShareBelow(1.5) == Approx(0.375));
  CHECK(even.ShareBelow(-1) == 0);
  CHECK(even.ShareBelow(9) == 1);
  CHECK(even.Tail(2) == Approx(1));
  CHECK(even.Tail(0) == Approx(Quantiles::kEnd));
  double before = even.Tail(2);
  for (double value = 2.1; value < 30; value += 0.1) {
    CHECK(even.Tail(value) < before);
    before = even.Tail(value);
  }
  const Quantiles ties = Quantiles::Of({0, 0, 0, 0, 1});
  CHECK(ties.ShareBelow(0) == Approx(0.375).margin(0.03));
  CHECK(Quantiles::Of({5}).Tail(5) == Approx(1));
  CHECK(Quantiles::Of({5}).Tail(6) < Quantiles::kEnd);
}

TEST_CASE("Songs of the kind spread evenly over the scores", "[quality]") {
  const Reference reference = WalkReference();
  std::vector<double> scores;
  for (std::uint64_t seed = 0; seed < kWalks; ++seed) {
    for (const int half : {0, 4})
      scores.push_back(Score(Excerpt(Walk(seed, 8), half, 4), reference));
  }
  std::sort(scores.begin(), scores.end());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    // Kolmogorov's distance from the even distribution.
    CHECK(std::abs(scores[i] -
                   (static_cast<double>(i) + 0.5) / static_cast<double>(scores.size())) < 0.04);
  }
  // Those that it has not seen do so too.
  double mean = 0;
  for (std::uint64_t seed = 1000; seed < 1200; ++seed) mean += Score(Walk(seed), reference) / 200;
  CHECK(mean == Approx(0.5).margin(0.07));
}

TEST_CASE("Damaged songs score lower", "[quality]") {
  const Reference reference = WalkReference();
  std::vector<double> real;
  std::vector<double> random;
  std::vector<double> constant;
  for (std::uint64_t seed = 1000; seed < 1100; ++seed) {
    const midi::Song song = Walk(seed);
    real.push_back(Score(song, reference));
    random.push_back(Score(WithRandomPitches(song, seed), reference));
    constant.push_back(Score(WithOnePitch(song), reference));
  }
  CHECK(Auc(real, random) > 0.99);
  CHECK(Auc(real, constant) > 0.99);
  CHECK(Score(SongOf({}), reference) == 0);
}

TEST_CASE("The score falls strictly with surprise, and is 0.5 at the median", "[quality]") {
  const Reference reference = WalkReference();
  const Reference::Length& length = reference.For(4);
  CHECK(length.bars == 4);
  const Quantiles& surprises = *length.surprise;
  CHECK(ScoreOf(surprises, surprises.median()) == Approx(0.5));
  // Less than the least is the best, not an outlier.
  CHECK(ScoreOf(surprises, surprises.values().front() - 1) == 1);
  double before = 1.1;
  const double first = surprises.values().front();
  for (double surprise = first; surprise < 3 * surprises.values().back(); surprise += 0.25) {
    const double score = ScoreOf(surprises, surprise);
    CHECK(score < before);
    CHECK(score > 0);
    CHECK(score <= 1);
    before = score;
  }
}

TEST_CASE("Reasons say what is unusual, the largest effect first", "[quality]") {
  const Reference reference = WalkReference();
  const v1::Quality sparse =
      Assess(SongOf({TrackOf({{0, 4, 60}, {4, 4, 62}, {8, 4, 64}, {12, 4, 60}})}), &reference, {});
  CHECK(sparse.score() < 0.1);
  CHECK(HasReason(sparse, "sparser than any of the songs it is judged by"));
  CHECK(sparse.metrics().at("notes_per_bar") == 1);
  const v1::Quality ordinary = Assess(Walk(1003), &reference, {});
  REQUIRE(ordinary.reasons_size() > 1);
  for (int i = 1; i < ordinary.reasons_size(); ++i) {
    CHECK(std::abs(ordinary.reasons(i).effect()) <= std::abs(ordinary.reasons(i - 1).effect()));
  }
}

TEST_CASE("Figures that are the same in every song leave reasons as well", "[quality]") {
  std::vector<midi::Song> songs;
  for (int i = 0; i < 24; ++i) {
    std::vector<Q> notes;
    for (int k = 0; k < 16; ++k) {
      notes.push_back({static_cast<double>(k), 1, 60 + (k * (i + 2) + k * k) % 13});
    }
    songs.push_back(SongOf({TrackOf(notes)}));
  }
  const std::vector<std::uint32_t> lengths{4};
  const auto reference = Reference::Make(songs, lengths);
  REQUIRE(reference.ok());
  const v1::Quality quality = Assess(SongOf({TrackOf({{0, 1, 60}, {1, 2, 64}})}), &*reference, {});
  CHECK(quality.score() < 0.01);
  REQUIRE(quality.reasons_size() > 0);
  CHECK(quality.reasons(0).effect() < 0);
}

TEST_CASE("Four parts are told where they break a rule", "[quality]") {
  std::vector<midi::Song> songs;
  for (std::uint64_t seed = 0; seed < 40; ++seed) songs.push_back(FourParts(Chords(seed)));
  const std::vector<std::uint32_t> lengths{4};
  const auto reference = Reference::Make(songs, lengths);
  REQUIRE(reference.ok());
  std::vector<std::array<int, 4>> chords = Chords(100);
  chords[8] = {72, 67, 64, 48};
  chords[9] = {72, 67, 67, 48};
  chords[10] = {72, 67, 55, 48};
  chords[11] = {72, 67, 57, 50};
  const v1::Quality quality = Assess(FourParts(chords), &*reference, {});
  CHECK(HasReason(quality, "parallel fifths in bar 3 (tenor, bass)"));
  CHECK(quality.reasons(0).effect() < 0);
}

TEST_CASE("Likelihood counts where the reference knows what is usual", "[quality]") {
  const Reference reference = HeardReference();
  const midi::Song song = Walk(1003);
  const auto score = [&](const char* situation, double mean) {
    return Assess(song, &reference, SongLikelihood{situation, mean});
  };
  const double usual = score("melody", -0.5).score();
  // What the model expects more than most is no fault.
  CHECK(score("melody", -0.45).score() >= usual);
  CHECK(score("melody", -0.1).score() == score("melody", -0.45).score());
  double before = usual;
  for (const double mean : {-0.55, -0.6, -0.65, -0.8, -3.0}) {
    CHECK(score("melody", mean).score() < before);
    before = score("melody", mean).score();
  }
  const v1::Quality unlikely = score("melody", -3);
  CHECK(unlikely.log_likelihood() == -3);
  CHECK(HasReason(unlikely, "less expected by the model than any"));
  // In a situation that is not known it is told, and does not count.
  const double without = Assess(song, &reference, std::nullopt).score();
  CHECK(score("vary", -3).score() == without);
  CHECK(score("vary", -3).log_likelihood() == -3);
}

TEST_CASE("Songs of the kind spread evenly over the scores with their likelihood too",
          "[quality]") {
  const Reference reference = HeardReference();
  std::vector<double> scores;
  for (const midi::Song& song : Walks(2000)) {
    for (const int half : {0, 4}) {
      const midi::Song excerpt = Excerpt(song, half, 4);
      scores.push_back(
          Assess(excerpt, &reference, SongLikelihood{"melody", LikelihoodOf(excerpt)}).score());
    }
  }
  std::sort(scores.begin(), scores.end());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    CHECK(std::abs(scores[i] -
                   (static_cast<double>(i) + 0.5) / static_cast<double>(scores.size())) < 0.04);
  }
}

TEST_CASE("A model without a reference is not judged, and says so", "[quality]") {
  const v1::Quality quality = Assess(Walk(1), nullptr, SongLikelihood{"melody", -0.5});
  CHECK(quality.score() == 0.5);
  CHECK(HasReason(quality, "no reference"));
  CHECK_FALSE(quality.metrics().empty());
}

TEST_CASE("A reference is read back as it was written", "[quality]") {
  const Reference reference = HeardReference();
  const std::string json = reference.Json();
  const auto again = Reference::Parse(json);
  REQUIRE(again.ok());
  CHECK(again->Json() == json);
  for (std::uint64_t seed = 1000; seed < 1020; ++seed) {
    CHECK(Score(Walk(seed), *again) == Approx(Score(Walk(seed), reference)).margin(0.01));
  }
  CHECK(reference.For(1).bars == 4);
  CHECK(reference.For(5).bars == 4);
  CHECK(reference.For(6).bars == 8);
  CHECK(reference.For(1000).bars == 8);
}

TEST_CASE("A reference that is none is refused with its key", "[quality]") {
  CHECK(ParseError("").find("reference") == 0);
  CHECK(ParseError("[]").find("reference") == 0);
  CHECK(ParseError("{}").find("continuo_reference") == 0);
  CHECK(ParseError(R"({"continuo_reference": 2})").find("continuo_reference: version 2") == 0);
  const std::string head = R"({"continuo_reference": 1, "pieces": 1, "lengths": )";
  CHECK(ParseError(head + "[]}").find("lengths") == 0);
  CHECK(ParseError(head + "[3]}").find("lengths[0]") == 0);
  CHECK(ParseError(head + R"([{"bars": 0, "excerpts": 1}]})").find("lengths[0].bars") == 0);
  CHECK(ParseError(head + R"([{"bars": 4, "excerpts": 1, "metrics": {"a": [2, 1]}}]})")
            .find("lengths[0].metrics.a: quantiles are numbers") == 0);
  CHECK(ParseError(head + R"([{"bars": 4, "excerpts": 1, "metrics": {"a": ["x", 1]}}]})")
            .find("lengths[0].metrics.a") == 0);
  CHECK(ParseError(head + R"([{"bars": 4, "excerpts": 1, "metrics": {"a": [1e999, 1]}}]})")
            .find("reference") == 0);
  CHECK(ParseError(head + R"([{"bars": 4, "excerpts": 1, "metrics": {}}]})")
            .find("lengths[0].surprise: is missing") == 0);
  const std::string length =
      head + R"([{"bars": 4, "excerpts": 1, "metrics": {}, "surprise": [1, 2])";
  CHECK(ParseError(length + R"(, "heard": 3}]})").find("lengths[0].heard: an object") == 0);
  CHECK(ParseError(length + R"(, "heard": {"melody": {"excerpts": 3}}}]})")
            .find("lengths[0].heard.melody.log_likelihood") == 0);
  CHECK(ParseError(length + R"(}], "drums": {"x": {}}})").find("drums.x") == 0);
  CHECK(ParseError(length + R"(}], "drums": {"16": {}}})").find("drums.16.kick") == 0);
  CHECK(ParseError(length + R"(}], "drums": {"2": {"kick": [1]}}})").find("drums.2.snare") == 0);
}

TEST_CASE("Too few songs make no reference", "[quality]") {
  const std::vector<midi::Song> songs{Walk(1)};
  const std::vector<std::uint32_t> lengths{4};
  const auto made = Reference::Make(songs, lengths);
  REQUIRE_FALSE(made.ok());
  CHECK(std::string(made.status().message()).find("1 excerpts of 4 bars") != std::string::npos);
}

TEST_CASE("An excerpt begins at 0 and is cut at its ends", "[quality]") {
  midi::Song song =
      SongOf({TrackOf({{3, 2, 60}, {7, 2, 62}}), TrackOf({{3, 2, 36}, {5, 1, 38}}, 9)});
  song.tempos = {{0, 500000}, {4 * 480, 600000}, {8 * 480, 700000}};
  const midi::Song second = Excerpt(song, 1, 1);
  CHECK(midi::Validate(second).ok());
  REQUIRE(second.tracks.size() == 2);
  REQUIRE(second.tracks[0].notes.size() == 2);
  CHECK(second.tracks[0].notes[0].start == 0);
  CHECK(second.tracks[0].notes[0].length == 480);
  CHECK(second.tracks[0].notes[1].end() == 4 * 480);
  REQUIRE(second.tracks[1].notes.size() == 1);  // a hit is not heard again
  CHECK(second.tracks[1].notes[0].start == 480);
  REQUIRE(second.tempos.size() == 1);
  CHECK(second.tempos[0].us_per_quarter == 600000);
}
