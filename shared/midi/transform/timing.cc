// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/timing.h"

#include <algorithm>
#include <cstdlib>

#include "shared/midi/random.h"

namespace continuo::midi {
namespace {

// The lines of one transform's grid. A step is step_ / parts_ ticks, exactly.
class Grid {
 public:
  Grid(const Quantise& quantise, const Setting& setting)
      : meters_(setting.meters),
        step_(std::int64_t{4} * setting.ticks_per_quarter * (quantise.grid.triplet ? 2 : 1)),
        parts_(std::int64_t{quantise.grid.denominator} * (quantise.grid.triplet ? 3 : 1)),
        late_(std::llround(quantise.swing * static_cast<double>(step_) /
                           static_cast<double>(parts_))) {}

  [[nodiscard]] Tick Nearest(Tick time) const {
    const std::int64_t bar = meters_.PositionOf(time).bar;
    const Tick bar_line = meters_.BarStart(bar);
    const Tick next_bar_line = meters_.BarStart(bar + 1);
    const std::int64_t below = (time - bar_line) * parts_ / step_;
    Tick nearest = bar_line;
    for (std::int64_t line = std::max<std::int64_t>(below - 1, 0); line <= below + 2; ++line) {
      const Tick place = std::min(
          bar_line + (line * step_ * 2 + parts_) / (parts_ * 2) + (line % 2 == 1 ? late_ : 0),
          next_bar_line);
      if (std::abs(place - time) <= std::abs(nearest - time)) nearest = place;
    }
    return nearest;
  }

  [[nodiscard]] Tick step() const { return std::max<Tick>(step_ / parts_, 1); }

 private:
  const MeterMap& meters_;
  const std::int64_t step_;
  const std::int64_t parts_;
  const Tick late_;
};

}  // namespace

absl::StatusOr<Notes> Apply(const Quantise& quantise, const Setting& setting, Notes notes) {
  const Grid grid(quantise, setting);
  const auto moved = [&quantise](Tick from, Tick to) {
    return from + std::llround(quantise.strength * static_cast<double>(to - from));
  };
  for (Note& note : notes) {
    const Tick end = note.end();
    const Tick line = grid.Nearest(note.start);
    note.start = moved(note.start, line);
    if (!quantise.ends) continue;
    // At least a step from the line where it begins, else short notes would vanish.
    const Tick last = std::max(grid.Nearest(end), line + grid.step());
    note.length = std::max<Tick>(moved(end, last) - note.start, 1);
  }
  return notes;
}

absl::StatusOr<Notes> Apply(const Humanise& humanise, const Setting& setting, Notes notes) {
  Random random(humanise.seed, setting.part);
  const std::int64_t deviation_us = std::llround(humanise.time * 1000);
  const std::int64_t deviation = std::llround(humanise.velocity * 1000);
  for (Note& note : notes) {
    // Thousandths of a velocity; microseconds, then ticks at the note's tempo.
    const std::int64_t us = random.Bell(deviation_us);
    const std::int64_t change = RoundedQuotient(random.Bell(deviation), 1000);
    const std::int64_t ticks =
        RoundedQuotient(us * setting.ticks_per_quarter, setting.tempos.UsPerQuarterAt(note.start));
    note.start = std::clamp<Tick>(note.start + ticks, 0, kMaxTick - note.length);
    note.velocity =
        static_cast<std::uint8_t>(std::clamp<std::int64_t>(note.velocity + change, 1, 127));
  }
  return notes;
}

}  // namespace continuo::midi
