// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/pitch.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace continuo::midi {
namespace {

constexpr int kHighestPitch = 127;

// Gives each note the pitch that `pitch_of` says.
template <class PitchOf>
absl::StatusOr<Notes> WithPitches(const char* name, bool drums, const Setting& setting, Notes notes,
                                  PitchOf pitch_of) {
  for (Note& note : notes) {
    if (note.channel == kDrumChannel && !drums) continue;
    const int pitch = pitch_of(int{note.pitch});
    if (pitch < 0 || pitch > kHighestPitch) {
      return absl::OutOfRangeError(absl::StrCat(name, ": the note of pitch ", int{note.pitch},
                                                " at ", setting.meters.Describe(note.start),
                                                " would have pitch ", pitch, "; 0 to ",
                                                kHighestPitch, " is possible"));
    }
    note.pitch = static_cast<std::uint8_t>(pitch);
  }
  return notes;
}

// Pitches as steps of a scale, and what is left over: the semitones above that step.
class Degrees {
 public:
  explicit Degrees(const Key& key) : key_(key) {
    const std::uint16_t bits = ScaleBits(key.scale);
    for (int interval = 0; interval < kPitchesPerOctave; ++interval) {
      if ((bits >> interval & 1) != 0) intervals_.push_back(interval);
    }
  }

  struct Degree {
    int step;
    int above;
  };

  [[nodiscard]] Degree Of(int pitch) const {
    const int interval = IntervalOf(pitch, key_);
    const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), interval);
    const int index = static_cast<int>(after - intervals_.begin()) - 1;
    const int octave = (pitch - key_.tonic - interval) / kPitchesPerOctave;
    return {octave * size() + index, interval - *(after - 1)};
  }

  [[nodiscard]] int PitchOf(int step) const {
    const int index = (step % size() + size()) % size();
    const int octave = (step - index) / size();
    return key_.tonic + octave * kPitchesPerOctave + intervals_[static_cast<std::size_t>(index)];
  }

 private:
  [[nodiscard]] int size() const { return static_cast<int>(intervals_.size()); }
  Key key_;
  std::vector<int> intervals_;  // 0 is always the first: every scale has its tonic
};

// The smaller, the sooner chosen of two pitches as far away.
int Preference(int interval) {
  switch (interval) {
    case 0:
      return 0;
    case 7:
      return 1;
    case 3:
    case 4:
      return 2;
    default:
      return 3;
  }
}

int Snapped(int pitch, const Key& key) {
  const std::uint16_t bits = ScaleBits(key.scale);
  const auto good = [bits, &key](int candidate) {
    return candidate >= 0 && candidate <= kHighestPitch &&
           (bits >> IntervalOf(candidate, key) & 1) != 0;
  };
  for (int distance = 0; distance < kPitchesPerOctave; ++distance) {
    const int low = pitch - distance;
    const int high = pitch + distance;
    if (good(low) && good(high)) {
      const bool higher = Preference(IntervalOf(high, key)) < Preference(IntervalOf(low, key));
      return higher ? high : low;
    }
    if (good(low)) return low;
    if (good(high)) return high;
  }
  return pitch;
}

}  // namespace

absl::StatusOr<Notes> Apply(const Transpose& transpose, const Setting& setting, Notes notes) {
  return WithPitches(Transpose::kName, transpose.drums, setting, std::move(notes),
                     [&transpose](int pitch) { return pitch + transpose.semitones; });
}

absl::StatusOr<Notes> Apply(const Invert& invert, const Setting& setting, Notes notes) {
  const auto first = std::find_if(notes.begin(), notes.end(), [&invert](const Note& note) {
    return invert.drums || note.channel != kDrumChannel;
  });
  if (first == notes.end()) return notes;
  const Degrees degrees(invert.key);
  const Degrees::Degree pivot = degrees.Of(invert.pivot.value_or(first->pitch));
  return WithPitches(Invert::kName, invert.drums, setting, std::move(notes), [&](int pitch) {
    const Degrees::Degree degree = degrees.Of(pitch);
    // Twice the pivot's place less this one's, in steps and in what is left over alike.
    return degrees.PitchOf(2 * pivot.step - degree.step) + 2 * pivot.above - degree.above;
  });
}

absl::StatusOr<Notes> Apply(const Snap& snap, const Setting& setting, Notes notes) {
  return WithPitches(Snap::kName, snap.drums, setting, std::move(notes),
                     [&snap](int pitch) { return Snapped(pitch, snap.key); });
}

}  // namespace continuo::midi
