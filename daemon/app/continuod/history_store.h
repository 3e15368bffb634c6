// SPDX-License-Identifier: Apache-2.0
// The history as the queue of jobs sees it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/history/history.h"
#include "daemon/job/job_store.h"

namespace continuo::app {

class HistoryStore : public job::JobStore {
 public:
  explicit HistoryStore(history::History* history) : history_(history) {}

  absl::Status AddPending(const job::PendingJob& job) override {
    return history_->AddPending({job.id, job.request.SerializeAsString()});
  }
  absl::Status RemovePending(const std::string& job_id) override {
    return history_->RemovePending(job_id);
  }
  absl::StatusOr<std::vector<job::PendingJob>> ListPending() override {
    const auto listed = history_->ListPending();
    if (!listed.ok()) return listed.status();
    std::vector<job::PendingJob> jobs;
    for (const history::PendingJob& pending : *listed) {
      job::PendingJob job{pending.id, {}};
      // One of a later version: what it says beyond us is not looked at.
      if (job.request.ParseFromString(pending.request)) jobs.push_back(std::move(job));
    }
    return jobs;
  }
  absl::StatusOr<std::string> AddRecord(const v1::HistoryRecord& record,
                                        const std::string& job_id) override {
    return history_->Add(record, job_id);
  }

 private:
  history::History* const history_;
};

}  // namespace continuo::app
