// SPDX-License-Identifier: Apache-2.0
// A candidate of the history as a project remembers it (shared/project/generated.h).
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "continuo/v1/history_service.pb.h"
#include "shared/studio/types.h"

namespace continuo::studio {

// `track` and `bar` are whoever's who places it. The JSON is the whole record's, with the field
// names of the .proto files; empty where protobuf cannot write it.
[[nodiscard]] Recipe RecipeOf(const v1::HistoryRecord& record,
                              const v1::GenerationCandidate& candidate);

// The record of such a JSON. INVALID_ARGUMENT where it is none, or has fields that this version
// does not know.
[[nodiscard]] absl::StatusOr<v1::HistoryRecord> RecordOf(const std::string& json);

}  // namespace continuo::studio
