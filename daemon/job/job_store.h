// SPDX-License-Identifier: Apache-2.0
// Where jobs are remembered over the end of this process, and what they made is kept: what the
// queue needs of the history.
//
// Threads: one at a time, a thread that may wait for the disk.
// Errors: nothing has changed then. A store that cannot be used is no reason not to make music:
// detached jobs are refused, results are told without a record's id.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "continuo/v1/history_service.pb.h"

namespace continuo::job {

// A job whose client was told that it will be done.
struct PendingJob {
  std::string id;
  v1::GenerateRequest request;
};

class JobStore {
 public:
  virtual ~JobStore() = default;
  // On the disk when they return.
  [[nodiscard]] virtual absl::Status AddPending(const PendingJob& job) = 0;
  [[nodiscard]] virtual absl::Status RemovePending(const std::string& job_id) = 0;
  // Oldest first.
  [[nodiscard]] virtual absl::StatusOr<std::vector<PendingJob>> ListPending() = 0;
  // The record is on the disk, and in the same step the job is pending no more. The id of the
  // record, which has one already; one that is there with that id is the same, from before a
  // restart, and is left.
  [[nodiscard]] virtual absl::StatusOr<std::string> AddRecord(const v1::HistoryRecord& record,
                                                              const std::string& job_id) = 0;
};

}  // namespace continuo::job
