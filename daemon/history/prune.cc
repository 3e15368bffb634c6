// SPDX-License-Identifier: Apache-2.0
// History: what is changed about a record afterwards, and what goes.
#include <unistd.h>

#include <limits>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/history/directory.h"
#include "daemon/history/history.h"
#include "daemon/history/row.h"

namespace continuo::history {
namespace {

constexpr int kMaxNamed = 10000;

absl::Status CheckUpdate(const v1::UpdateRecordRequest& request) {
  if (request.rating() > kMaxRating) {
    return absl::InvalidArgumentError(base::StrCat("rating is ", request.rating(), ", 1 to ",
                                                   kMaxRating, ", or 0 for none, is expected"));
  }
  if (request.title().size() > kMaxTitleBytes) {
    return absl::InvalidArgumentError(base::StrCat("title has ", request.title().size(),
                                                   " bytes, the limit is ", kMaxTitleBytes));
  }
  if (request.comment().size() > kMaxCommentBytes) {
    return absl::InvalidArgumentError(base::StrCat("comment has ", request.comment().size(),
                                                   " bytes, the limit is ", kMaxCommentBytes));
  }
  return absl::OkStatus();
}

// Those named, then those of the rule, each once.
absl::StatusOr<std::vector<Found>> Victims(Database* database,
                                           const v1::PruneRecordsRequest& request) {
  std::vector<Found> victims;
  for (const std::string& id : request.ids()) {
    absl::StatusOr<Found> found = Resolve(database, id);
    if (!found.ok()) return found.status();
    victims.push_back(*std::move(found));
  }
  if (request.older_than_unix_ms() == 0 && request.keep() == 0) return victims;
  Statement row = database->Prepare(
      "SELECT sequence, id FROM records WHERE starred = 0 AND created_ms < ? AND sequence NOT IN"
      " (SELECT sequence FROM records WHERE starred = 0 ORDER BY sequence DESC LIMIT ?)"
      " ORDER BY sequence");
  row.Bind(request.older_than_unix_ms() == 0 ? std::numeric_limits<std::int64_t>::max()
                                             : request.older_than_unix_ms(),
           request.keep());
  while (row.Step()) victims.push_back({row.Int(0), row.Text(1)});
  if (!row.status().ok()) return row.status();
  return victims;
}

}  // namespace

absl::StatusOr<v1::HistoryRecord> History::Update(const v1::UpdateRecordRequest& request) {
  if (absl::Status status = CheckUpdate(request); !status.ok()) return status;
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(write_mutex_);
  Transaction transaction(&*writer_);
  if (!transaction.status().ok()) return Noted(transaction.status());
  const absl::StatusOr<Found> found = Resolve(&*writer_, request.id());
  if (!found.ok()) return Noted(found.status());
  absl::StatusOr<v1::HistoryRecord> record = ReadRecord(&*writer_, found->sequence);
  if (!record.ok()) return Noted(record.status());
  if (request.has_rated_candidate() &&
      request.rated_candidate() >= static_cast<std::uint32_t>(record->candidates_size())) {
    return absl::InvalidArgumentError(
        base::StrCat("rated_candidate is ", request.rated_candidate(), ", record ", found->id,
                     " has ", record->candidates_size(), " candidates, counted from 0"));
  }
  if (request.has_starred()) record->set_starred(request.starred());
  if (request.has_rating()) record->set_rating(request.rating());
  if (request.has_rated_candidate()) record->set_rated_candidate(request.rated_candidate());
  if (request.has_title()) record->set_title(request.title());
  if (request.has_comment()) record->set_comment(request.comment());
  absl::Status status =
      writer_
          ->Prepare(
              "UPDATE records SET starred = ?, rating = ?, rated_candidate = ?, title = ?,"
              " comment = ? WHERE sequence = ?")
          .Bind(record->starred(), record->rating(), record->rated_candidate(), record->title(),
                record->comment(), found->sequence)
          .Run();
  const std::string text = SearchText(*record);
  if (status.ok()) {
    status = writer_->Prepare("UPDATE words SET text = ? WHERE rowid = ?")
                 .Bind(text, found->sequence)
                 .Run();
  }
  if (status.ok()) status = transaction.Commit();
  if (!status.ok()) return Noted(status);
  return record;
}

absl::StatusOr<v1::PruneRecordsResponse> History::Prune(const v1::PruneRecordsRequest& request) {
  if (request.ids_size() > kMaxNamed) {
    return absl::InvalidArgumentError(
        base::StrCat("ids has ", request.ids_size(), " entries, the limit is ", kMaxNamed));
  }
  if (request.ids().empty() && request.older_than_unix_ms() == 0 && request.keep() == 0) {
    return absl::InvalidArgumentError(
        "name what goes: ids, older_than_unix_ms, or how many to keep");
  }
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(write_mutex_);
  // A dry run does it all, and takes it back.
  Transaction transaction(&*writer_);
  if (!transaction.status().ok()) return Noted(transaction.status());
  const absl::StatusOr<std::vector<Found>> victims = Victims(&*writer_, request);
  if (!victims.ok()) return Noted(victims.status());
  v1::PruneRecordsResponse response;
  std::uint64_t freed = 0;
  Statement remove =
      writer_->Prepare("DELETE FROM records WHERE sequence = ? RETURNING length(body)");
  Statement forget = writer_->Prepare("DELETE FROM words WHERE rowid = ?");
  for (const Found& victim : *victims) {
    bool there = false;
    remove.Bind(victim.sequence);
    while (remove.Step()) {
      freed += static_cast<std::uint64_t>(remove.Int(0));
      there = true;
    }
    if (absl::Status status = remove.Run(); !status.ok()) return Noted(status);
    if (absl::Status status = forget.Bind(victim.sequence).Run(); !status.ok())
      return Noted(status);
    if (there) response.add_removed(victim.id);
  }
  const absl::StatusOr<std::vector<std::string>> files = blobs_.DropUnused(&*writer_, &freed);
  if (!files.ok()) return Noted(files.status());
  response.set_freed_bytes(freed);
  if (request.dry_run()) return response;
  if (absl::Status status = transaction.Commit(); !status.ok()) return Noted(status);
  blobs_.RemoveFiles(*files);
  // Gives the room back to the disk. Not being able to does no harm.
  (void)writer_->Execute("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
  return response;
}

absl::StatusOr<int> History::Sweep() {
  if (absl::Status status = Ready(); !status.ok()) return status;
  int removed = 0;
  for (const std::string& path : blobs_.Files()) {
    // One by one: an Add() that has written its file and not yet committed holds the lock.
    const std::lock_guard lock(write_mutex_);
    const absl::StatusOr<bool> used = blobs_.IsUsed(&*writer_, path);
    if (!used.ok()) return Noted(used.status());
    if (!*used && ::unlink(path.c_str()) == 0) ++removed;
  }
  // A connection of its own: it reads the whole file.
  absl::StatusOr<Database> database = Database::Open(DatabasePath(directory_));
  if (!database.ok()) return Noted(database.status());
  Statement check = database->Prepare("PRAGMA quick_check(1)");
  const std::string found = check.Step() ? check.Text(0) : "";
  if (!check.status().ok()) return Noted(check.status());
  if (found != "ok") {
    return Noted(absl::DataLossError(
        base::StrCat("history: ", DatabasePath(directory_), " is damaged: ", found,
                     "; the next start of the daemon sets it aside and begins another")));
  }
  return removed;
}

}  // namespace continuo::history
