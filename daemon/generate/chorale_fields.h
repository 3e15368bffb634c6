// SPDX-License-Identifier: Apache-2.0
// The cells and fields of the chorale model, as models/chorale/data.py lays them out (whose
// head says what they mean and why): a step is a 16th and has four cells, soprano, bass, tenor,
// alto; a value is a rest or a pitch.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace continuo::generate::chorale {

inline constexpr int kVoices = 4;
enum Voice : int { kSoprano, kBass, kTenor, kAlto };
inline constexpr std::array<std::string_view, kVoices> kVoiceNames = {"soprano", "bass", "tenor",
                                                                      "alto"};
// From the highest voice down: the order of scores. And of each voice its place there.
inline constexpr std::array<int, kVoices> kFromTheTop = {kSoprano, kAlto, kTenor, kBass};
inline constexpr std::array<int, kVoices> kRank = {0, 3, 2, 1};

inline constexpr int kStepsPerQuarter = 4;
inline constexpr int kLow = 36;
inline constexpr int kHigh = 84;
inline constexpr std::int32_t kRest = 0;
inline constexpr std::int32_t kNone = kHigh - kLow + 2;  // not given, or not there yet
inline constexpr std::int32_t kVocabulary = kNone;
inline constexpr std::int32_t kIntervals = 50;
inline constexpr std::int32_t kNoInterval = 49;
inline constexpr std::int32_t kLongestHold = 16;
inline constexpr std::int32_t kBeatsLeft = 32;  // as a value of its field: not known
inline constexpr std::int32_t kPhraseUnknown = 2;
inline constexpr std::int32_t kKeyUnknown = 24;
inline constexpr std::int32_t kDensityUnknown = 5;
enum Strength : std::int32_t { kWeak, kStrong, kStrengthUnknown };

inline constexpr std::array<std::string_view, 9> kGridFields = {
    "given_soprano", "given_bass", "given_tenor", "given_alto", "place",
    "beats_left",    "phrase",     "key",         "density"};
inline constexpr std::array<std::uint32_t, 9> kGridSizes = {
    kNone + 1, kNone + 1, kNone + 1, kNone + 1, 12, kBeatsLeft + 1, 3, kKeyUnknown + 1, 6};
inline constexpr std::array<std::string_view, 18> kTokenFields = {
    "previous_cell",     "voice_and_place", "own",
    "own_held",          "own_before",      "now_soprano",
    "now_bass",          "now_tenor",       "last_soprano",
    "last_bass",         "last_tenor",      "last_alto",
    "above_own_soprano", "above_own_bass",  "above_own_tenor",
    "motion_soprano",    "motion_bass",     "motion_tenor"};
inline constexpr std::array<std::uint32_t, 18> kTokenSizes = {
    kNone + 1,  48,         kNone + 1,  kLongestHold + 1, kNone + 1,  kNone + 1,
    kNone + 1,  kNone + 1,  kNone + 1,  kNone + 1,        kNone + 1,  kNone + 1,
    kIntervals, kIntervals, kIntervals, kIntervals,       kIntervals, kIntervals};

// The values of one step, by Voice.
using Step = std::array<std::int32_t, kVoices>;
inline constexpr Step kNothing = {kNone, kNone, kNone, kNone};

[[nodiscard]] constexpr bool Sounds(std::int32_t value) { return value > kRest && value < kNone; }
[[nodiscard]] constexpr int PitchOf(std::int32_t value) { return value - 1 + kLow; }
[[nodiscard]] constexpr std::int32_t ValueOf(int pitch) { return pitch - kLow + 1; }

// What cells know of the steps before theirs.
struct Memory {
  Step last = kNothing;
  Step held = {};  // steps that it has lasted
  Step before = kNothing;

  void Advance(const Step& now);
};

// 16th of the beat and strength as one value.
[[nodiscard]] constexpr std::int32_t PlaceOf(int step, std::int32_t strength) {
  return step % kStepsPerQuarter * 3 + strength;
}

// The token of a voice's cell; of `now` only the voices before it count.
[[nodiscard]] std::array<std::int32_t, kTokenFields.size()> TokenOf(int voice, std::int32_t place,
                                                                    const Memory& memory,
                                                                    const Step& now);

}  // namespace continuo::generate::chorale
