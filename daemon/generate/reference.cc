// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/reference.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/base/str_cat.h"
#include "daemon/generate/note_grid.h"
#include "daemon/generate/song_facts.h"

namespace continuo::generate {
namespace {

// Of excerpts that must have a figure, so that it belongs to the kind.
constexpr double kNearlyAll = 0.9;
// Of a figure that a song lacks: the mean of -ln of what is even between 0 and 1.
constexpr double kMeanSurprise = 1;
// What the two figures that know the kind itself, the likelihood and the places of drums, count
// beside 1 of each other. Chosen on damaged songs of the validation splits (docs/quality.md): more
// sees more of them, but less of songs that are monotonous.
constexpr double kKnowingWeight = 3;
constexpr std::string_view kMisplacedDrums = "misplaced_drums";
// Score of the excerpt with the greatest surprise.
constexpr double kLastScore = 1.0 / 64;

// Calls `visit` with each excerpt of that many bars that has notes.
template <class Visit>
void ForEachExcerpt(absl::Span<const midi::Song> songs, std::uint32_t bars, const Visit& visit) {
  for (const midi::Song& song : songs) {
    const std::int64_t all = FactsOf(song).bars;
    for (std::int64_t first = 0; first + bars <= all; first += bars) {
      const midi::Song excerpt = Excerpt(song, first, bars);
      if (!OnGrid(excerpt).notes.empty()) visit(excerpt);
    }
  }
}

absl::StatusOr<Reference::Length> Measured(const Reference& reference,
                                           absl::Span<const midi::Song> songs, std::uint32_t bars) {
  std::vector<Metrics> excerpts;
  ForEachExcerpt(songs, bars, [&](const midi::Song& excerpt) {
    excerpts.push_back(reference.MetricsOf(excerpt));
  });
  if (excerpts.size() < Reference::kFewestExcerpts) {
    return absl::InvalidArgumentError(base::StrCat("the songs have ", excerpts.size(),
                                                   " excerpts of ", bars, " bars; at least ",
                                                   Reference::kFewestExcerpts, " are needed"));
  }
  std::map<std::string, std::vector<double>> values;
  for (const Metrics& metrics : excerpts) {
    for (const auto& [name, value] : metrics) values[name].push_back(value);
  }
  Reference::Length length{
      .bars = bars, .excerpts = excerpts.size(), .metrics = {}, .surprise = {}, .heard = {}};
  for (auto& [name, all] : values) {
    if (static_cast<double>(all.size()) >= kNearlyAll * static_cast<double>(excerpts.size())) {
      length.metrics.emplace(name, Quantiles::Of(std::move(all)));
    }
  }
  std::vector<double> surprises;
  surprises.reserve(excerpts.size());
  for (const Metrics& metrics : excerpts) surprises.push_back(length.SurpriseOf(metrics));
  length.surprise = Quantiles::Of(std::move(surprises));
  return length;
}

}  // namespace

bool IsFault(std::string_view metric) {
  constexpr std::array<std::string_view, 7> kFaults{"parallels",    "overlaps",     "leaps",
                                                    "crossings",    "wide_spacing", "out_of_range",
                                                    kMisplacedDrums};
  return std::find(kFaults.begin(), kFaults.end(), metric) != kFaults.end();
}

double SurpriseOf(std::string_view metric, const Quantiles& reference, double value) {
  if (IsFault(metric) && value <= reference.median()) return 0;
  const double weight = metric == kMisplacedDrums ? kKnowingWeight : 1;
  return -weight * std::log(std::min(reference.Tail(value), 1.0));
}

double Reference::Length::SurpriseOf(const Metrics& measured) const {
  double sum = 0;
  for (const auto& [name, quantiles] : metrics) {
    const auto found = measured.find(name);
    sum += found == measured.end() ? kMeanSurprise
                                   : generate::SurpriseOf(name, quantiles, found->second);
  }
  return sum;
}

double Reference::Heard::SurpriseOf(double mean) const {
  if (mean >= log_likelihood.median()) return 0;
  return -kKnowingWeight * std::log(std::min(log_likelihood.Tail(mean), 1.0));
}

double ScoreOf(const Quantiles& surprises, double surprise) {
  const double above = 1 - surprises.ShareBelow(surprise);
  // Less surprise than any excerpt has is beyond the other end, and no fault.
  if (above <= 0 && surprises.Beyond(surprise) > 0) {
    return kLastScore * std::exp(-surprises.Beyond(surprise));
  }
  // The last stretch ends at kLastScore instead of 0.
  return above < 2 * kLastScore ? kLastScore + above / 2 : above;
}

absl::StatusOr<Reference> Reference::Make(absl::Span<const midi::Song> songs,
                                          absl::Span<const std::uint32_t> lengths) {
  if (lengths.empty()) return absl::InvalidArgumentError("no length is given");
  Reference reference;
  reference.pieces_ = songs.size();
  std::vector<NoteGrid> grids;
  for (const midi::Song& song : songs) grids.push_back(OnGrid(song));
  reference.drum_places_ = DrumPlaces::Of(grids);
  for (const std::uint32_t bars : lengths) {
    if (bars < 1 || bars > 1024) {
      return absl::InvalidArgumentError(base::StrCat(bars, " bars; 1 to 1024 are possible"));
    }
    absl::StatusOr<Length> length = Measured(reference, songs, bars);
    if (!length.ok()) return length.status();
    reference.lengths_.push_back(*std::move(length));
  }
  return reference;
}

absl::Status Reference::Hear(absl::Span<const midi::Song> songs, const Listener& listener) {
  for (Length& length : lengths_) {
    std::vector<midi::Song> all;
    ForEachExcerpt(songs, length.bars,
                   [&all](const midi::Song& excerpt) { all.push_back(excerpt); });
    // Evenly from all songs.
    const std::size_t count = std::min(all.size(), kMostHeard);
    std::vector<midi::Song> excerpts;
    for (std::size_t i = 0; i < count; ++i) {
      excerpts.push_back(std::move(all[i * all.size() / count]));
    }
    const auto figures = listener(excerpts, length.bars);
    if (!figures.ok()) return figures.status();
    for (const auto& [situation, means] : *figures) AddHeard(excerpts, situation, means, &length);
  }
  return absl::OkStatus();
}

Metrics Reference::MetricsOf(const midi::Song& song) const {
  Metrics metrics = Measure(song);
  if (const auto misplacement = drum_places_.MisplacementOf(OnGrid(song))) {
    metrics[std::string(kMisplacedDrums)] = *misplacement;
  }
  return metrics;
}

void Reference::AddHeard(absl::Span<const midi::Song> excerpts, const std::string& situation,
                         absl::Span<const std::optional<double>> means, Length* length) const {
  std::vector<double> likelihoods;
  for (const std::optional<double>& mean : means) {
    if (mean) likelihoods.push_back(*mean);
  }
  if (likelihoods.size() < kFewestExcerpts) return;
  const std::uint64_t count = likelihoods.size();
  Quantiles usual = Quantiles::Of(std::move(likelihoods));
  Heard heard{count, usual, usual};
  std::vector<double> surprises;
  for (std::size_t i = 0; i < excerpts.size(); ++i) {
    if (!means[i]) continue;
    surprises.push_back(length->SurpriseOf(MetricsOf(excerpts[i])) + heard.SurpriseOf(*means[i]));
  }
  heard.surprise = Quantiles::Of(std::move(surprises));
  length->heard.insert_or_assign(situation, std::move(heard));
}

const Reference::Length& Reference::For(std::int64_t bars) const {
  const double wanted = std::log(static_cast<double>(std::max<std::int64_t>(bars, 1)));
  return *std::min_element(
      lengths_.begin(), lengths_.end(), [wanted](const Length& left, const Length& right) {
        return std::abs(std::log(left.bars) - wanted) < std::abs(std::log(right.bars) - wanted);
      });
}

midi::Song Excerpt(const midi::Song& song, std::int64_t first, std::int64_t bars) {
  const SongFacts facts = FactsOf(song);
  const midi::Tick bar = BarTicks(facts.meter, song.ticks_per_quarter);
  const midi::Tick begin = first * bar;
  const midi::Tick end = begin + bars * bar;
  midi::Song excerpt;
  excerpt.ticks_per_quarter = song.ticks_per_quarter;
  excerpt.meters = {facts.meter};
  // The tempo that holds where it begins.
  for (const midi::Tempo& tempo : song.tempos) {
    if (excerpt.tempos.empty() || tempo.time <= begin) excerpt.tempos = {{0, tempo.us_per_quarter}};
  }
  for (const midi::Track& track : song.tracks) {
    midi::Track& cut = excerpt.tracks.emplace_back(midi::Track{.name = track.name});
    for (midi::Note note : track.notes) {
      const midi::Tick from = std::max(note.start, begin);
      const midi::Tick to = std::min(note.end(), end);
      if (note.channel == midi::kDrumChannel) {
        const midi::Tick nearest = note.start + song.ticks_per_quarter / (2 * kStepsPerQuarter);
        if (nearest < begin || nearest >= end) continue;
        note.length = std::max<midi::Tick>(to - from, 1);
        note.start = from - begin;
        cut.notes.push_back(note);
        continue;
      }
      if (from >= to) continue;
      note.start = from - begin;
      note.length = to - from;
      cut.notes.push_back(note);
    }
  }
  midi::Normalise(excerpt);
  return excerpt;
}

}  // namespace continuo::generate
