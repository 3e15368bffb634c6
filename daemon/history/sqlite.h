// SPDX-License-Identifier: Apache-2.0
// SQLite by values that close themselves: a connection, a statement, a transaction.
//
//   Statement row = database.Prepare("SELECT title FROM records WHERE id = ?").Bind(id);
//   while (row.Step()) Use(row.Text(0));
//   if (!row.status().ok()) return row.status();
//
// A statement that could not be prepared or bound gives no row, and says why in status(): there
// is one place to look. Values are bound, never put into the text.
// Threads: a connection and all that comes of it belong to one thread at a time.
// Errors: ALREADY_EXISTS for a second row of a key, DATA_LOSS for a damaged file,
// RESOURCE_EXHAUSTED for a full disk, UNAVAILABLE where the file cannot be read or is locked; the
// message has SQLite's words.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace continuo::history {

// Bound as a BLOB, where a string is bound as TEXT.
struct Bytes {
  std::string_view bytes;
};

class Statement {
 public:
  // In the order of the question marks. What is bound has to live until the last Step().
  template <typename... Values>
  Statement& Bind(const Values&... values) & {
    (BindOne(values), ...);
    return *this;
  }
  template <typename... Values>
  Statement&& Bind(const Values&... values) && {
    (BindOne(values), ...);
    return std::move(*this);
  }

  // To the next row; false after the last one, and on an error.
  [[nodiscard]] bool Step();
  // For what gives no rows: to its end, ready to be bound again.
  [[nodiscard]] absl::Status Run();
  [[nodiscard]] const absl::Status& status() const { return status_; }

  [[nodiscard]] std::int64_t Int(int column) const;
  [[nodiscard]] std::string Text(int column) const;  // TEXT and BLOB alike
  [[nodiscard]] bool IsNull(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(sqlite3* database, const char* sql);

  template <typename Value>
  void BindOne(const Value& value) {
    if constexpr (std::is_same_v<Value, Bytes>) {
      BindBytes(value.bytes);
    } else if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      BindNull();
    } else if constexpr (std::is_floating_point_v<Value>) {
      BindReal(value);
    } else if constexpr (std::is_integral_v<Value>) {
      BindInt(static_cast<std::int64_t>(value));
    } else {
      BindText(std::string_view(value));
    }
  }
  void BindInt(std::int64_t value);
  void BindReal(double value);
  void BindText(std::string_view text);
  void BindBytes(std::string_view bytes);
  void BindNull();
  void Take(int result);

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bound_ = 0;
  absl::Status status_;
};

class Database {
 public:
  // Made, with mode 0600, where it is missing.
  [[nodiscard]] static absl::StatusOr<Database> Open(const std::string& path);

  [[nodiscard]] Statement Prepare(const char* sql) { return {database_.get(), sql}; }
  // Several statements of constant text.
  [[nodiscard]] absl::Status Execute(const char* sql);
  // The first column of the first row; an error where there is none.
  [[nodiscard]] absl::StatusOr<std::int64_t> Number(const char* sql);
  [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(database_.get()); }
  [[nodiscard]] int changed_rows() const { return sqlite3_changes(database_.get()); }

 private:
  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Closer> database_;
};

// Rolled back where it is not committed.
class Transaction {
 public:
  explicit Transaction(Database* database)
      : database_(database), status_(database->Execute("BEGIN IMMEDIATE")) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Whether it has begun.
  [[nodiscard]] const absl::Status& status() const { return status_; }
  // On the disk when it returns.
  [[nodiscard]] absl::Status Commit();

 private:
  Database* const database_;
  absl::Status status_;
  bool committed_ = false;
};

}  // namespace continuo::history
