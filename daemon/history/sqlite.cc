// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/sqlite.h"

#include <fcntl.h>

#include <cerrno>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::history {
namespace {

constexpr int kBusyTimeoutMs = 2000;  // of a person's sqlite3 shell, say

absl::Status ToStatus(sqlite3* database, int result) {
  const std::string text = base::StrCat(
      "history: ", database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result));
  switch (result & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(text);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::UnavailableError(text);
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::InternalError(text);
  }
}

}  // namespace

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  Take(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr));
  statement_.reset(statement);
}

void Statement::Take(int result) {
  if (status_.ok() && result != SQLITE_OK) status_ = ToStatus(database_, result);
}

void Statement::BindInt(std::int64_t value) {
  if (status_.ok()) Take(sqlite3_bind_int64(statement_.get(), ++bound_, value));
}

void Statement::BindReal(double value) {
  if (status_.ok()) Take(sqlite3_bind_double(statement_.get(), ++bound_, value));
}

void Statement::BindText(std::string_view text) {
  if (!status_.ok()) return;
  // A null pointer would be bound as NULL.
  Take(sqlite3_bind_text64(statement_.get(), ++bound_, text.empty() ? "" : text.data(), text.size(),
                           SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::BindBytes(std::string_view bytes) {
  if (!status_.ok()) return;
  Take(sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.empty() ? "" : bytes.data(),
                           bytes.size(), SQLITE_STATIC));
}

void Statement::BindNull() {
  if (status_.ok()) Take(sqlite3_bind_null(statement_.get(), ++bound_));
}

bool Statement::Step() {
  if (!status_.ok()) return false;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) Take(result);
  return false;
}

absl::Status Statement::Run() {
  while (Step()) {
  }
  if (status_.ok()) Take(sqlite3_reset(statement_.get()));
  bound_ = 0;
  return status_;
}

std::int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::Text(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  const int bytes = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(bytes));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

absl::StatusOr<Database> Database::Open(const std::string& path) {
  // SQLite would let others read it. One that is there is not touched: closing it would drop
  // the locks that other connections of this process hold on it (fcntl(2)).
  {
    const base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.valid() && errno != EEXIST) {
      return absl::ErrnoToStatus(errno, base::StrCat("cannot make ", path));
    }
  }
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(opened);
  if (result != SQLITE_OK) return ToStatus(opened, result);
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  // No text of a damaged or planted schema is run, and nothing rewrites it.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

absl::Status Database::Execute(const char* sql) {
  const int result = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : ToStatus(database_.get(), result);
}

absl::StatusOr<std::int64_t> Database::Number(const char* sql) {
  Statement statement = Prepare(sql);
  if (statement.Step()) return statement.Int(0);
  if (!statement.status().ok()) return statement.status();
  return absl::NotFoundError(base::StrCat("no row: ", sql));
}

Transaction::~Transaction() {
  if (status_.ok() && !committed_) (void)database_->Execute("ROLLBACK");
}

absl::Status Transaction::Commit() {
  absl::Status status = database_->Execute("COMMIT");
  committed_ = status.ok();
  return status;
}

}  // namespace continuo::history
