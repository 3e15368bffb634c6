// SPDX-License-Identifier: Apache-2.0
// From the text of a model.json to a manifest that the rest may rely on.
//
// Problem: a package comes from anybody. Past this door every field is present
// where it must be, in range, and consistent with the others; nobody checks again.
// Errors: INVALID_ARGUMENT "PATH: FIELD is …", the field as it is written in the
// file: `parameters[2].default_value is 12, above maximum 10`.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

inline constexpr std::uint32_t kManifestSchema = 1;
inline constexpr std::size_t kMaxManifestBytes = 1U << 20;
inline constexpr int kMaxParameters = 64;
inline constexpr int kMaxFormerIds = 16;  // of one parameter
inline constexpr int kMaxConditions = 8;  // of one parameter
inline constexpr int kMaxPresets = 256;
inline constexpr int kMaxVariants = 64;
inline constexpr int kMaxOptions = 16;
inline constexpr int kMaxFiles = 1024;
inline constexpr int kMaxDependencies = 16;
inline constexpr int kMaxQualities = 16;
inline constexpr std::uint32_t kMaxChannels = 8;
inline constexpr std::uint32_t kMaxBlockFrames = 4096;
inline constexpr std::uint32_t kMinSampleRateHz = 8000;
inline constexpr std::uint32_t kMaxSampleRateHz = 384000;
inline constexpr std::uint32_t kMaxLatencyFrames = 1U << 20;
inline constexpr double kMaxTailMs = 600'000;
inline constexpr double kMaxSmoothingMs = 10'000;
inline constexpr std::uint32_t kMaxStepsPerQuarter = 960;
inline constexpr std::uint32_t kMaxBars = 1024;
inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 30;
inline constexpr std::size_t kMaxIdBytes = 64;      // identifiers
inline constexpr std::size_t kMaxNameBytes = 128;   // names, units, paths' components
inline constexpr std::size_t kMaxTextBytes = 4096;  // descriptions, paths

// `path` is for messages alone. A field that the schema does not have is an error.
[[nodiscard]] absl::StatusOr<v1::ModelManifest> ParseManifest(std::string_view json,
                                                              std::string_view path);

// Whether it can be a model's id; the message begins with "id".
[[nodiscard]] absl::Status CheckModelId(const std::string& id);

// Every rule above for a manifest from elsewhere; the message has no path.
[[nodiscard]] absl::Status ValidateManifest(const v1::ModelManifest& manifest);
// All that is wrong, not the first alone (but no more than 256); each begins with its field.
[[nodiscard]] std::vector<std::string> AllProblemsOf(const v1::ModelManifest& manifest);

}  // namespace continuo::model
