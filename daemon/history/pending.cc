// SPDX-License-Identifier: Apache-2.0
// History: jobs that were acknowledged and have not ended.
#include "daemon/base/clock.h"
#include "daemon/base/str_cat.h"
#include "daemon/history/history.h"

namespace continuo::history {
namespace {

constexpr std::size_t kMaxJobIdBytes = 64;

}  // namespace

absl::Status History::AddPending(const PendingJob& job) {
  if (job.id.empty() || job.id.size() > kMaxJobIdBytes) {
    return absl::InvalidArgumentError(base::StrCat(
        "the job's id has ", job.id.size(), " bytes, 1 to ", kMaxJobIdBytes, " are expected"));
  }
  if (job.request.size() > kMaxBlobBytes) {
    return absl::InvalidArgumentError(base::StrCat("the request has ", job.request.size(),
                                                   " bytes, the limit is ", kMaxBlobBytes));
  }
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(write_mutex_);
  const absl::StatusOr<std::int64_t> count = writer_->Number("SELECT count(*) FROM pending");
  if (!count.ok()) return Noted(count.status());
  if (*count >= kMaxPending) {
    return absl::ResourceExhaustedError(
        base::StrCat(*count, " jobs wait already, the limit is ", kMaxPending));
  }
  return Noted(
      writer_->Prepare("INSERT OR REPLACE INTO pending (job, created_ms, request) VALUES (?, ?, ?)")
          .Bind(job.id, base::WallMs(), Bytes{job.request})
          .Run());
}

absl::Status History::RemovePending(const std::string& job_id) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(write_mutex_);
  return Noted(writer_->Prepare("DELETE FROM pending WHERE job = ?").Bind(job_id).Run());
}

absl::StatusOr<std::vector<PendingJob>> History::ListPending() {
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(read_mutex_);
  Statement row = reader_->Prepare("SELECT job, request FROM pending ORDER BY rowid");
  std::vector<PendingJob> jobs;
  while (row.Step()) jobs.push_back({row.Text(0), row.Text(1)});
  if (!row.status().ok()) return Noted(row.status());
  return jobs;
}

}  // namespace continuo::history
