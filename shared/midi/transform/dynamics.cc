// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/dynamics.h"

#include <algorithm>

#include "shared/midi/random.h"

namespace continuo::midi {
namespace {

// By way of millionths, so that what should be a half is one on every machine.
std::uint8_t VelocityOf(double value) {
  const std::int64_t millionths = std::llround(std::clamp(value, 1.0, 127.0) * 1e6);
  return static_cast<std::uint8_t>(RoundedQuotient(millionths, 1000000));
}

// Through (0, 0) and (1, 1), above the diagonal for a bend above 0. Schlick's bias:
// one division, and no library function that rounds in its own way.
double Bent(double x, double bend) {
  const double slope = (1 - bend) / (1 + bend);
  return x / (slope + (1 - slope) * x);
}

}  // namespace

absl::StatusOr<Notes> Apply(const Velocity& velocity, const Setting&, Notes notes) {
  for (Note& note : notes) {
    double value = velocity.centre + (note.velocity - velocity.centre) * (1 - velocity.compress);
    value = 1 + 126 * Bent((std::clamp(value, 1.0, 127.0) - 1) / 126, velocity.curve);
    note.velocity = VelocityOf(value * velocity.scale + velocity.offset);
  }
  return notes;
}

absl::StatusOr<Notes> Apply(const Ramp& ramp, const Setting& setting, Notes notes) {
  const double span = static_cast<double>(std::max<Tick>(setting.end - setting.begin, 1));
  for (Note& note : notes) {
    const double place = static_cast<double>(note.start - setting.begin) / span;
    note.velocity = VelocityOf(note.velocity * (ramp.from + (ramp.to - ramp.from) * place));
  }
  return notes;
}

}  // namespace continuo::midi
