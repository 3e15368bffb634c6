// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "daemon/generate/melody_sheet.h"

namespace continuo::generate::melody {
namespace {

constexpr int kMostBarsLeft = 16;
// Songs of the training have a range of up to so many semitones in eight bars. A wider one that is
// allowed is not one to be filled.
constexpr int kWidestTold = 28;
constexpr double kStepsOfDensity = 16;

// Of the bars that have notes: what is written is to be like them. 0: nothing is told.
std::int32_t DensityOf(const MusicalContext& context, const Sheet& sheet) {
  if (context.density) return DensityBucketOf(*context.density);
  const int bar_steps = sheet.signature->bar_steps;
  int notes = 0;
  int bars = 0;
  for (int first = 0; first < sheet.steps(); first += bar_steps) {
    const auto begin = sheet.melody.begin() + first;
    if (std::find(begin, begin + bar_steps, kOpen) != begin + bar_steps) continue;
    const auto count =
        std::count_if(begin, begin + bar_steps, [](Value cell) { return cell >= kOnset; });
    notes += static_cast<int>(count);
    bars += count > 0 ? 1 : 0;
  }
  return bars == 0 ? 0 : DensityBucket(notes * kStepsOfDensity / bars / bar_steps);
}

std::int32_t StyleOf(const MusicalContext& context) {
  const std::string& style = context.request.style();
  return style == "pop" ? 1 : style == "chorale" ? 2 : 0;
}

}  // namespace

std::vector<std::int32_t> GridOf(const MusicalContext& context, const Sheet& sheet) {
  GridRow told{};
  told[kDensity] = DensityOf(context, sheet);
  if (context.key) told[kKey] = KeyValue(*context.key);
  if (context.highest_pitch - context.lowest_pitch <= kWidestTold) {
    told[kLow] = PitchBucket(context.lowest_pitch);
    told[kHigh] = PitchBucket(context.highest_pitch);
  }
  // The tempo is of quarters; the beat of 6/8 has one and a half.
  const double beat = sheet.signature->chord_steps / 4.0;
  told[kTempo] = TempoBucket(context.tempo_bpm / beat);
  told[kStyle] = StyleOf(context);
  const int bar_steps = sheet.signature->bar_steps;
  const int bars = sheet.steps() / bar_steps;
  std::vector<std::int32_t> grid;
  grid.reserve(sheet.melody.size() * told.size());
  for (int step = 0; step < sheet.steps(); ++step) {
    const auto at = static_cast<std::size_t>(step);
    GridRow row = told;
    row[kMelody] = sheet.melody[at] + 1;  // kOpen is unknown
    row[kChord] = sheet.chords[at] + 1;
    row[kPlace] = sheet.signature->first_place + step % bar_steps;
    // A density that is asked for is told of every bar too, which the network follows more closely.
    if (context.density && sheet.melody[at] == kOpen) {
      row[kBarDensity] = DensityBucketOf(*context.density);
    }
    if (sheet.is_ended) row[kBarsLeft] = std::min(bars - step / bar_steps, kMostBarsLeft);
    grid.insert(grid.end(), row.begin(), row.end());
  }
  return grid;
}

}  // namespace continuo::generate::melody
