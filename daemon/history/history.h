// SPDX-License-Identifier: Apache-2.0
// Everything that was made, and the jobs that were acknowledged and have not ended: a SQLite
// database in WAL mode, with blobs (blob_store.h) named by their content.
//
//   History history(base::DataDir() + "/history");
//   absl::StatusOr<std::string> id = history.Add(record, job_id);   // on the disk when it returns
//
// Problem: whoever is told "done" finds the record, whatever ends the daemon and when; and a
// history that cannot be used is no reason not to make music.
// Invariants, after a kill -9 between any two steps: the database is in the state before or
// after each call, and that after it once the call has returned; no blob that a record needs is
// missing; a file that no record needs is removed by the next Sweep().
// Threads: everything is [any-thread]; not on audio threads. Reading never waits for writing:
// each has a connection behind a mutex of its own. A write takes the time of one fsync.
// Errors: with the reason in the message, nothing has changed. FAILED_PRECONDITION from every
// call where the history cannot be opened: locked by another daemon (tried again at each call),
// or written by a newer one. DATA_LOSS: damage was found; the next start sets the history aside,
// whole and unchanged, in a directory damaged-<time> beside it, and begins another.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/history_service.pb.h"
#include "daemon/base/file_lock.h"
#include "daemon/history/blob_store.h"
#include "daemon/history/sqlite.h"

namespace continuo::history {

inline constexpr int kMaxCandidates = 16;
inline constexpr int kMaxParents = 16;
inline constexpr std::size_t kMaxTitleBytes = 200;
inline constexpr std::size_t kMaxCommentBytes = 4000;
inline constexpr std::uint32_t kMaxRating = 5;
inline constexpr std::uint32_t kDefaultPageSize = 100;
inline constexpr std::uint32_t kMaxPageSize = 500;
inline constexpr std::size_t kMaxPageBytes = std::size_t{2} << 20;  // fits a gRPC message
inline constexpr std::int64_t kMaxPending = 10000;

// A job whose client was told that it will be done, to be taken up again after a restart.
struct PendingJob {
  std::string id;
  std::string request;  // serialised GenerateRequest
};

class History {
 public:
  // Opens, or makes, the history in `directory`. Fast; see status().
  explicit History(std::string directory);
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Whether it can be used, and why not.
  [[nodiscard]] absl::Status status();
  // Not empty where opening set a damaged history aside: a sentence for the user.
  [[nodiscard]] const std::string& notice() const { return notice_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  // All or nothing, on the disk when it returns; the record's id. Id and time are made where
  // they are empty; ALREADY_EXISTS for an id that is taken. In the same step the job
  // `finished_job`, if any, is pending no more.
  [[nodiscard]] absl::StatusOr<std::string> Add(v1::HistoryRecord record,
                                                const std::string& finished_job = {});
  // One that was made elsewhere (foreign_record.h), with its id and time, without its owner's star
  // and rating. False where it was here already; a dry run says the same and changes nothing.
  // ALREADY_EXISTS where another one has that id.
  [[nodiscard]] absl::StatusOr<bool> Adopt(v1::HistoryRecord record, bool dry_run);
  // With the bytes of input and candidates. `id` is a whole id, a beginning of one that fits
  // one record alone, or "last". NOT_FOUND; INVALID_ARGUMENT names those that fit.
  [[nodiscard]] absl::StatusOr<v1::HistoryRecord> Get(const std::string& id);
  // Newest first, without bytes. A page ends early where it would become too long.
  [[nodiscard]] absl::StatusOr<v1::ListRecordsResponse> List(const v1::ListRecordsRequest& request);
  [[nodiscard]] absl::StatusOr<v1::HistoryRecord> Update(const v1::UpdateRecordRequest& request);
  // Those named, and those older than a time and not among the newest `keep` that are not
  // starred. All or nothing; a dry run says the same and changes nothing.
  [[nodiscard]] absl::StatusOr<v1::PruneRecordsResponse> Prune(
      const v1::PruneRecordsRequest& request);
  // Ids of the records that name this one as a parent, oldest first.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> Children(const std::string& id);

  // RESOURCE_EXHAUSTED above kMaxPending. On the disk when they return.
  [[nodiscard]] absl::Status AddPending(const PendingJob& job);
  [[nodiscard]] absl::Status RemovePending(const std::string& job_id);
  // Oldest first.
  [[nodiscard]] absl::StatusOr<std::vector<PendingJob>> ListPending();

  // Removes files that no record needs, and looks for damage. Once after the start, on a thread
  // that has time. How many files went.
  [[nodiscard]] absl::StatusOr<int> Sweep();

 private:
  // Both connections, opened where they are not yet; called with no lock held.
  [[nodiscard]] absl::Status Ready();
  [[nodiscard]] absl::Status OpenHere();
  [[nodiscard]] absl::Status OpenDatabase(std::optional<Database>* database);
  // The status, with damage remembered for the next start.
  absl::Status Noted(absl::Status status);

  [[nodiscard]] absl::StatusOr<v1::HistoryRecord> GetOnce(const std::string& id);
  [[nodiscard]] absl::Status Insert(const v1::HistoryRecord& record, const std::string& body,
                                    const std::vector<Blob>& blobs);

  const std::string directory_;
  const BlobStore blobs_;
  std::mutex open_mutex_;
  std::optional<base::FileLock> lock_;  // guarded by open_mutex_, as are the next two
  absl::Status status_;
  std::atomic<bool> open_ = false;  // then nothing of the above changes any more
  std::string notice_;
  std::mutex read_mutex_;
  std::optional<Database> reader_;  // guarded by read_mutex_
  std::mutex write_mutex_;
  std::optional<Database> writer_;  // guarded by write_mutex_
};

}  // namespace continuo::history
