// SPDX-License-Identifier: Apache-2.0
// What the cells and fields of the melody model mean: format 1 of its weights.
//
// Layout: the grid has one row a 16th. Cells are written step by step: where a chord may
// change (each beat; each dotted quarter in 6/8) a chord cell, then on every step a melody
// cell. Values of a cell: 0 rest, 1 hold, 2.. a note of pitch 36.. begins, 63 the chord holds,
// 64 there is no chord, 65 + 10 root + quality a chord.
// Source: models/melody/grid.py, which the network was trained with; a test compares them.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/generate/chords.h"
#include "shared/midi/scale.h"
#include "shared/midi/song.h"

namespace continuo::generate::melody {

inline constexpr int kLowestPitch = 36;
inline constexpr int kHighestPitch = 96;

using Value = std::int32_t;
inline constexpr Value kRest = 0;
inline constexpr Value kHold = 1;
inline constexpr Value kOnset = 2;
inline constexpr Value kMelodyCells = kOnset + kHighestPitch - kLowestPitch + 1;
inline constexpr Value kChordHold = kMelodyCells;
inline constexpr Value kChordCell = kMelodyCells + 1;  // + chord
inline constexpr Value kChords = 121;                  // 0 none, 1 + 10 root + quality
inline constexpr Value kVocabulary = kChordCell + kChords;
inline constexpr Value kStart = kVocabulary;  // "the cell before" of the first

// Fields of a grid's row; 0 is unknown in all but kPlace.
enum GridField : std::uint8_t {
  kMelody,
  kChord,
  kPlace,
  kBarDensity,
  kDensity,
  kKey,
  kLow,
  kHigh,
  kBarsLeft,
  kTempo,
  kStyle
};
inline constexpr std::array<std::uint32_t, 11> kGridFields{64, 122, 60, 8, 8, 25, 22, 22, 17, 8, 3};
inline constexpr std::array<std::uint32_t, 7> kTokenFields{186, 2, 62, 62, 122, 18, 13};
using GridRow = std::array<std::int32_t, kGridFields.size()>;
using Token = std::array<std::int32_t, kTokenFields.size()>;

struct Signature {
  int numerator;
  int denominator;
  int bar_steps;
  int chord_steps;  // between the places of chords
  int first_place;  // of kPlace

  [[nodiscard]] int places() const { return bar_steps / chord_steps; }
};
inline constexpr std::array<Signature, 4> kSignatures{
    {{3, 4, 12, 4, 0}, {4, 4, 16, 4, 12}, {5, 4, 20, 4, 28}, {6, 8, 12, 6, 48}}};
// Null: none of them.
[[nodiscard]] const Signature* FindSignature(const midi::Meter& meter);

// What a cell is told of those before it.
class State {
 public:
  explicit State(const Signature& signature) : bar_steps_(signature.bar_steps) {}
  void BeginStep(int step) {
    if (step % bar_steps_ == 0) count_ = 0;
  }
  [[nodiscard]] Token TokenFor(bool is_chord) const;
  void Add(Value cell);

  [[nodiscard]] bool sounds() const { return sounding_ > 0; }
  // 0 none, 1 + 10 root + quality; -1: not said yet.
  [[nodiscard]] Value chord() const { return harmony_ - 1; }

 private:
  int bar_steps_;
  Value previous_ = kStart;
  Value sounding_ = 0;
  Value begun_ = 0;
  Value harmony_ = 0;
  Value age_ = 0;
  Value count_ = 0;
};

// The nearest of the qualities that the model knows, and back.
[[nodiscard]] Value ValueOf(const Chord& chord);
[[nodiscard]] Chord ChordOf(Value chord);

// Values of the fields, 1 and above.
[[nodiscard]] std::int32_t DensityBucket(double notes_in_16_steps);
// 0 to 1, few notes to many.
[[nodiscard]] std::int32_t DensityBucketOf(double density);
[[nodiscard]] std::int32_t TempoBucket(double beats_a_minute);
[[nodiscard]] std::int32_t PitchBucket(int pitch);
// The major or minor key whose scale is nearest.
[[nodiscard]] std::int32_t KeyValue(const midi::Key& key);

}  // namespace continuo::generate::melody
