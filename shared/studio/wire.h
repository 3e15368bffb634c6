// SPDX-License-Identifier: Apache-2.0
// Between the studio's plain values and the messages of the API; translation only.
#pragma once

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/history_service.pb.h"
#include "shared/studio/types.h"

namespace continuo::studio {

[[nodiscard]] v1::GenerationTask ToProto(Task task);
[[nodiscard]] v1::GenerateRequest ToProto(const Request& request);

[[nodiscard]] Task FromProto(v1::GenerationTask task);
[[nodiscard]] Request FromProto(const v1::GenerateRequest& request);
[[nodiscard]] Plan FromProto(const v1::GenerationPlan& plan);
// Its notes are read from its MIDI; a file that cannot be read leaves them empty.
[[nodiscard]] Candidate FromProto(const v1::GenerationCandidate& candidate);
[[nodiscard]] Record FromProto(const v1::HistoryRecord& record);

// Events of a job, with the ticks of its notes turned into ours.
class MakingReader {
 public:
  [[nodiscard]] Making Read(const v1::GenerateEvent& event);

 private:
  double scale_ = 1;
};

}  // namespace continuo::studio
