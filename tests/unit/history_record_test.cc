// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "daemon/history/history.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

std::size_t FilesIn(const std::string& directory) {
  std::size_t files = 0;
  if (!std::filesystem::exists(directory)) return 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

TEST_CASE("History: a record comes back as it was, byte for byte, after the history was closed") {
  const TemporaryDirectory directory;
  v1::HistoryRecord record = SampleRecord(7);
  record.add_parents("r0123456789abcdef");
  record.mutable_candidates(1)->set_midi(Noise(300000, 1));  // becomes a file
  std::string id;
  {
    History history(directory.history());
    REQUIRE(history.status().ok());
    const absl::StatusOr<std::string> added = history.Add(record);
    REQUIRE(added.ok());
    id = *added;
  }
  CHECK(id.size() == 17);
  CHECK(id[0] == 'r');
  History history(directory.history());
  absl::StatusOr<v1::HistoryRecord> got = history.Get(id);
  REQUIRE(got.ok());
  CHECK(got->created_unix_ms() > 1'600'000'000'000);
  record.set_id(id);
  record.set_created_unix_ms(got->created_unix_ms());
  CHECK(got->SerializeAsString() == record.SerializeAsString());
  CHECK(FilesIn(directory.history() + "/blobs") == 1);
}

TEST_CASE("History: what has the same content lies there once") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  record.mutable_plan()->mutable_request()->set_input(Noise(200000, 5));
  REQUIRE(history.Add(record).ok());
  record.mutable_candidates(0)->set_midi("another");
  REQUIRE(history.Add(record).ok());
  CHECK(FilesIn(directory.history() + "/blobs") == 1);
}

TEST_CASE("History: a beginning of an id finds the record that it fits alone") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  for (const char* id : {"r00000000000000aa", "r00000000000000ab", "r1000000000000000"}) {
    record.set_id(id);
    REQUIRE(history.Add(record).ok());
  }
  CHECK(history.Get("r1")->id() == "r1000000000000000");
  CHECK(history.Get("1")->id() == "r1000000000000000");
  CHECK(history.Get("r00000000000000ab")->id() == "r00000000000000ab");
  CHECK(history.Get("last")->id() == "r1000000000000000");
  const absl::Status several = history.Get("r0").status();
  CHECK(several.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(several.message()).find("r00000000000000ab") != std::string::npos);
  CHECK(history.Get("r2").status().code() == absl::StatusCode::kNotFound);
  for (const std::string& bad : {std::string(), std::string("r%"), std::string("' OR 1=1 --"),
                                 std::string(100, 'a'), std::string("r1\0", 3)}) {
    CHECK(history.Get(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("History: a record that is too large is refused, and leaves nothing") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord large = SampleRecord(1);
  large.mutable_candidates(1)->set_midi(std::string(kMaxBlobBytes + 1, 'x'));
  const absl::Status status = history.Add(large).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(status.message()).find("candidates[1]") != std::string::npos);
  v1::HistoryRecord many = SampleRecord(1);
  while (many.candidates_size() <= kMaxCandidates) many.add_candidates();
  CHECK(history.Add(many).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(history.List({})->records().empty());
  CHECK(history.Add(SampleRecord(1)).ok());
}

TEST_CASE("History: an id that is there already is refused, and the one that has it stays") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  record.set_id("r0000000000000001");
  REQUIRE(history.Add(record).ok());
  record.set_license("another");
  CHECK(history.Add(record).status().code() == absl::StatusCode::kAlreadyExists);
  CHECK(history.Get("last")->license() == "CC-BY-4.0");
}

TEST_CASE("History: stars, ratings, titles and comments change by themselves") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const std::string id = *history.Add(SampleRecord(1));
  v1::UpdateRecordRequest update;
  update.set_id(id.substr(0, 9));
  update.set_starred(true);
  update.set_rating(4);
  update.set_rated_candidate(1);
  REQUIRE(history.Update(update).ok());
  v1::UpdateRecordRequest title;
  title.set_id("last");
  title.set_title("Chorus");
  title.set_comment("the one with the leap");
  const absl::StatusOr<v1::HistoryRecord> updated = history.Update(title);
  REQUIRE(updated.ok());
  for (const v1::HistoryRecord& record : {*updated, *history.Get(id)}) {
    CHECK(record.starred());
    CHECK(record.rating() == 4);
    CHECK(record.rated_candidate() == 1);
    CHECK(record.title() == "Chorus");
    CHECK(record.comment() == "the one with the leap");
  }
  const auto refused = [&](auto change) {
    v1::UpdateRecordRequest request;
    request.set_id(id);
    change(request);
    const absl::Status status = history.Update(request).status();
    CHECK(history.Get(id)->SerializeAsString() != "");
    return status.code() == absl::StatusCode::kInvalidArgument;
  };
  CHECK(refused([](auto& r) { r.set_rating(6); }));
  CHECK(refused([](auto& r) { r.set_rated_candidate(2); }));
  CHECK(refused([](auto& r) { r.set_title(std::string(kMaxTitleBytes + 1, 'x')); }));
  CHECK(refused([](auto& r) { r.set_comment(std::string(kMaxCommentBytes + 1, 'x')); }));
  CHECK(history.Get(id)->title() == "Chorus");
  v1::UpdateRecordRequest nobody;
  nobody.set_id("rffffffffffffffff");
  CHECK(history.Update(nobody).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("History: a job is pending until it is removed or its record is added") {
  const TemporaryDirectory directory;
  {
    History history(directory.history());
    REQUIRE(history.AddPending({"j1", "first"}).ok());
    REQUIRE(history.AddPending({"j2", std::string("sec\0nd", 6)}).ok());
    REQUIRE(history.AddPending({"j3", "third"}).ok());
    CHECK(history.AddPending({"", "x"}).code() == absl::StatusCode::kInvalidArgument);
  }
  History history(directory.history());
  const absl::StatusOr<std::vector<PendingJob>> jobs = history.ListPending();
  REQUIRE(jobs.ok());
  REQUIRE(jobs->size() == 3);
  CHECK((*jobs)[0].id == "j1");
  CHECK((*jobs)[1].request == std::string("sec\0nd", 6));
  REQUIRE(history.Add(SampleRecord(1), "j1").ok());
  REQUIRE(history.RemovePending("j2").ok());
  REQUIRE(history.RemovePending("j2").ok());
  REQUIRE(history.ListPending()->size() == 1);
  CHECK((*history.ListPending())[0].id == "j3");
}

TEST_CASE("History: many threads read and write at once") {
  const TemporaryDirectory directory;
  History history(directory.history());
  constexpr int kThreads = 4;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&history, &wrong, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::uint64_t seed = static_cast<std::uint64_t>(thread * 1000 + i * 10);
        const absl::StatusOr<std::string> id = history.Add(SampleRecord(seed));
        if (!id.ok() || history.Get(*id)->plan().request().seed() != seed) ++wrong;
        if (!history.List({}).ok()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  v1::ListRecordsRequest all;
  all.set_page_size(kMaxPageSize);
  CHECK(history.List(all)->records_size() == kThreads * kEach);
}

TEST_CASE("History: is nobody else's business") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  record.mutable_candidates(0)->set_midi(Noise(200000, 1));
  REQUIRE(history.Add(record).ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.history())) {
    struct stat info {};
    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0077) == 0);
  }
}

}  // namespace
}  // namespace continuo::history
