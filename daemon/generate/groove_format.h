// SPDX-License-Identifier: Apache-2.0
// What the groove model's weights say of their fields, and the codes of models/groove/cells.py,
// whose head explains grid and cells.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/executor/decoder.h"
#include "daemon/generate/sampler.h"

namespace continuo::generate::groove {

inline constexpr int kVoices = 9;
inline constexpr int kVelocities = 16;  // buckets of 8
inline constexpr int kOffsets = 25;     // kStepParts of a step, from half before to half after
inline constexpr int kStepParts = kOffsets - 1;
inline constexpr int kOnGrid = kOffsets / 2;
inline constexpr int kMaxBarSteps = 32;

// A cell: what is written, and the rest of the outputs, the offset of the hit before.
inline constexpr std::int32_t kEnd = 0;
inline constexpr std::int32_t kCellValues = 1 + kVoices * kVelocities;
inline constexpr std::int32_t kVocabulary = kCellValues + kOffsets;
inline constexpr std::int32_t kStart = kCellValues;
inline constexpr std::int32_t kStepStride = kVoices + 1;

[[nodiscard]] constexpr std::int32_t HitCell(int voice, int bucket) {
  return 1 + voice * kVelocities + bucket;
}

// Fields of a grid step; the voices are the first nine. 0 is "not told" in all of them.
enum Field : std::uint8_t {
  kTiming = kVoices,
  kBarStep,
  kSignature,
  kStyle,
  kDensity,
  kTempo,
  kFill,
  kFieldCount
};
using GridRow = std::array<std::int32_t, kFieldCount>;

// Of a voice's field.
inline constexpr std::int32_t kUnknown = 0, kNoHit = 1, kHit = 2, kFirstVelocity = 3;
inline constexpr std::int32_t kBeat = 1;

struct Format {
  std::vector<std::string> voices, styles;
  std::vector<std::pair<int, int>> signatures;  // others have the code behind the last
  std::vector<double> density_edges;            // hits a 16 steps
  std::vector<double> tempo_edges;              // quarters a minute
  std::array<std::uint8_t, kVoices> pitches{};  // General MIDI
  // The voice of each pitch, -1: none.
  std::array<std::int8_t, 128> voice_of_pitch{};
  SamplerOptions sampler;

  [[nodiscard]] std::int32_t SignatureCode(int numerator, int denominator) const;
  [[nodiscard]] std::int32_t StyleCode(const std::string& style) const;  // 0: none of them
  [[nodiscard]] std::int32_t DensityCode(double hits) const;
  [[nodiscard]] std::int32_t TempoCode(double bpm) const;
  // Of a request's density, 0 to 1.
  [[nodiscard]] std::int32_t DensityLevel(double density) const;
};

// INVALID_ARGUMENT that names the entry, for weights that are no groove model's.
[[nodiscard]] absl::StatusOr<Format> ReadFormat(const executor::DecoderShape& shape);

}  // namespace continuo::generate::groove
