// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/metrics.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/generate/key_text.h"
#include "daemon/generate/voice_leading.h"

namespace continuo::generate {
namespace {

constexpr std::size_t kOctave = midi::kPitchesPerOctave;

std::array<double, kOctave> PitchClassCounts(const NoteGrid& grid) {
  std::array<double, kOctave> counts{};
  for (const GridNote& note : grid.notes)
    counts[static_cast<std::size_t>(note.pitch) % kOctave] += 1;
  return counts;
}

// Mean and standard deviation of what `value` gives of each note.
template <class Value>
std::pair<double, double> MeanAndSpread(const NoteGrid& grid, const Value& value) {
  const auto count = static_cast<double>(grid.notes.size());
  double mean = 0;
  for (const GridNote& note : grid.notes) mean += value(note) / count;
  double variance = 0;
  for (const GridNote& note : grid.notes) {
    variance += (value(note) - mean) * (value(note) - mean) / count;
  }
  return {mean, std::sqrt(variance)};
}

using Pitches = std::bitset<128>;

// Calls `visit(steps, pitches)` for each stretch of steps over which the same pitches sound, one
// after the other, silence included; of drums a hit sounds for its step. The time that it takes
// depends on the number of notes, not on how long they are.
template <class Visit>
void ForEachStretch(const NoteGrid& grid, const Visit& visit) {
  std::map<std::int64_t, std::vector<std::pair<int, int>>> changes;  // step: pitch, +1 or -1
  for (const GridNote& note : grid.notes) {
    changes[note.start].emplace_back(note.pitch, 1);
    changes[grid.drums ? note.start + 1 : note.end].emplace_back(note.pitch, -1);
  }
  std::array<std::int32_t, 128> counts{};
  Pitches pitches;
  std::int64_t from = 0;
  for (const auto& [step, ends] : changes) {
    if (step > from) visit(from, step, pitches);
    from = step;
    for (const auto& [pitch, change] : ends) {
      const auto index = static_cast<std::size_t>(pitch);
      counts[index] += change;
      pitches[index] = counts[index] > 0;
    }
  }
}

// Onsets of the bars that have any, as steps and pitches.
using BarOnsets = std::set<std::pair<std::int64_t, int>>;
std::map<std::int64_t, BarOnsets> Bars(const NoteGrid& grid) {
  std::map<std::int64_t, BarOnsets> bars;
  for (const GridNote& note : grid.notes) {
    bars[note.start / grid.bar_steps].emplace(note.start % grid.bar_steps, note.pitch);
  }
  return bars;
}

void AddDissonance(const NoteGrid& grid, Metrics* metrics) {
  double pairs = 0;
  double harsh = 0;
  ForEachStretch(grid, [&](std::int64_t from, std::int64_t to, const Pitches& pitches) {
    const auto steps = static_cast<double>(to - from);
    const auto count = static_cast<double>(pitches.count());
    pairs += steps * count * (count - 1) / 2;
    for (std::size_t octave = 0; octave < pitches.size(); octave += kOctave) {
      for (const std::size_t interval : {1, 6, 11}) {
        harsh += steps * static_cast<double>((pitches & pitches >> (octave + interval)).count());
      }
    }
  });
  if (pairs > 0) (*metrics)["dissonance"] = harsh / pairs;
}

// The highest note of each onset, from one to the next.
void AddMelody(const NoteGrid& grid, Metrics* metrics) {
  std::map<std::int64_t, int> highest;
  for (const GridNote& note : grid.notes) {
    int& pitch = highest[note.start];
    pitch = std::max(pitch, note.pitch);
  }
  double steps = 0;
  double bar_steps = 0;
  int bar_lines = 0;
  for (auto from = highest.begin(); from != highest.end(); ++from) {
    const auto to = std::next(from);
    if (to == highest.end()) break;
    const int step = std::abs(to->second - from->second);
    steps += step;
    if (to->first / grid.bar_steps != from->first / grid.bar_steps) {
      bar_steps += step;
      ++bar_lines;
    }
  }
  if (highest.size() > 1) {
    (*metrics)["melodic_step"] = steps / static_cast<double>(highest.size() - 1);
  }
  if (bar_lines > 0) (*metrics)["bar_line_step"] = bar_steps / bar_lines;
}

void AddPitches(const NoteGrid& grid, Metrics* metrics) {
  (*metrics)["pitch_class_entropy"] = PitchClassEntropy(grid);
  (*metrics)["scale_consistency"] = ScaleConsistency(grid);
  const auto [low, high] =
      std::minmax_element(grid.notes.begin(), grid.notes.end(),
                          [](const GridNote& a, const GridNote& b) { return a.pitch < b.pitch; });
  (*metrics)["pitch_range"] = high->pitch - low->pitch;
  (*metrics)["mean_pitch"] =
      MeanAndSpread(grid, [](const GridNote& note) { return note.pitch; }).first;
  std::tie((*metrics)["note_length"], (*metrics)["note_length_spread"]) =
      MeanAndSpread(grid, [](const GridNote& note) { return note.length; });
  AddMelody(grid, metrics);
  AddDissonance(grid, metrics);
}

void AddDrums(const NoteGrid& grid, Metrics* metrics) {
  std::set<int> voices;
  for (const GridNote& note : grid.notes) voices.insert(note.pitch);
  (*metrics)["drum_voices"] = static_cast<double>(voices.size());
  std::tie((*metrics)["velocity_mean"], (*metrics)["velocity_spread"]) =
      MeanAndSpread(grid, [](const GridNote& note) { return note.velocity; });
  (*metrics)["timing_spread_ms"] =
      grid.step_ms * MeanAndSpread(grid, [](const GridNote& note) { return note.offset; }).second;
}

}  // namespace

double PitchClassEntropy(const NoteGrid& grid) {
  double entropy = 0;
  for (const double count : PitchClassCounts(grid)) {
    const double share = count / static_cast<double>(grid.notes.size());
    if (share > 0) entropy -= share * std::log2(share);
  }
  return entropy;
}

double ScaleConsistency(const NoteGrid& grid) {
  const auto counts = PitchClassCounts(grid);
  double most = 0;
  for (const char* scale : {"major", "minor"}) {
    for (int tonic = 0; tonic < static_cast<int>(kOctave); ++tonic) {
      const unsigned classes = PitchClasses(midi::Key{tonic, scale});
      double inside = 0;
      for (std::size_t i = 0; i < kOctave; ++i) inside += (classes >> i & 1U) != 0 ? counts[i] : 0;
      most = std::max(most, inside);
    }
  }
  return most / static_cast<double>(grid.notes.size());
}

double Polyphony(const NoteGrid& grid) {
  double pitches = 0;
  double steps = 0;
  ForEachStretch(grid, [&](std::int64_t from, std::int64_t to, const Pitches& sounding) {
    if (sounding.none()) return;
    pitches += static_cast<double>(to - from) * static_cast<double>(sounding.count());
    steps += static_cast<double>(to - from);
  });
  return pitches / steps;
}

double EmptyBeatRate(const NoteGrid& grid) {
  const std::int64_t beats = (grid.steps + kStepsPerQuarter - 1) / kStepsPerQuarter;
  std::int64_t empty = 0;
  std::int64_t counted = 0;  // beats up to there are known
  ForEachStretch(grid, [&](std::int64_t from, std::int64_t to, const Pitches& sounding) {
    if (sounding.none()) return;
    empty += std::max<std::int64_t>(from / kStepsPerQuarter - counted, 0);
    counted = (to + kStepsPerQuarter - 1) / kStepsPerQuarter;
  });
  return static_cast<double>(empty) / static_cast<double>(beats);
}

double GrooveConsistency(const NoteGrid& grid) {
  std::set<std::int64_t> onsets;
  for (const GridNote& note : grid.notes) onsets.insert(note.start);
  // Steps of all bars but the first that differ from the step a bar before.
  const std::int64_t end = grid.bars() * grid.bar_steps;
  double differ = 0;
  for (const std::int64_t step : onsets) {
    if (step >= grid.bar_steps && onsets.count(step - grid.bar_steps) == 0) ++differ;
    if (step + grid.bar_steps < end && onsets.count(step + grid.bar_steps) == 0) ++differ;
  }
  return 1 - differ / static_cast<double>((grid.bars() - 1) * grid.bar_steps);
}

double RepeatedBars(const NoteGrid& grid) {
  const auto bars = Bars(grid);
  std::set<BarOnsets> distinct;
  for (const auto& [number, onsets] : bars) distinct.insert(onsets);
  const std::int64_t empty = grid.bars() - static_cast<std::int64_t>(bars.size());
  const auto seen = static_cast<std::int64_t>(distinct.size()) + (empty > 0 ? 1 : 0);
  return static_cast<double>(grid.bars() - seen) / static_cast<double>(grid.bars() - 1);
}

Metrics Measure(const midi::Song& song) {
  Metrics metrics;
  const NoteGrid grid = OnGrid(song);
  if (grid.notes.empty()) return metrics;
  metrics["polyphony"] = Polyphony(grid);
  metrics["empty_beat_rate"] = EmptyBeatRate(grid);
  metrics["notes_per_bar"] =
      static_cast<double>(grid.notes.size()) / static_cast<double>(grid.bars());
  if (grid.bars() > 1) {
    metrics["groove_consistency"] = GrooveConsistency(grid);
    metrics["repeated_bars"] = RepeatedBars(grid);
  }
  if (grid.drums) {
    AddDrums(grid, &metrics);
    return metrics;
  }
  AddPitches(grid, &metrics);
  if (const auto voices = CheckVoices(song)) metrics.merge(RatesOf(*voices));
  return metrics;
}

}  // namespace continuo::generate
