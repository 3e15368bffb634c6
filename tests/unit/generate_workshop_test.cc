// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/executor/fake/fake_decoder.h"
#include "daemon/generate/fake/fake_composer.h"
#include "daemon/generate/workshop.h"
#include "shared/midi/smf_reader.h"

namespace continuo::generate {
namespace {

// Keeps all that it is told, and waits for ends.
class Diary : public Customer {
 public:
  struct Entry {
    std::string words;
    v1::GenerationPlan plan;
    std::map<std::uint32_t, v1::GenerationCandidate> candidates;
    std::size_t partial_notes = 0;
    absl::Status status;
    std::vector<std::uint32_t> ranking;
    std::uint32_t below_minimum = 0;
    bool ended = false;
  };

  void OnPlanned(const std::string& id, const v1::GenerationPlan& plan, std::uint32_t) override {
    const std::lock_guard lock(mutex_);
    entries_[id].words += "p";
    entries_[id].plan = plan;
  }
  void OnProgress(const std::string&, const v1::GenerateEvent::Progress&) override {}
  void OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial) override {
    const std::lock_guard lock(mutex_);
    entries_[id].partial_notes += static_cast<std::size_t>(partial.notes_size());
    begun_.insert(id);
    changed_.notify_all();
  }
  void OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate) override {
    const std::lock_guard lock(mutex_);
    entries_[id].words += "c";
    entries_[id].candidates[candidate.index()] = candidate;
  }
  void OnEnded(const std::string& id, const absl::Status& status,
               const std::vector<std::uint32_t>& ranking, std::uint32_t below) override {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[id];
    entry.words += "e";
    entry.status = status;
    entry.ranking = ranking;
    entry.below_minimum = below;
    entry.ended = true;
    order_.push_back(id);
    changed_.notify_all();
  }

  Entry Wait(const std::string& id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return entries_[id].ended; });
    return entries_[id];
  }
  void WaitForNotes(const std::string& id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.contains(id); });
  }
  std::vector<std::string> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> begun_;
  std::vector<std::string> order_;
};

void AddFake(Workshop* workshop, const std::string& key,
             const std::map<std::string, std::string>& keys = {}, Judge judge = nullptr) {
  auto decoder = executor::MakeFakeDecoder(keys);
  auto composer = CreateFakeComposer(*decoder);
  REQUIRE(composer.ok());
  REQUIRE(workshop->AddModel(key, std::move(decoder), *std::move(composer), std::move(judge)).ok());
}

Assignment Job(const std::string& id, std::uint64_t seed, std::uint32_t bars = 4,
               std::uint32_t candidates = 1, const std::string& client = "a") {
  Assignment job{id, "m", client, {}, false};
  job.request.set_task(v1::GENERATION_TASK_MELODY);
  job.request.set_seed(seed);
  job.request.set_bars(bars);
  job.request.set_candidates(candidates);
  return job;
}

// What the job gives when nothing else is to be done.
Diary::Entry Alone(const Assignment& job, Judge judge = nullptr) {
  Diary diary;
  Workshop workshop(1, "cpu", &diary);
  AddFake(&workshop, "m", {}, std::move(judge));
  workshop.Run(job);
  return diary.Wait(job.id);
}

