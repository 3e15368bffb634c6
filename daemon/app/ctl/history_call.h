// SPDX-License-Identifier: Apache-2.0
// Records as the verbs of `history` name and fetch them.
#pragma once

#include <string>

#include "continuo/v1/history_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

using HistoryStub = v1::HistoryService::Stub;

[[nodiscard]] v1::HistoryRecord GetRecord(HistoryStub& stub, const std::string& id);

// "r12ab" or "r12ab:2": of a record, a candidate counted from 1; by default the one that was
// rated, else the best.
struct Choice {
  v1::HistoryRecord record;
  v1::GenerationCandidate candidate;
};
[[nodiscard]] Choice GetChoice(HistoryStub& stub, const std::string& text);

}  // namespace continuo::ctl
