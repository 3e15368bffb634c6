// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "daemon/history/history.h"
#include "daemon/history/sqlite.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

namespace fs = std::filesystem;

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Overwrite(const std::string& path, std::size_t offset, std::size_t bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file << std::string(bytes, '\xA5');
}

std::string AsideIn(const std::string& directory) {
  std::string found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().rfind("damaged-", 0) == 0) {
      CHECK(found.empty());
      found = entry.path().string();
    }
  }
  return found;
}

TEST_CASE("History: what is no database is set aside unchanged, and another is begun") {
  const TemporaryDirectory directory;
  {
    History history(directory.history());
    v1::HistoryRecord record = SampleRecord(1);
    record.mutable_candidates(0)->set_midi(Noise(100000, 1));
    REQUIRE(history.Add(record).ok());
  }
  const std::string database = directory.history() + "/history.db";
  Overwrite(database, 0, 4096);
  const std::string before = Content(database);
  History history(directory.history());
  REQUIRE(history.status().ok());
  const std::string aside = AsideIn(directory.history());
  REQUIRE(!aside.empty());
  CHECK(history.notice().find(aside) != std::string::npos);
  CHECK(Content(aside + "/history.db") == before);
  CHECK(fs::exists(aside + "/blobs"));
  CHECK(history.List({})->records().empty());
  CHECK(history.Add(SampleRecord(2)).ok());
  // What was set aside is not swept.
  REQUIRE(*history.Sweep() == 0);
  CHECK(Content(aside + "/history.db") == before);
}

TEST_CASE("History: damage inside is found by the sweep, and set aside by the next start") {
  const TemporaryDirectory directory;
  {
    History history(directory.history());
    for (std::uint64_t i = 0; i < 50; ++i) {
      v1::HistoryRecord record = SampleRecord(i);
      record.mutable_candidates(0)->set_midi(Noise(20000, i));
      REQUIRE(history.Add(record).ok());
    }
  }
  // A page in the middle of a candidate's bytes, which nobody reads at the start.
  const std::string database = directory.history() + "/history.db";
  const std::size_t place = Content(database).find(Noise(20000, 25).substr(8000, 500));
  REQUIRE(place != std::string::npos);
  Overwrite(database, place / 4096 * 4096, 4096);
  {
    History history(directory.history());
    REQUIRE(history.status().ok());
    REQUIRE(history.notice().empty());
    const absl::Status status = history.Sweep().status();
    CHECK(status.code() == absl::StatusCode::kDataLoss);
    CHECK(std::string(status.message()).find("next start") != std::string::npos);
  }
  History history(directory.history());
  CHECK(history.status().ok());
  CHECK(!AsideIn(directory.history()).empty());
  CHECK(history.Add(SampleRecord(1)).ok());
  CHECK(history.Sweep().ok());
}

TEST_CASE("History: a blob that is lost or spoilt is the loss of its record alone") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  record.mutable_candidates(0)->set_midi(Noise(100000, 1));
  const std::string id = *history.Add(record);
  const std::string other = *history.Add(SampleRecord(2));
  fs::path file;
  for (const auto& entry : fs::recursive_directory_iterator(directory.history() + "/blobs")) {
    if (entry.is_regular_file()) file = entry.path();
  }
  Overwrite(file.string(), 50000, 100);
  absl::Status status = history.Get(id).status();
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK(std::string(status.message()).find(id) != std::string::npos);
  fs::remove(file);
  CHECK(history.Get(id).status().code() == absl::StatusCode::kDataLoss);
  CHECK(history.Get(other).ok());
  CHECK(history.List({})->records_size() == 2);
  CHECK(!fs::exists(directory.history() + "/damaged"));
  v1::PruneRecordsRequest prune;
  prune.add_ids(id);
  CHECK(history.Prune(prune).ok());
}

TEST_CASE("History: one directory has one history at a time, and waits for its turn") {
  const TemporaryDirectory directory;
  auto first = std::make_unique<History>(directory.history());
  REQUIRE(first->Add(SampleRecord(1)).ok());
  History second(directory.history());
  const absl::Status status = second.Add(SampleRecord(2)).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(std::string(status.message()).find("another daemon") != std::string::npos);
  first.reset();
  CHECK(second.Add(SampleRecord(2)).ok());
  CHECK(second.List({})->records_size() == 2);
}

TEST_CASE("History: where no file can be made, every call says why") {
  const TemporaryDirectory directory;
  std::ofstream(directory.history()) << "a file where the directory should be";
  History history(directory.history());
  const absl::Status status = history.status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(std::string(status.message()).find(directory.history()) != std::string::npos);
  CHECK(history.List({}).status() == status);
  CHECK(history.Add(SampleRecord(1)).status() == status);
  CHECK(history.Get("last").status() == status);
  CHECK(history.ListPending().status() == status);
}

TEST_CASE("History: a history of a newer Continuo is refused and stays as it is") {
  const TemporaryDirectory directory;
  {
    History history(directory.history());
    REQUIRE(history.Add(SampleRecord(1)).ok());
  }
  const std::string path = directory.history() + "/history.db";
  REQUIRE(Database::Open(path)->Execute("PRAGMA user_version = 99").ok());
  const std::string before = Content(path);
  {
    History history(directory.history());
    const absl::Status status = history.Add(SampleRecord(2)).status();
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK(std::string(status.message()).find("schema 99") != std::string::npos);
    CHECK(std::string(status.message()).find("update Continuo") != std::string::npos);
  }
  CHECK(AsideIn(directory.history()).empty());
  CHECK(Content(path) == before);
  REQUIRE(Database::Open(path)->Execute("PRAGMA user_version = 1").ok());
  History history(directory.history());
  CHECK(history.List({})->records_size() == 1);
}

}  // namespace
}  // namespace continuo::history