// A customer hears of an end before the job leaves the workshop.
bool BecomesEmpty(Workshop* workshop) {
  for (int i = 0; i < 1000 && workshop->jobs() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return workshop->jobs() == 0;
}

TEST_CASE("Workshop: a job is planned, its candidates come, it ends, best first") {
  const Diary::Entry entry = Alone(Job("j", 5, 4, 3));
  CHECK(entry.words == "pccce");
  REQUIRE(entry.status.ok());
  CHECK(entry.plan.cells() == 48);
  CHECK(entry.plan.request().seed() == 5);
  CHECK(entry.plan.device() == "cpu");
  REQUIRE(entry.ranking.size() == 3);
  const auto score = [&](std::uint32_t i) { return entry.candidates.at(i).quality().score(); };
  CHECK(score(entry.ranking[0]) >= score(entry.ranking[1]));
  CHECK(score(entry.ranking[1]) >= score(entry.ranking[2]));
  CHECK(entry.partial_notes > 0);
  const auto song = midi::ReadSmf(entry.candidates.at(0).midi());
  REQUIRE(song.ok());
  CHECK(midi::NoteCount(*song) > 0);
}

TEST_CASE("Workshop: the same bytes for any batch, load, priority and number of threads") {
  const Diary::Entry alone = Alone(Job("x", 99, 8, 4));
  const int threads = GENERATE(1, 2, 4);
  Diary diary;
  Workshop workshop(threads, "cpu", &diary);
  AddFake(&workshop, "m");
  AddFake(&workshop, "other");
  for (int i = 0; i < 40; ++i) {
    Assignment noise = Job(absl::StrCat("n", i), static_cast<std::uint64_t>(i), 1 + i % 9U,
                           1 + i % 16U, absl::StrCat("c", i % 5));
    noise.model_key = i % 3 == 0 ? "other" : "m";
    noise.request.set_priority(i % 2 == 0 ? v1::JOB_PRIORITY_BATCH : v1::JOB_PRIORITY_INTERACTIVE);
    workshop.Run(noise);
    if (i == 20) workshop.Run(Job("x", 99, 8, 4));
    if (i % 7 == 0) workshop.Cancel(absl::StrCat("n", i));
  }
  const Diary::Entry busy = diary.Wait("x");
  CAPTURE(threads);
  REQUIRE(busy.candidates.size() == 4);
  for (const auto& [index, candidate] : alone.candidates) {
    CHECK(busy.candidates.at(index).SerializeAsString() == candidate.SerializeAsString());
  }
  CHECK(busy.ranking == alone.ranking);
}

TEST_CASE("Workshop: candidate i is what the seed + i gives alone") {
  const Diary::Entry four = Alone(Job("x", 1000, 4, 4));
  for (std::uint32_t i = 0; i < 4; ++i) {
    const Diary::Entry one = Alone(Job("y", 1000 + i));
    CHECK(four.candidates.at(i).midi() == one.candidates.at(0).midi());
    CHECK(four.candidates.at(i).seed() == 1000 + i);
  }
  CHECK(four.candidates.at(0).midi() != four.candidates.at(1).midi());
}

TEST_CASE("Workshop: what scores too low is made anew, a bounded number of times") {
  int judged = 0;
  const Judge low = [&](const midi::Song&, const v1::GenerateRequest&, double) {
    v1::Quality quality;
    quality.set_score(++judged == 3 ? 0.4 : 0.1);
    return quality;
  };
  Assignment job = Job("j", 7);
  job.request.set_minimum_score(0.5);
  job.request.set_attempts(5);
  const Diary::Entry entry = Alone(job, low);
  CHECK(judged == 5);
  CHECK(entry.below_minimum == 1);
  CHECK(entry.candidates.at(0).quality().score() == 0.4);
  // The seed that made it makes it again.
  const std::uint64_t seed = entry.candidates.at(0).seed();
  CHECK(seed == Commission::SeedOf(7, 2));
  CHECK(Alone(Job("k", seed)).candidates.at(0).midi() == entry.candidates.at(0).midi());
}

TEST_CASE("Workshop: transforms shape the result, and a wrong one is named") {
  Assignment job = Job("j", 7);
  job.request.set_transforms("transpose:semitones=1");
  const auto moved = midi::ReadSmf(Alone(job).candidates.at(0).midi());
  const auto plain = midi::ReadSmf(Alone(Job("k", 7)).candidates.at(0).midi());
  REQUIRE(moved.ok());
  REQUIRE(plain.ok());
  CHECK(moved->tracks.back().notes[0].pitch == plain->tracks.back().notes[0].pitch + 1);
  job.request.set_transforms("cook:minutes=3");
  const absl::Status status = Alone(job).status;
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("transforms: "));
}

TEST_CASE("Workshop: a cancelled job ends in the middle, others go on") {
  Diary diary;
  Workshop workshop(1, "cpu", &diary);
  AddFake(&workshop, "m", {{"cell_us", "500"}});
  workshop.Run(Job("long", 1, 64, 16));
  workshop.Run(Job("other", 2, 4));
  diary.WaitForNotes("long");
  workshop.Cancel("long");
  CHECK(diary.Wait("long").status.code() == absl::StatusCode::kCancelled);
  CHECK(diary.Wait("long").candidates.empty());
  CHECK(diary.Wait("other").status.ok());
  CHECK(BecomesEmpty(&workshop));
}

