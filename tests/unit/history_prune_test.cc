// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "daemon/history/history.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

namespace fs = std::filesystem;

std::size_t BlobFiles(const TemporaryDirectory& directory) {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory.history() + "/blobs")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

// Ten records of which each has a file of its own and shares one with the others; the third is
// starred.
std::vector<std::string> Fill(History& history) {
  std::vector<std::string> ids;
  for (std::uint64_t i = 0; i < 10; ++i) {
    v1::HistoryRecord record = SampleRecord(i * 10);
    record.set_created_unix_ms(1000 + static_cast<std::int64_t>(i));
    record.mutable_plan()->mutable_request()->set_input(Noise(100000, 99));
    record.mutable_candidates(0)->set_midi(Noise(100000, i));
    record.set_starred(i == 2);
    const absl::StatusOr<std::string> id = history.Add(record);
    REQUIRE(id.ok());
    ids.push_back(*id);
  }
  return ids;
}

TEST_CASE("History: a dry run says what a prune does, and changes nothing") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const std::vector<std::string> ids = Fill(history);
  v1::PruneRecordsRequest request;
  request.set_keep(4);
  request.set_dry_run(true);
  const absl::StatusOr<v1::PruneRecordsResponse> dry = history.Prune(request);
  REQUIRE(dry.ok());
  CHECK(dry->removed_size() == 5);
  CHECK(dry->freed_bytes() > 5 * 100000);
  CHECK(dry->freed_bytes() < 6 * 100000);
  CHECK(history.List({})->records_size() == 10);
  CHECK(BlobFiles(directory) == 11);
  request.set_dry_run(false);
  const absl::StatusOr<v1::PruneRecordsResponse> done = history.Prune(request);
  REQUIRE(done.ok());
  CHECK(done->SerializeAsString() == dry->SerializeAsString());
  CHECK(history.List({})->records_size() == 5);
  CHECK(BlobFiles(directory) == 6);
}

TEST_CASE("History: starred records stay unless they are named") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const std::vector<std::string> ids = Fill(history);
  v1::PruneRecordsRequest request;
  request.set_older_than_unix_ms(1005);
  REQUIRE(history.Prune(request)->removed_size() == 4);
  CHECK(history.Get(ids[2]).ok());
  CHECK(history.Get(ids[1]).status().code() == absl::StatusCode::kNotFound);
  CHECK(history.Get(ids[5]).ok());
  v1::PruneRecordsRequest named;
  named.add_ids(ids[2]);
  CHECK(history.Prune(named)->removed(0) == ids[2]);
  CHECK(history.Get(ids[2]).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("History: an age and a number together remove what is past both") {
  const TemporaryDirectory directory;
  History history(directory.history());
  (void)Fill(history);
  v1::PruneRecordsRequest request;
  request.set_older_than_unix_ms(1009);
  request.set_keep(8);
  CHECK(history.Prune(request)->removed_size() == 1);
}

TEST_CASE("History: what a record that stays needs is not removed with another") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const std::vector<std::string> ids = Fill(history);
  v1::PruneRecordsRequest request;
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) request.add_ids(ids[i]);
  request.add_ids(ids[0]);  // twice is once
  REQUIRE(history.Prune(request)->removed_size() == 9);
  const absl::StatusOr<v1::HistoryRecord> left = history.Get("last");
  REQUIRE(left.ok());
  CHECK(left->plan().request().input() == Noise(100000, 99));
  CHECK(left->candidates(0).midi() == Noise(100000, 9));
  CHECK(BlobFiles(directory) == 2);
}

TEST_CASE("History: one wrong name, and nothing is pruned") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const std::vector<std::string> ids = Fill(history);
  v1::PruneRecordsRequest request;
  request.add_ids(ids[0]);
  request.add_ids("rffffffffffffffff");
  CHECK(history.Prune(request).status().code() == absl::StatusCode::kNotFound);
  CHECK(history.Prune({}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(history.List({})->records_size() == 10);
}

TEST_CASE("History: pruning gives the room back to the disk") {
  const TemporaryDirectory directory;
  History history(directory.history());
  for (std::uint64_t i = 0; i < 40; ++i) {
    v1::HistoryRecord record = SampleRecord(i);
    record.mutable_candidates(0)->set_midi(Noise(50000, i));  // lies in the database
    REQUIRE(history.Add(record).ok());
  }
  v1::PruneRecordsRequest request;
  request.set_keep(1);
  REQUIRE(history.Prune(request).ok());
  CHECK(fs::file_size(directory.history() + "/history.db") < 500000);
}

TEST_CASE("History: a sweep removes what no record needs, and nothing else") {
  const TemporaryDirectory directory;
  History history(directory.history());
  (void)Fill(history);
  const std::string blobs = directory.history() + "/blobs/";
  fs::create_directories(blobs + "ab");
  for (const char* name : {"ab/.half", "ab/abcd.zst", "stray"}) std::ofstream(blobs + name) << "x";
  // The right name at the wrong place is needed by nobody.
  fs::path one;
  for (const auto& entry : fs::recursive_directory_iterator(blobs)) {
    if (entry.path().filename().string().size() == 68) one = entry.path();
  }
  fs::copy_file(one, blobs + "ab" + "/" + one.filename().string());
  const absl::StatusOr<int> swept = history.Sweep();
  REQUIRE(swept.ok());
  CHECK(*swept == 4);
  CHECK(BlobFiles(directory) == 11);
  const absl::StatusOr<v1::ListRecordsResponse> list = history.List({});
  REQUIRE(list.ok());
  for (const v1::HistoryRecord& record : list->records()) {
    CHECK(history.Get(record.id()).ok());
  }
}

}  // namespace
}  // namespace continuo::history
