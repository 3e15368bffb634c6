// SPDX-License-Identifier: Apache-2.0
// Whether the fields of a request are in their ranges, and what the model can do. Each refusal
// is INVALID_ARGUMENT, names the field and says what is possible.
#pragma once

#include <absl/status/status.h>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"

namespace continuo::generate {

inline constexpr double kLowestTempo = 10;  // as in LMMS
inline constexpr double kHighestTempo = 999;
inline constexpr double kLowestTemperature = 0.1;
inline constexpr double kHighestTemperature = 2;
inline constexpr std::uint32_t kMaxCandidates = 16;
inline constexpr std::uint32_t kMaxAttempts = 16;

// UNIMPLEMENTED for a task that `model` does not list.
[[nodiscard]] absl::Status CheckTask(const v1::GenerateRequest& request,
                                     const v1::NotesSignature& model);
// density, variation, temperature, top_p, minimum_score, candidates, attempts.
[[nodiscard]] absl::Status CheckNumbers(const v1::GenerateRequest& request);
[[nodiscard]] absl::Status CheckStyle(const v1::GenerateRequest& request,
                                      const v1::NotesSignature& model);
// One that any song could have; with `model`, one that it knows.
[[nodiscard]] absl::Status CheckSignature(const v1::GenerateRequest& request);
[[nodiscard]] absl::Status CheckSignature(const v1::GenerateRequest& request,
                                          const v1::NotesSignature& model);
[[nodiscard]] absl::Status CheckTempo(const v1::GenerateRequest& request);
// Bars that the model can write at once.
[[nodiscard]] std::uint32_t LongestOf(const v1::NotesSignature& model);
[[nodiscard]] absl::Status CheckBars(const v1::GenerateRequest& request, std::uint32_t most);
[[nodiscard]] absl::Status CheckRange(const v1::GenerateRequest& request);
[[nodiscard]] absl::Status CheckRegion(const v1::Region& region, std::uint32_t bars,
                                       const v1::NotesSignature& model);

}  // namespace continuo::generate
