// SPDX-License-Identifier: Apache-2.0
// Whether a request is within what any model takes, and which model it is for.
// Threads: [any-thread]; pure but for the store's look at the disk.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/job/job.h"
#include "daemon/model/store.h"

namespace continuo::job {

inline constexpr std::uint32_t kMaxBars = 64;
inline constexpr std::uint32_t kMaxCandidates = 16;
inline constexpr std::uint32_t kMaxAttempts = 16;
inline constexpr int kMaxRegions = 64;
inline constexpr std::size_t kMaxInputBytes = std::size_t{2} << 20;
inline constexpr std::size_t kMaxWordBytes = 128;
inline constexpr std::size_t kMaxTextBytes = 4096;

// INVALID_ARGUMENT with the field, what it is and what is possible.
[[nodiscard]] absl::Status CheckRequest(const v1::GenerateRequest& request);

// "melody" for GENERATION_TASK_MELODY, as manifests have it.
[[nodiscard]] std::string TaskName(v1::GenerationTask task);

// The model that the request names, else the one that suits its task and its input best: for
// drums one that writes drums, for several voices one that writes parts. NOT_FOUND where there
// is none; INVALID_ARGUMENT where the one that is named does something else. Another version may
// take the place of one that is missing (ModelStore::FindToRun).
[[nodiscard]] absl::StatusOr<PackagePtr> ChooseModel(const v1::GenerateRequest& request,
                                                     model::ModelStore* store);

// Says in the plan's notes where another version runs than the one that was named.
void NoteSubstitution(const JobSpec& spec, v1::GenerationPlan* plan);

// Id, version, variant and the SHA-256 of all files: equal for what gives equal results.
[[nodiscard]] std::string ModelDigest(const v1::ModelManifest& manifest, int variant);
// Of that variant's weights.
[[nodiscard]] std::string WeightsSha256(const v1::ModelManifest& manifest, int variant);

}  // namespace continuo::job
