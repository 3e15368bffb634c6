// SPDX-License-Identifier: Apache-2.0
// What a victim does to a history, step by step, and what the history holds between the steps:
// shared by who is killed and who looks afterwards.
#pragma once

#include <algorithm>
#include <string>

#include "daemon/history/history.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {

inline v1::HistoryRecord StoryRecord(int number) {
  v1::HistoryRecord record = SampleRecord(static_cast<std::uint64_t>(number) * 10);
  record.set_id("r000000000000000" + std::to_string(number));
  record.set_created_unix_ms(1000 + number);
  // The input, in a file, is the same for two; one candidate is in a file too, one is not.
  record.mutable_plan()->mutable_request()->set_input(
      Noise(100000, static_cast<std::uint64_t>(number / 2)));
  record.mutable_candidates(0)->set_midi(Noise(90000, static_cast<std::uint64_t>(number) + 50));
  return record;
}

inline constexpr int kStorySteps = 9;

// Step 0 to kStorySteps - 1.
inline absl::Status DoStep(History& history, int step) {
  v1::UpdateRecordRequest update;
  v1::PruneRecordsRequest prune;
  switch (step) {
    case 0:
      return history.AddPending({"j1", "request"});
    case 1:
      return history.Add(StoryRecord(0), "j1").status();
    case 2:
      return history.Add(StoryRecord(1)).status();
    case 3:
      update.set_id("r0000000000000000");
      update.set_starred(true);
      update.set_title("title");
      return history.Update(update).status();
    case 4:
      return history.Add(StoryRecord(2)).status();
    case 5:
      prune.add_ids("r0000000000000001");
      return history.Prune(prune).status();
    case 6:
      return history.Add(StoryRecord(3)).status();
    case 7:
      prune.set_keep(1);
      return history.Prune(prune).status();
    default:
      return history.AddPending({"j2", "request"});
  }
}

// All that a history holds, bytes included, as text; or the first error.
inline std::string StateOf(History& history) {
  std::string state;
  const absl::StatusOr<v1::ListRecordsResponse> list = history.List({});
  if (!list.ok()) return std::string(list.status().message());
  for (const v1::HistoryRecord& listed : list->records()) {
    const absl::StatusOr<v1::HistoryRecord> record = history.Get(listed.id());
    if (!record.ok()) return std::string(record.status().message());
    v1::HistoryRecord plain = *record;
    plain.mutable_plan()->mutable_request()->clear_macros();  // of no certain order
    state += plain.SerializeAsString();
  }
  const absl::StatusOr<std::vector<PendingJob>> pending = history.ListPending();
  if (!pending.ok()) return std::string(pending.status().message());
  for (const PendingJob& job : *pending) state += "pending " + job.id;
  return state;
}

}  // namespace continuo::history
