// SPDX-License-Identifier: Apache-2.0
// A piano roll within an area of a canvas. Not part of the library's interface.
#pragma once

#include <functional>

#include "shared/midi/meter_map.h"
#include "shared/midi/picture/canvas.h"
#include "shared/midi/song.h"

namespace continuo::midi {

// What is shown: rolls of one scale can be compared.
struct RollScale {
  Tick end = 1;
  int lowest = 60;
  int highest = 60;

  // The song's bars, and its octaves and no fewer than one or so.
  [[nodiscard]] static RollScale Of(const Song& song);
  // Of one that shows what both show. The songs have the same ticks a quarter.
  [[nodiscard]] RollScale With(const RollScale& other) const;
};

class Roll {
 public:
  // The area has room for the names of pitches at its left and the numbers of bars at its top.
  // Both outlive this object.
  Roll(const Song& song, const RollScale& scale, const Area& area, Canvas* canvas);

  // Whether a note of a track stands out: it has an outline, the others are paler.
  using StandsOut = std::function<bool(std::size_t track, const Note& note)>;
  void Draw(const StandsOut& stands_out = {});

 private:
  [[nodiscard]] double X(Tick time) const;
  [[nodiscard]] double Lane() const;
  [[nodiscard]] double Y(int pitch) const;
  void Lanes();
  void Lines();
  void Notes(std::size_t track, const StandsOut& stands_out);
  void Names();

  const Song& song_;
  const MeterMap meters_;
  const RollScale scale_;
  const Area inner_;
  Canvas* const canvas_;
};

}  // namespace continuo::midi
