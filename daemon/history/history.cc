// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/history.h"

#include <absl/strings/escaping.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/history/directory.h"
#include "daemon/history/row.h"
#include "daemon/history/schema.h"
#include "shared/files/whole_file.h"

namespace continuo::history {
namespace {

constexpr int kInputPlace = -1;

// FULL: a commit is on the disk before it returns, not only safe from a crash of ours.
constexpr char kSetUp[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;";
// Touches the beginning of every table: damage of the file as a whole shows here.
constexpr char kProbe[] =
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM records LIMIT 1)) +"
    " (SELECT count(*) FROM (SELECT 1 FROM blobs LIMIT 1)) +"
    " (SELECT count(*) FROM (SELECT 1 FROM blob_uses LIMIT 1)) +"
    " (SELECT count(*) FROM (SELECT 1 FROM parents LIMIT 1)) +"
    " (SELECT count(*) FROM (SELECT 1 FROM pending LIMIT 1)) +"
    " (SELECT count(*) FROM (SELECT 1 FROM words LIMIT 1))";

std::string NewId() {
  unsigned char bytes[8];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return {};
  return base::StrCat("r", absl::BytesToHexString(absl::string_view(
                               reinterpret_cast<const char*>(bytes), sizeof bytes)));
}

absl::Status CheckCount(const char* field, int count, int most) {
  if (count <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::StrCat("record.", field, " has ", count, " entries, the limit is ", most));
}

double BestScore(const v1::HistoryRecord& record) {
  double best = 0;
  for (const v1::GenerationCandidate& candidate : record.candidates()) {
    best = std::max(best, candidate.quality().score());
  }
  return best;
}

// Packed: the input, then the candidates. Their bytes are taken out of the record.
absl::StatusOr<std::vector<Blob>> TakeBlobs(v1::HistoryRecord* record) {
  std::vector<Blob> blobs;
  const auto take = [&blobs](std::string* bytes, const std::string& what) -> absl::Status {
    absl::StatusOr<Blob> blob = Pack(*bytes);
    if (!blob.ok()) {
      return {blob.status().code(), base::StrCat(what, ": ", base::MessageOf(blob.status()))};
    }
    blobs.push_back(*std::move(blob));
    bytes->clear();
    return absl::OkStatus();
  };
  absl::Status status =
      take(record->mutable_plan()->mutable_request()->mutable_input(), "request.input");
  for (int i = 0; status.ok() && i < record->candidates_size(); ++i) {
    status =
        take(record->mutable_candidates(i)->mutable_midi(), base::StrCat("candidates[", i, "]"));
  }
  if (!status.ok()) return status;
  return blobs;
}

}  // namespace

History::History(std::string directory)
    : directory_(std::move(directory)), blobs_(BlobDirectory(directory_)) {
  (void)Ready();
}

absl::Status History::status() { return Ready(); }

absl::Status History::Ready() {
  if (open_) return absl::OkStatus();
  const std::lock_guard lock(open_mutex_);
  // What another daemon holds it may give back; all else stays as it is.
  if (open_ || (!status_.ok() && !absl::IsAlreadyExists(status_))) return status_;
  status_ = OpenHere();
  if (status_.ok()) {
    open_ = true;
    return status_;
  }
  if (absl::IsAlreadyExists(status_)) {
    return absl::FailedPreconditionError(
        base::StrCat("history: ", base::MessageOf(status_),
                     ": another daemon keeps its history there; end it, "
                     "or set XDG_DATA_HOME to have another history"));
  }
  status_ = absl::FailedPreconditionError(
      base::StrCat("history: ", DatabasePath(directory_), " ", base::MessageOf(status_)));
  return status_;
}

absl::Status History::OpenHere() {
  if (absl::Status status = files::MakeDirectories(directory_); !status.ok()) return status;
  if (absl::Status status = base::EnsurePrivateDir(directory_); !status.ok()) return status;
  absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(directory_ + "/lock");
  if (!lock.ok()) return lock.status();
  absl::Status status = IsMarkedDamaged(directory_) ? absl::DataLossError("was found damaged")
                                                    : OpenDatabase(&writer_);
  if (absl::IsDataLoss(status)) {
    const std::string reason(status.message());
    writer_.reset();
    MarkDamaged(directory_, reason);
    const absl::StatusOr<std::string> aside = SetAside(directory_);
    if (!aside.ok()) return aside.status();
    notice_ =
        base::StrCat("the history is damaged (", reason, "): it was set aside, unchanged, as ",
                     *aside, ", and another was begun");
    status = OpenDatabase(&writer_);
  }
  if (status.ok()) status = OpenDatabase(&reader_);
  if (!status.ok()) {
    reader_.reset();
    writer_.reset();
    return status;
  }
  lock_ = *std::move(lock);
  return absl::OkStatus();
}

