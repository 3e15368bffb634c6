// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <vector>

#include "daemon/history/history.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

// Seeds of the records that a request lists, in order.
std::vector<std::uint64_t> Seeds(History& history,
                                 const std::function<void(v1::ListRecordsRequest&)>& fill) {
  v1::ListRecordsRequest request;
  fill(request);
  const absl::StatusOr<v1::ListRecordsResponse> response = history.List(request);
  INFO(response.status().message());
  REQUIRE(response.ok());
  std::vector<std::uint64_t> seeds;
  for (const v1::HistoryRecord& record : response->records()) {
    seeds.push_back(record.plan().request().seed());
  }
  return seeds;
}

using Numbers = std::vector<std::uint64_t>;

TEST_CASE("History: a list is newest first, without bytes") {
  const TemporaryDirectory directory;
  History history(directory.history());
  CHECK(history.List({})->records().empty());
  for (std::uint64_t seed = 1; seed <= 3; ++seed) REQUIRE(history.Add(SampleRecord(seed)).ok());
  CHECK(Seeds(history, [](auto&) {}) == Numbers{3, 2, 1});
  const v1::HistoryRecord record = history.List({})->records(0);
  CHECK(record.plan().request().input().empty());
  CHECK(record.candidates(0).midi().empty());
  CHECK(record.candidates(1).quality().score() == 0.5);
}

TEST_CASE("History: pages have each record once, also those added meanwhile") {
  const TemporaryDirectory directory;
  History history(directory.history());
  for (std::uint64_t seed = 0; seed < 25; ++seed) REQUIRE(history.Add(SampleRecord(seed)).ok());
  v1::ListRecordsRequest request;
  request.set_page_size(10);
  std::set<std::uint64_t> seen;
  int pages = 0;
  do {
    const absl::StatusOr<v1::ListRecordsResponse> response = history.List(request);
    REQUIRE(response.ok());
    for (const v1::HistoryRecord& record : response->records()) {
      CHECK(seen.insert(record.plan().request().seed()).second);
    }
    request.set_page_token(response->next_page_token());
    REQUIRE(history.Add(SampleRecord(1000)).ok());
    ++pages;
  } while (!request.page_token().empty());
  CHECK(pages == 3);
  CHECK(seen.size() == 25);
}

TEST_CASE("History: a page ends before it is too long for a message") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = SampleRecord(1);
  for (int i = 0; i < 100; ++i) {
    record.mutable_candidates(0)->mutable_quality()->add_reasons()->set_text(
        Noise(10000, 1).replace(0, 10000, std::string(10000, 'x')));
  }
  for (int i = 0; i < 3; ++i) REQUIRE(history.Add(record).ok());
  const absl::StatusOr<v1::ListRecordsResponse> response = history.List({});
  REQUIRE(response.ok());
  CHECK(response->records_size() == 2);
  CHECK(!response->next_page_token().empty());
}

