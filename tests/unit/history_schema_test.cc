// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/history/schema.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

constexpr const char* kSteps[] = {"CREATE TABLE notes (text TEXT)",
                                  "ALTER TABLE notes ADD COLUMN star INTEGER DEFAULT 1",
                                  "CREATE TABLE more (x); CREATE TABLE more (x)"};  // fails

TEST_CASE("Migrate: an older database comes to this version with what it has") {
  const TemporaryDirectory directory;
  Database database = *Database::Open(directory.path() + "/a.db");
  REQUIRE(Migrate(&database, {kSteps, 1}).ok());
  REQUIRE(database.Execute("INSERT INTO notes VALUES ('kept')").ok());
  REQUIRE(Migrate(&database, {kSteps, 2}).ok());
  CHECK(*database.Number("PRAGMA user_version") == 2);
  CHECK(*database.Number("SELECT star FROM notes WHERE text = 'kept'") == 1);
  REQUIRE(Migrate(&database, {kSteps, 2}).ok());
  CHECK(*database.Number("SELECT count(*) FROM notes") == 1);
}

TEST_CASE("Migrate: a step that fails has not happened, nor have those before it") {
  const TemporaryDirectory directory;
  Database database = *Database::Open(directory.path() + "/a.db");
  REQUIRE(Migrate(&database, {kSteps, 1}).ok());
  CHECK(!Migrate(&database, {kSteps, 3}).ok());
  CHECK(*database.Number("PRAGMA user_version") == 1);
  CHECK(!database.Number("SELECT star FROM notes").ok());
  REQUIRE(Migrate(&database, {kSteps, 2}).ok());
}

TEST_CASE("Migrate: the database of another program is not touched") {
  const TemporaryDirectory directory;
  Database database = *Database::Open(directory.path() + "/a.db");
  REQUIRE(database.Execute("CREATE TABLE theirs (x)").ok());
  CHECK(Migrate(&database, AllMigrations()).code() == absl::StatusCode::kFailedPrecondition);
  REQUIRE(database.Execute("PRAGMA application_id = 12345").ok());
  CHECK(Migrate(&database, AllMigrations()).code() == absl::StatusCode::kFailedPrecondition);
  CHECK(*database.Number("SELECT count(*) FROM sqlite_master") == 1);
}

TEST_CASE("Statement: what could not be prepared gives no row, and says so") {
  const TemporaryDirectory directory;
  Database database = *Database::Open(directory.path() + "/a.db");
  Statement statement = database.Prepare("SELECT nothing FROM nowhere").Bind(1, "x");
  CHECK(!statement.Step());
  CHECK(!statement.status().ok());
  CHECK(!statement.Run().ok());
}

TEST_CASE("Transaction: what is not committed has not happened") {
  const TemporaryDirectory directory;
  Database database = *Database::Open(directory.path() + "/a.db");
  REQUIRE(database.Execute("CREATE TABLE t (x)").ok());
  {
    Transaction transaction(&database);
    REQUIRE(transaction.status().ok());
    REQUIRE(database.Execute("INSERT INTO t VALUES (1)").ok());
  }
  CHECK(*database.Number("SELECT count(*) FROM t") == 0);
}

}  // namespace
}  // namespace continuo::history
