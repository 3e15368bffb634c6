// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/history/foreign_record.h"
#include "daemon/history/history.h"
#include "tests/unit/history_sample.h"

namespace continuo::history {
namespace {

using Catch::Contains;

// A Standard MIDI File with one note of that pitch.
std::string File(char pitch) {
  std::string bytes(
      "MThd\0\0\0\x06\0\x01\0\x01\x01\xE0MTrk\0\0\0\x0C\0\x90\x40\x40\x60\x80\x40\x40\0\xFF\x2F\0",
      34);
  bytes[24] = pitch;
  bytes[28] = pitch;
  return bytes;
}

// As somebody else's history has it.
v1::HistoryRecord Foreign(std::uint64_t seed = 7) {
  v1::HistoryRecord record = SampleRecord(seed);
  record.set_id("r00000000000000a1");
  record.set_created_unix_ms(1'700'000'000'000);
  record.mutable_plan()->mutable_request()->set_input(File(50));
  for (auto& candidate : *record.mutable_candidates()) {
    candidate.set_midi(File(static_cast<char>(60 + candidate.index())));
  }
  record.add_parents("r00000000000000b2");
  return record;
}

std::string Refusal(const std::function<void(v1::HistoryRecord*)>& change) {
  v1::HistoryRecord record = Foreign();
  change(&record);
  const absl::Status status = CheckForeign(record);
  CHECK(absl::IsInvalidArgument(status));
  return std::string(status.message());
}

TEST_CASE("History: a record from elsewhere comes as it is, without its owner's marks") {
  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord record = Foreign();
  record.set_starred(true);
  record.set_rating(5);
  record.set_rated_candidate(1);
  record.set_title("Chorus");
  record.set_comment("of two\nlines");
  CHECK(history.Adopt(record, true).value());
  CHECK(history.List({})->records().empty());
  CHECK(history.Adopt(record, false).value());
  record.clear_starred();
  record.clear_rating();
  record.clear_rated_candidate();
  CHECK(history.Get(record.id())->SerializeAsString() == record.SerializeAsString());
  v1::ListRecordsRequest search;
  search.set_query("chorus");
  CHECK(history.List(search)->records_size() == 1);
}

TEST_CASE("History: the same record taken twice is one, and its marks stay") {
  const TemporaryDirectory directory;
  History history(directory.history());
  REQUIRE(history.Adopt(Foreign(), false).ok());
  v1::UpdateRecordRequest update;
  update.set_id("last");
  update.set_rating(4);
  update.set_title("mine");
  REQUIRE(history.Update(update).ok());
  CHECK_FALSE(history.Adopt(Foreign(), true).value());
  CHECK_FALSE(history.Adopt(Foreign(), false).value());
  // A recipe of a time when it had other marks, or from where its input had no room.
  v1::HistoryRecord other = Foreign();
  other.set_starred(true);
  other.set_comment("theirs");
  other.mutable_plan()->mutable_request()->clear_input();
  CHECK_FALSE(history.Adopt(other, false).value());
  CHECK(history.List({})->records_size() == 1);
  CHECK(history.Get("last")->rating() == 4);
  CHECK(history.Get("last")->title() == "mine");
  CHECK(history.Get("last")->plan().request().input() == File(50));
}

TEST_CASE("History: a record that has the id of another one is refused, and that one stays") {
  const TemporaryDirectory directory;
  History history(directory.history());
  REQUIRE(history.Adopt(Foreign(), false).ok());
  v1::HistoryRecord other = Foreign();
  other.mutable_candidates(0)->set_midi(File(70));
  CHECK(absl::IsAlreadyExists(history.Adopt(other, true).status()));
  CHECK(absl::IsAlreadyExists(history.Adopt(other, false).status()));
  CHECK(history.Get("last")->candidates(0).midi() == File(60));
}

TEST_CASE(
    "History: what cannot be a record of ours is refused with its field, and leaves nothing") {
  using Record = v1::HistoryRecord*;
  CHECK(CheckForeign(Foreign()).ok());
  const auto request = [](Record record) { return record->mutable_plan()->mutable_request(); };

  CHECK_THAT(Refusal([](Record r) { r->set_id("last"); }), Contains("record.id is 'last'"));
  CHECK_THAT(Refusal([](Record r) { r->set_id("r00000000000000A1"); }), Contains("record.id"));
  CHECK_THAT(Refusal([](Record r) { r->add_parents(r->id()); }), Contains("record.parents"));
  CHECK_THAT(Refusal([](Record r) { r->clear_created_unix_ms(); }), Contains("created_unix_ms"));
  CHECK_THAT(Refusal([](Record r) { r->set_created_unix_ms(base::WallMs() * 2); }),
             Contains("a time that has been"));
  CHECK_THAT(Refusal([](Record r) { r->set_title(std::string(kMaxTitleBytes + 1, 'x')); }),
             Contains("record.title"));
  CHECK_THAT(Refusal([](Record r) { r->set_license("\x1B[2J"); }),
             Contains("record.license has a control character"));
  CHECK_THAT(Refusal([](Record r) { r->set_title("a\nr0 forged"); }),
             Contains("record.title has a control character"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_plan()->add_notes(std::string(5000, 'x')); }),
             Contains("record.plan.notes has 5000 bytes"));
  CHECK_THAT(Refusal([](Record r) {
               for (int i = 0; i < 1001; ++i) r->mutable_plan()->add_notes("x");
             }),
             Contains("record.plan.notes has 1001 entries"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_plan()->set_model("../melody"); }),
             Contains("record.plan.model"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_plan()->clear_version(); }),
             Contains("record.plan.version is empty"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_plan()->set_weights_sha256("abc"); }),
             Contains("weights_sha256"));
  CHECK_THAT(Refusal([&](Record r) { request(r)->set_bars(1000); }),
             Contains("record.plan.request: bars is 1000"));
  CHECK_THAT(Refusal([&](Record r) { request(r)->set_task(static_cast<v1::GenerationTask>(99)); }),
             Contains("task is 99"));
  CHECK_THAT(Refusal([&](Record r) { request(r)->set_input("no notes"); }),
             Contains("record.plan.request.input"));
  CHECK_THAT(Refusal([](Record r) { r->clear_candidates(); }), Contains("candidates is empty"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_candidates(1)->set_midi("MThd"); }),
             Contains("record.candidates[1].midi"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_candidates(1)->set_index(0); }),
             Contains("record.candidates[1].index is 0"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_candidates(0)->set_index(16); }),
             Contains("below 16"));
  CHECK_THAT(Refusal([](Record r) { r->mutable_candidates(0)->mutable_quality()->set_score(1.5); }),
             Contains("quality.score"));
  CHECK_THAT(Refusal([](Record r) {
               (*r->mutable_candidates(0)->mutable_quality()->mutable_metrics())["entropy"] =
                   std::numeric_limits<double>::quiet_NaN();
             }),
             Contains("record.candidates.quality.metrics.value is nan"));
  CHECK_THAT(Refusal([](Record r) { r->add_ranking(1); }), Contains("record.ranking has 1"));
  CHECK_THAT(Refusal([](Record r) { r->add_ranking(7); }), Contains("record.ranking has 7"));
  CHECK_THAT(
      Refusal([](Record r) { r->GetReflection()->MutableUnknownFields(r)->AddVarint(999, 1); }),
      Contains("does not know"));
  CHECK_THAT(Refusal([&](Record r) {
               auto* made = request(r);
               made->GetReflection()->MutableUnknownFields(made)->AddVarint(999, 1);
             }),
             Contains("record.plan.request has fields"));

  const TemporaryDirectory directory;
  History history(directory.history());
  v1::HistoryRecord bad = Foreign();
  bad.mutable_candidates(1)->clear_midi();
  CHECK(absl::IsInvalidArgument(history.Adopt(bad, false).status()));
  CHECK(history.List({})->records().empty());
}

}  // namespace
}  // namespace continuo::history