TEST_CASE("History: a list is of those that fit every condition") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord first = SampleRecord(1);
  first.set_created_unix_ms(1000);
  const std::string id = *history.Add(first);
  v1::HistoryRecord second = SampleRecord(2);
  second.set_created_unix_ms(2000);
  second.add_parents(id);
  second.mutable_plan()->set_model("groove");
  second.mutable_plan()->mutable_request()->set_task(v1::GENERATION_TASK_DRUMS);
  second.mutable_plan()->mutable_request()->set_style("rock");
  second.mutable_candidates(0)->mutable_quality()->set_score(0.9);
  REQUIRE(history.Add(second).ok());
  v1::UpdateRecordRequest update;
  update.set_id(id);
  update.set_starred(true);
  update.set_rating(3);
  REQUIRE(history.Update(update).ok());

  CHECK(Seeds(history, [](auto& r) { r.set_task(v1::GENERATION_TASK_DRUMS); }) == Numbers{2});
  CHECK(Seeds(history, [](auto& r) { r.set_model("melody"); }) == Numbers{1});
  CHECK(Seeds(history, [](auto& r) { r.set_model("melody@1.0.0"); }) == Numbers{1});
  CHECK(Seeds(history, [](auto& r) { r.set_model("melody@2.0.0"); }).empty());
  CHECK(Seeds(history, [](auto& r) { r.set_starred_only(true); }) == Numbers{1});
  CHECK(Seeds(history, [](auto& r) { r.set_minimum_rating(3); }) == Numbers{1});
  CHECK(Seeds(history, [](auto& r) { r.set_minimum_rating(4); }).empty());
  CHECK(Seeds(history, [](auto& r) { r.set_minimum_score(0.8); }) == Numbers{2});
  CHECK(Seeds(history, [](auto& r) { r.set_since_unix_ms(1500); }) == Numbers{2});
  CHECK(Seeds(history, [](auto& r) { r.set_until_unix_ms(2000); }) == Numbers{1});
  CHECK(Seeds(history, [&](auto& r) { r.set_parent(id); }) == Numbers{2});
  CHECK(Seeds(history, [&](auto& r) {
          r.set_parent(id);
          r.set_starred_only(true);
        }).empty());
  CHECK(history.Children(id)->size() == 1);
  CHECK(history.Children("last")->empty());
}

TEST_CASE("History: a search finds words and beginnings of them, whatever else is in it") {
  const TemporaryDirectory directory;
  History history(directory.history());
  for (std::uint64_t seed = 1; seed <= 3; ++seed) REQUIRE(history.Add(SampleRecord(seed)).ok());
  v1::HistoryRecord sharp = SampleRecord(4);
  sharp.mutable_plan()->mutable_request()->set_key("F#");
  REQUIRE(history.Add(sharp).ok());
  v1::UpdateRecordRequest update;
  update.set_id("last");
  update.set_title("Refrain à la Fauré");
  update.set_comment("don't use \"this\"");
  REQUIRE(history.Update(update).ok());
  const auto found = [&history](const std::string& query) {
    return Seeds(history, [&query](auto& r) { r.set_query(query); });
  };
  CHECK(found("refrain") == Numbers{4});
  CHECK(found("REFR faure") == Numbers{4});
  CHECK(found("f#") == Numbers{4});
  CHECK(found("melody") == Numbers{4, 3, 2, 1});
  CHECK(found("dm") == Numbers{3, 2, 1});
  CHECK(found("refrain dm").empty());
  CHECK(found("  ") == Numbers{4, 3, 2, 1});
  CHECK(found("!!") == Numbers{4, 3, 2, 1});
  CHECK(found("\"this\"") == Numbers{4});
  for (const char* operators : {"NEAR(a b)", "a AND", "OR", "NOT x", "text:refrain", "a*b", "(",
                                "^x", "'; DROP TABLE records; --", "\"", "{-x}"}) {
    (void)found(operators);
  }
  CHECK(found("melody").size() == 4);
}

TEST_CASE("History: a request out of its range is refused by the field's name") {
  const TemporaryDirectory directory;
  History history(directory.history());
  const auto refused = [&history](const char* field, auto fill) {
    v1::ListRecordsRequest request;
    fill(request);
    const absl::Status status = history.List(request).status();
    return status.code() == absl::StatusCode::kInvalidArgument &&
           std::string(status.message()).find(field) != std::string::npos;
  };
  CHECK(refused("page_size", [](auto& r) { r.set_page_size(kMaxPageSize + 1); }));
  CHECK(refused("minimum_rating", [](auto& r) { r.set_minimum_rating(6); }));
  CHECK(refused("minimum_score", [](auto& r) { r.set_minimum_score(1.5); }));
  CHECK(refused("minimum_score", [](auto& r) { r.set_minimum_score(std::nan("")); }));
  CHECK(refused("query", [](auto& r) { r.set_query(std::string(501, 'x')); }));
  CHECK(refused("page_token", [](auto& r) { r.set_page_token("1; DROP"); }));
}

}  // namespace
}  // namespace continuo::history
