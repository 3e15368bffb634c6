// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/drum_places.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/quantiles.h"

namespace continuo::generate {
namespace {

constexpr double kMostHits = 1e9;
// Added to each count: what was never seen may be all the same.
constexpr double kUnseen = 0.5;

double WeightOf(const GridNote& note) { return note.velocity / 127.0; }

std::size_t StepOf(const GridNote& note, std::int64_t bar_steps) {
  return static_cast<std::size_t>(note.start % bar_steps);
}

DrumPlaces::Bar EmptyBar(std::int64_t bar_steps) {
  DrumPlaces::Bar bar;
  bar.fill(std::vector<double>(static_cast<std::size_t>(bar_steps), 0.0));
  return bar;
}

DrumPlaces::Bar MisplacementsOf(const DrumPlaces::Bar& hits) {
  const std::size_t steps = hits.front().size();
  std::array<double, kDrums> of_drum{};
  std::vector<double> of_step(steps, 0.0);
  double all = 0;
  for (std::size_t drum = 0; drum < kDrums; ++drum) {
    for (std::size_t step = 0; step < steps; ++step) {
      const double count = hits[drum][step] + kUnseen;
      of_drum[drum] += count;
      of_step[step] += count;
      all += count;
    }
  }
  DrumPlaces::Bar misplacements = hits;
  for (std::size_t drum = 0; drum < kDrums; ++drum) {
    for (std::size_t step = 0; step < steps; ++step) {
      const double expected = of_drum[drum] * of_step[step] / all;
      misplacements[drum][step] = -std::log((hits[drum][step] + kUnseen) / expected);
    }
  }
  return misplacements;
}

}  // namespace

std::size_t DrumOf(int pitch) {
  // clang-format off
  switch (pitch) {
    case 35: case 36: return 0;
    case 37: case 38: case 39: case 40: return 1;
    case 22: case 42: case 44: return 2;  // 22 and 26: the edges of Roland's hats
    case 26: case 46: return 3;
    case 41: case 43: case 45: case 47: case 48: case 50: return 4;
    case 49: case 52: case 55: case 57: return 5;
    case 51: case 53: case 59: return 6;
    default: return 7;
  }
  // clang-format on
}

DrumPlaces DrumPlaces::Of(absl::Span<const NoteGrid> songs) {
  std::map<std::int64_t, Bar> bars;
  std::map<std::int64_t, std::size_t> counts;
  for (const NoteGrid& song : songs) {
    if (!song.drums || song.bar_steps < 1 || song.bar_steps > kMostSteps) continue;
    Bar& bar = bars.try_emplace(song.bar_steps, EmptyBar(song.bar_steps)).first->second;
    counts[song.bar_steps] += song.notes.size();
    for (const GridNote& note : song.notes) {
      bar[DrumOf(note.pitch)][StepOf(note, song.bar_steps)] += WeightOf(note);
    }
  }
  DrumPlaces places;
  for (auto& [steps, bar] : bars) {
    if (counts[steps] < kFewestHits) continue;
    for (std::vector<double>& row : bar) {
      for (double& hits : row) hits = Rounded(hits);
    }
    // What was counted here fits.
    if (!places.Add(steps, std::move(bar)).ok()) continue;
  }
  return places;
}

absl::Status DrumPlaces::Add(std::int64_t bar_steps, Bar hits) {
  if (bar_steps < 1 || bar_steps > kMostSteps || hits_.contains(bar_steps)) {
    return absl::InvalidArgumentError(
        base::StrCat("bars of ", bar_steps, " steps; 1 to ", kMostSteps, ", each once"));
  }
  for (const std::vector<double>& row : hits) {
    if (row.size() != static_cast<std::size_t>(bar_steps) ||
        !std::all_of(row.begin(), row.end(),
                     [](double count) { return count >= 0 && count <= kMostHits; })) {
      return absl::InvalidArgumentError(
          base::StrCat("each drum has ", bar_steps, " numbers from 0 to 1e9"));
    }
  }
  misplacement_.emplace(bar_steps, MisplacementsOf(hits));
  hits_.emplace(bar_steps, std::move(hits));
  return absl::OkStatus();
}

std::optional<double> DrumPlaces::MisplacementOf(const NoteGrid& song) const {
  const auto bar = misplacement_.find(song.bar_steps);
  if (!song.drums || bar == misplacement_.end()) return std::nullopt;
  double sum = 0;
  double weight = 0;
  for (const GridNote& note : song.notes) {
    sum += WeightOf(note) * bar->second[DrumOf(note.pitch)][StepOf(note, song.bar_steps)];
    weight += WeightOf(note);
  }
  if (weight <= 0) return std::nullopt;
  return sum / weight;
}

DrumPlaces::Misplaced DrumPlaces::WorstOf(const NoteGrid& song) const {
  const Bar& bar = misplacement_.at(song.bar_steps);
  std::array<double, kDrums> of_drum{};
  std::array<std::map<std::int64_t, double>, kDrums> of_bars;
  for (const GridNote& note : song.notes) {
    const std::size_t drum = DrumOf(note.pitch);
    const double sum = WeightOf(note) * bar[drum][StepOf(note, song.bar_steps)];
    of_drum[drum] += sum;
    of_bars[drum][note.start / song.bar_steps] += sum;
  }
  Misplaced worst;
  worst.drum =
      static_cast<std::size_t>(std::max_element(of_drum.begin(), of_drum.end()) - of_drum.begin());
  const auto& bars = of_bars[worst.drum];
  const auto at = std::max_element(
      bars.begin(), bars.end(),
      [](const auto& left, const auto& right) { return left.second < right.second; });
  if (at != bars.end()) worst.bar = at->first;
  return worst;
}

}  // namespace continuo::generate
