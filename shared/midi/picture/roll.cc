// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/picture/roll.h"

#include <algorithm>
#include <array>
#include <string>

#include "shared/midi/scale.h"

namespace continuo::midi {
namespace {

constexpr double kLeft = 44;  // pixels: room for the names of pitches
constexpr double kTop = 20;   // for the numbers of bars
constexpr int kLeastPitches = 14;

constexpr Colour kBlackKeyLane{0.93, 0.93, 0.92};
constexpr Colour kBarLine{0.45, 0.45, 0.45};
constexpr Colour kBeatLine{0.84, 0.84, 0.83};
// Okabe and Ito's palette, told apart by colour-blind eyes.
constexpr std::array<Colour, 7> kTracks{{{0.00, 0.45, 0.70},
                                         {0.84, 0.37, 0.00},
                                         {0.00, 0.62, 0.45},
                                         {0.80, 0.47, 0.65},
                                         {0.34, 0.71, 0.91},
                                         {0.90, 0.62, 0.00},
                                         {0.35, 0.35, 0.35}}};

}  // namespace

RollScale RollScale::Of(const Song& song) {
  int lowest = 127;
  int highest = 0;
  for (const Track& track : song.tracks) {
    for (const Note& note : track.notes) {
      lowest = std::min<int>(lowest, note.pitch);
      highest = std::max<int>(highest, note.pitch);
    }
  }
  if (lowest > highest) lowest = highest = 60;
  while (highest - lowest + 1 < kLeastPitches) {
    --lowest;
    ++highest;
  }
  return {std::max<Tick>(MeterMap(song).BarLineFrom(EndOf(song)), 1), lowest - 1, highest + 1};
}

RollScale RollScale::With(const RollScale& other) const {
  return {std::max(end, other.end), std::min(lowest, other.lowest),
          std::max(highest, other.highest)};
}

Roll::Roll(const Song& song, const RollScale& scale, const Area& area, Canvas* canvas)
    : song_(song),
      meters_(song),
      scale_(scale),
      inner_{area.x + kLeft, area.y + kTop, area.width - kLeft, area.height - kTop},
      canvas_(canvas) {}

void Roll::Draw(const StandsOut& stands_out) {
  Lanes();
  Lines();
  for (std::size_t i = 0; i < song_.tracks.size(); ++i) Notes(i, stands_out);
  Names();
}

double Roll::X(Tick time) const {
  return inner_.x + inner_.width * static_cast<double>(time) / static_cast<double>(scale_.end);
}

double Roll::Lane() const { return inner_.height / (scale_.highest - scale_.lowest + 1); }

double Roll::Y(int pitch) const { return inner_.y + (scale_.highest - pitch) * Lane(); }

void Roll::Lanes() {
  constexpr unsigned kBlackKeys = 0b010101001010;  // from C upwards
  for (int pitch = std::max(scale_.lowest, 0); pitch <= scale_.highest; ++pitch) {
    if ((kBlackKeys >> pitch % kPitchesPerOctave & 1) != 0) {
      canvas_->Fill({inner_.x, Y(pitch), inner_.width, Lane()}, kBlackKeyLane);
    }
  }
}

// Lines and numbers as far as they can be told apart.
void Roll::Lines() {
  const std::int64_t bars = meters_.PositionOf(scale_.end - 1).bar + 1;
  const double bar_width = inner_.width / static_cast<double>(bars);
  std::int64_t step = 1;
  while (bar_width * static_cast<double>(step) < 8) step *= 2;
  std::int64_t numbered = step;
  while (bar_width * static_cast<double>(numbered) < 36) numbered *= 2;
  for (std::int64_t bar = 0; bar < bars; bar += step) {
    const Tick start = meters_.BarStart(bar);
    const int beats = meters_.MeterAt(start).numerator;
    if (step == 1 && bar_width / beats >= 6) {
      for (int beat = 1; beat < beats; ++beat) {
        const Tick time = meters_.TickOf({bar, beat, 0});
        if (time < meters_.BarStart(bar + 1)) {
          canvas_->Fill({X(time), inner_.y, 1, inner_.height}, kBeatLine);
        }
      }
    }
    canvas_->Fill({X(start), inner_.y, 1, inner_.height}, kBarLine);
    if (bar % numbered == 0) canvas_->Text(X(start) + 3, inner_.y - 6, std::to_string(bar + 1));
  }
}

void Roll::Notes(std::size_t track, const StandsOut& stands_out) {
  const Colour& colour = kTracks[track % kTracks.size()];
  const double inset = std::min(1.0, Lane() / 6);
  for (const Note& note : song_.tracks[track].notes) {
    const double x = X(note.start);
    const Area area{x, Y(note.pitch) + inset, std::max(X(note.end()) - x - 1, 1.5),
                    Lane() - 2 * inset};
    const double loud = 0.35 + 0.65 * note.velocity / 127;
    const bool out = stands_out && stands_out(track, note);
    canvas_->Fill(area, colour, stands_out && !out ? 0.45 * loud : loud);
    if (out) canvas_->Outline(area, kInk);
  }
}

void Roll::Names() {
  for (int pitch = std::max(scale_.lowest, 0); pitch <= std::min(scale_.highest, 127); ++pitch) {
    if (pitch % kPitchesPerOctave == 0) {
      canvas_->Text(inner_.x - kLeft + 8, Y(pitch) + Lane() / 2 + 4, PitchName(pitch));
    }
  }
}

}  // namespace continuo::midi