absl::Status History::OpenDatabase(std::optional<Database>* database) {
  absl::StatusOr<Database> opened = Database::Open(DatabasePath(directory_));
  if (!opened.ok()) return opened.status();
  // What another program or a newer Continuo wrote is not touched, so before all else.
  absl::Status status = Migrate(&*opened, AllMigrations());
  if (status.ok()) status = opened->Execute(kSetUp);
  if (status.ok()) status = opened->Number(kProbe).status();
  if (status.ok()) *database = *std::move(opened);
  return status;
}

absl::Status History::Noted(absl::Status status) {
  if (absl::IsDataLoss(status)) MarkDamaged(directory_, std::string(status.message()));
  return status;
}

absl::StatusOr<std::string> History::Add(v1::HistoryRecord record,
                                         const std::string& finished_job) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  absl::Status status = CheckCount("candidates", record.candidates_size(), kMaxCandidates);
  status.Update(CheckCount("parents", record.parents_size(), kMaxParents));
  if (!status.ok()) return status;
  if (record.id().empty()) record.set_id(NewId());
  if (record.created_unix_ms() == 0) record.set_created_unix_ms(base::WallMs());
  const absl::StatusOr<std::vector<Blob>> blobs = TakeBlobs(&record);
  if (!blobs.ok()) return blobs.status();
  const std::string body = record.SerializeAsString();

  const std::lock_guard lock(write_mutex_);
  Transaction transaction(&*writer_);
  status = transaction.status();
  if (status.ok()) status = Insert(record, body, *blobs);
  if (status.ok() && !finished_job.empty()) {
    status = writer_->Prepare("DELETE FROM pending WHERE job = ?").Bind(finished_job).Run();
  }
  if (status.ok()) status = transaction.Commit();
  if (!status.ok()) return Noted(status);
  return record.id();
}

absl::Status History::Insert(const v1::HistoryRecord& record, const std::string& body,
                             const std::vector<Blob>& blobs) {
  const v1::GenerationPlan& plan = record.plan();
  const std::string& model = plan.model();
  absl::Status status =
      writer_
          ->Prepare(
              "INSERT INTO records (id, created_ms, task, model, version, score, starred, rating,"
              " rated_candidate, title, comment, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .Bind(record.id(), record.created_unix_ms(), static_cast<int>(plan.request().task()),
                model, plan.version(), BestScore(record), record.starred(), record.rating(),
                record.rated_candidate(), record.title(), record.comment(), Bytes{body})
          .Run();
  const std::int64_t sequence = writer_->last_row();
  Statement use =
      writer_->Prepare("INSERT INTO blob_uses (record, place, sha256) VALUES (?, ?, ?)");
  int place = kInputPlace;
  for (const Blob& blob : blobs) {
    if (status.ok()) status = blobs_.Put(&*writer_, blob);
    if (status.ok()) status = use.Bind(sequence, place++, blob.sha256).Run();
  }
  Statement parent =
      writer_->Prepare("INSERT OR IGNORE INTO parents (record, parent) VALUES (?, ?)");
  for (const std::string& id : record.parents()) {
    if (status.ok()) status = parent.Bind(sequence, id).Run();
  }
  const std::string text = SearchText(record);
  if (status.ok()) {
    status = writer_->Prepare("INSERT INTO words (rowid, text) VALUES (?, ?)")
                 .Bind(sequence, text)
                 .Run();
  }
  return status;
}

absl::StatusOr<v1::HistoryRecord> History::Get(const std::string& id) {
  absl::StatusOr<v1::HistoryRecord> record = GetOnce(id);
  // A file may have been pruned between the row and it; then there is no row now.
  if (absl::IsDataLoss(record.status())) record = GetOnce(id);
  return record;
}

absl::StatusOr<v1::HistoryRecord> History::GetOnce(const std::string& id) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(read_mutex_);
  const absl::StatusOr<Found> found = Resolve(&*reader_, id);
  if (!found.ok()) return Noted(found.status());
  absl::StatusOr<v1::HistoryRecord> record = ReadRecord(&*reader_, found->sequence);
  if (!record.ok()) return Noted(record.status());
  Statement use = reader_->Prepare("SELECT place, sha256 FROM blob_uses WHERE record = ?")
                      .Bind(found->sequence);
  while (use.Step()) {
    // A blob that is lost is the loss of this record alone: the rest of the history is good.
    absl::StatusOr<std::string> bytes = blobs_.Get(&*reader_, use.Text(1));
    if (!bytes.ok()) {
      return absl::Status(bytes.status().code(), base::StrCat("record ", found->id, ": ",
                                                              base::MessageOf(bytes.status())));
    }
    const std::int64_t place = use.Int(0);
    if (place == kInputPlace) {
      record->mutable_plan()->mutable_request()->set_input(*std::move(bytes));
    } else if (place < record->candidates_size()) {
      record->mutable_candidates(static_cast<int>(place))->set_midi(*std::move(bytes));
    }
  }
  if (!use.status().ok()) return Noted(use.status());
  return record;
}

}  // namespace continuo::history
