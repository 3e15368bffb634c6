// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/schema.h"

#include <iterator>
#include <string>

#include "daemon/base/str_cat.h"

namespace continuo::history {
namespace {

constexpr std::int64_t kApplicationId = 0x436F6E74;  // "Cont"

// `body` is the HistoryRecord without what has a column or a blob of its own. `place` is that
// of a candidate, or -1: the input. Parents are names, since a parent may be pruned.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE records (
  sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT    NOT NULL UNIQUE,
  created_ms      INTEGER NOT NULL,
  task            INTEGER NOT NULL,
  model           TEXT    NOT NULL,
  version         TEXT    NOT NULL,
  score           REAL    NOT NULL,
  starred         INTEGER NOT NULL,
  rating          INTEGER NOT NULL,
  rated_candidate INTEGER NOT NULL,
  title           TEXT    NOT NULL,
  comment         TEXT    NOT NULL,
  body            BLOB    NOT NULL
);
CREATE TABLE blobs (
  sha256 TEXT    PRIMARY KEY,
  bytes  INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  data   BLOB
);
CREATE TABLE blob_uses (
  record INTEGER NOT NULL REFERENCES records (sequence) ON DELETE CASCADE,
  place  INTEGER NOT NULL,
  sha256 TEXT    NOT NULL REFERENCES blobs (sha256),
  PRIMARY KEY (record, place)
) WITHOUT ROWID;
CREATE INDEX blob_uses_by_blob ON blob_uses (sha256);
CREATE TABLE parents (
  record INTEGER NOT NULL REFERENCES records (sequence) ON DELETE CASCADE,
  parent TEXT    NOT NULL,
  PRIMARY KEY (record, parent)
) WITHOUT ROWID;
CREATE INDEX parents_by_parent ON parents (parent);
CREATE TABLE pending (
  job        TEXT    PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  request    BLOB    NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5 (
  text, tokenize = "unicode61 remove_diacritics 2 tokenchars '#'"
);
)sql";

constexpr const char* kMigrations[] = {kVersion1};

absl::Status CheckWriter(Database* database, std::int64_t version, std::size_t known) {
  const absl::StatusOr<std::int64_t> application = database->Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<std::int64_t> tables =
      database->Number("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*application != kApplicationId && (*tables > 0 || *application != 0)) {
    return absl::FailedPreconditionError("is the database of another program; move it away");
  }
  if (version < 0 || version > static_cast<std::int64_t>(known)) {
    return absl::FailedPreconditionError(
        base::StrCat("was written by a newer Continuo (schema ", version, ", this one knows up to ",
                     known, "); update Continuo, or set XDG_DATA_HOME to begin another history"));
  }
  return absl::OkStatus();
}

}  // namespace

Migrations AllMigrations() { return {kMigrations, std::size(kMigrations)}; }

absl::Status Migrate(Database* database, const Migrations& migrations) {
  const absl::StatusOr<std::int64_t> version = database->Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (absl::Status status = CheckWriter(database, *version, migrations.count); !status.ok()) {
    return status;
  }
  const auto from = static_cast<std::size_t>(*version);
  if (from == migrations.count) return absl::OkStatus();
  // Before the first table; a database that has some keeps what it has.
  absl::Status status = database->Execute("PRAGMA auto_vacuum = INCREMENTAL");
  Transaction transaction(database);
  status.Update(transaction.status());
  for (std::size_t step = from; status.ok() && step < migrations.count; ++step) {
    status = database->Execute(migrations.steps[step]);
  }
  // Pragmas take no bound values; these are numbers of ours.
  const std::string mark = base::StrCat("PRAGMA application_id = ", kApplicationId,
                                        "; PRAGMA user_version = ", migrations.count);
  if (status.ok()) status = database->Execute(mark.c_str());
  if (status.ok()) status = transaction.Commit();
  return status;
}

}  // namespace continuo::history