TEST_CASE("Workshop: what is more urgent comes in between two steps, and passes") {
  Diary diary;
  Workshop workshop(1, "cpu", &diary);
  AddFake(&workshop, "m", {{"cell_us", "2000"}});  // half a second each, so that they meet
  Assignment batch = Job("batch", 1, 64, 1);
  batch.request.set_priority(v1::JOB_PRIORITY_BATCH);
  workshop.Run(batch);
  diary.WaitForNotes("batch");
  workshop.Run(Job("urgent", 2, 64, 1));
  CHECK(diary.Wait("batch").status.ok());
  CHECK(diary.order() == std::vector<std::string>{"urgent", "batch"});
}

TEST_CASE("Workshop: clients that fill more than a batch get equal shares of it") {
  Diary diary;
  Workshop workshop(1, "cpu", &diary);
  AddFake(&workshop, "m", {{"cell_us", "200"}});  // so that all are there before one is done
  // 8 jobs of 16 cells each do not fit one batch; the one job of the other client is not last.
  for (int i = 0; i < 8; ++i) {
    workshop.Run(Job(absl::StrCat("m", i), static_cast<std::uint64_t>(i), 8, 16, "many"));
  }
  workshop.Run(Job("x", 77, 8, 16, "few"));
  for (int i = 0; i < 8; ++i) static_cast<void>(diary.Wait(absl::StrCat("m", i)));
  static_cast<void>(diary.Wait("x"));
  const std::vector<std::string> order = diary.order();
  CHECK(std::find(order.begin(), order.end(), "x") - order.begin() < 5);
}

TEST_CASE("Workshop: errors of the request and of the decoder end the job alone") {
  Diary diary;
  Workshop workshop(1, "cpu", &diary);
  AddFake(&workshop, "m", {{"fail_at", "40"}});
  Assignment wrong = Job("wrong", 1);
  wrong.request.set_key("H");
  workshop.Run(wrong);
  CHECK(diary.Wait("wrong").status.message() == "key is 'H', which is none");
  workshop.Run(Job("long", 1, 64));
  CHECK(diary.Wait("long").status.message() == "told to fail");
  workshop.Run(Job("short", 1, 4));
  CHECK(diary.Wait("short").status.ok());
  Assignment unknown = Job("unknown", 1);
  unknown.model_key = "none";
  workshop.Run(unknown);
  CHECK(diary.Wait("unknown").status.code() == absl::StatusCode::kNotFound);
}

TEST_CASE("Workshop: a plan alone makes nothing") {
  Assignment job = Job("j", 3, 16, 2);
  job.plan_only = true;
  const Diary::Entry entry = Alone(job);
  CHECK(entry.words == "pe");
  CHECK(entry.status.ok());
  CHECK(entry.plan.request().bars() == 16);
}

TEST_CASE("Workshop: a model that is removed takes its jobs along, and can come again") {
  Diary diary;
  Workshop workshop(2, "cpu", &diary);
  AddFake(&workshop, "m", {{"cell_us", "500"}});
  workshop.Run(Job("j", 1, 64, 16));
  diary.WaitForNotes("j");
  workshop.RemoveModel("m");
  CHECK(diary.Wait("j").status.code() == absl::StatusCode::kCancelled);
  CHECK_FALSE(workshop.Has("m"));
  AddFake(&workshop, "m");
  workshop.Run(Job("k", 1));
  CHECK(diary.Wait("k").status.ok());
}

TEST_CASE("Workshop: it may end with jobs at work") {
  Diary diary;
  for (int i = 0; i < 5; ++i) {
    Workshop workshop(2, "cpu", &diary);
    AddFake(&workshop, "m", {{"cell_us", "300"}});
    workshop.Run(Job(absl::StrCat("j", i), 1, 64, 16));
    diary.WaitForNotes(absl::StrCat("j", i));
  }
  SUCCEED();
}

TEST_CASE("CellCost: more pieces cost more, in between what is measured, and it learns") {
  const auto decoder = executor::MakeFakeDecoder({{"cell_us", "50"}});
  auto cost = CellCost::Measure(*decoder);
  REQUIRE(cost.ok());
  CHECK(cost->StepUs(1) >= 50);
  CHECK(cost->StepUs(16) > cost->StepUs(4));
  CHECK(cost->StepUs(10) > cost->StepUs(4));
  CHECK(cost->StepUs(64) > cost->StepUs(16));
  const double before = cost->StepUs(4);
  for (int i = 0; i < 1000; ++i) cost->Observe(4, 2 * before);
  CHECK(cost->StepUs(4) > 1.5 * before);
}

}  // namespace
}  // namespace continuo::generate
