// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "job_bench.h"
#include "shared/midi/random.h"

namespace continuo::job {
namespace {

using Catch::Contains;

JobSpec Detached(JobSpec spec) {
  spec.request.set_detached(true);
  return spec;
}
JobSpec With(JobSpec spec, v1::JobPriority priority) {
  spec.request.set_priority(priority);
  return spec;
}

TEST_CASE("Board: a job is queued, started, done, and its record is there before it says so") {
  JobBench bench;
  bench.disk_works = false;
  const auto client = bench.Submit(bench.Spec());
  CHECK(client->Words() == "queued");
  bench.FinishOne();
  CHECK(client->Words() == "queued started candidate");
  CHECK(bench.store.records.empty());
  bench.disk_works = true;
  bench.Settle();
  CHECK(client->Words() == "queued started candidate done");
  CHECK(client->status.ok());
  const std::string record_id = client->events.back().done().record_id();
  REQUIRE(bench.store.records.contains(record_id));
  const v1::HistoryRecord& record = bench.store.records[record_id];
  CHECK(record.plan().weights_sha256() == model::kSampleSha256);
  CHECK(record.plan().version() == "1.0.0");
  CHECK(record.candidates(0).midi() == "MThd");
  CHECK(bench.observer.records == std::vector<std::string>{record_id});
}

TEST_CASE("Board: a client that goes takes its job along, from the queue or from work") {
  JobBench bench({.slots = 1, .predict = false});
  const auto first = bench.Submit(bench.Spec());
  const auto second = bench.Submit(bench.Spec());
  bench.board->Leave(second);
  CHECK(bench.board->live() == 1);
  bench.board->Leave(first);
  CHECK(bench.workers.cancelled == std::set<std::string>{first->id()});
  CHECK(bench.board->live() == 0);
  bench.board->OnEnded(bench.TakeFirst(), absl::CancelledError(""), {}, 0);
  CHECK(bench.store.records.empty());
  CHECK(bench.board->Figures().running() == 0);
  CHECK(bench.board->Figures().cancelled() == 2);
}

TEST_CASE("Board: a detached job is acknowledged when it is on the disk, and goes on alone") {
  JobBench bench;
  bench.disk_works = false;
  const auto client = bench.Submit(Detached(bench.Spec()));
  CHECK(client->Words().empty());
  CHECK(bench.workers.ran.empty());
  bench.disk_works = true;
  bench.Settle();
  CHECK(client->Words() == "queued");
  CHECK(bench.store.pending.contains(client->id()));
  bench.board->Leave(client);
  bench.FinishOne();
  CHECK(bench.store.records.size() == 1);
  CHECK(bench.store.pending.empty());
  CHECK_FALSE(client->ended);
}

TEST_CASE("Board: a detached job that cannot be remembered is refused") {
  JobBench bench;
  bench.store.broken = absl::FailedPreconditionError("the disk is full");
  const auto client = bench.Submit(Detached(bench.Spec()));
  bench.Settle();
  CHECK(client->status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(client->status.message()), Contains("the disk is full"));
  CHECK(bench.workers.ran.empty());
}

TEST_CASE("Board: a history that cannot be used keeps nobody from the notes") {
  JobBench bench;
  const auto client = bench.Submit(bench.Spec());
  bench.store.broken = absl::DataLossError("damaged");
  bench.FinishOne();
  CHECK(client->status.ok());
  CHECK(client->events.back().done().record_id().empty());
}

TEST_CASE("Board: a new start takes up the jobs that were acknowledged, under their ids") {
  JobBench bench;
  const auto client = bench.Submit(Detached(bench.Spec()));
  bench.Settle();
  const JobSpec before = bench.workers.ran.front();
  bench.Restart();
  std::size_t known = 0;
  bench.board->TakeUpPending(
      [&](const PendingJob& pending) -> absl::StatusOr<JobSpec> {
        JobSpec spec = bench.Spec();
        spec.id = pending.id;
        spec.request = pending.request;
        return spec;
      },
      [&] { known = bench.board->List().size(); });
  CHECK(known == 0);
  bench.Settle();
  CHECK(known == 1);
  REQUIRE(bench.workers.ran.size() == 1);
  CHECK(bench.workers.ran[0].id == client->id());
  CHECK(bench.workers.ran[0].request.SerializeAsString() == before.request.SerializeAsString());
  bench.FinishOne();
  CHECK(bench.store.records.contains(RecordIdOf(client->id())));
  CHECK(bench.store.pending.empty());
}

TEST_CASE("Board: a job of before whose model is gone is given up, not tried for ever") {
  JobBench bench;
  static_cast<void>(bench.Submit(Detached(bench.Spec())));
  bench.Settle();
  bench.Restart();
  bool told = false;
  bench.board->TakeUpPending(
      [](const PendingJob&) -> absl::StatusOr<JobSpec> { return absl::NotFoundError("gone"); },
      [&] { told = true; });
  bench.Settle();
  CHECK(told);
  CHECK(bench.store.pending.empty());
  CHECK(bench.board->live() == 0);
}

TEST_CASE("Board: a job whose runner ends is run again, with the same seed, twice at most") {
  JobBench bench;
  const auto client = bench.Submit(bench.Spec());
  for (int i = 0; i < 2; ++i) {
    bench.board->OnLost(bench.TakeFirst(), "signal 9");
    CHECK_FALSE(client->ended);
  }
  REQUIRE(bench.workers.ran.size() == 3);
  CHECK(bench.workers.ran[2].request.seed() == bench.workers.ran[0].request.seed());
  bench.board->OnLost(bench.TakeFirst(), "signal 9");
  CHECK(client->status.code() == absl::StatusCode::kInternal);
  CHECK_THAT(std::string(client->status.message()), Contains("3 times") && Contains("signal 9"));
  CHECK(bench.board->Figures().reruns() == 2);
}

TEST_CASE("Board: jobs that may have ended a runner are not run again together") {
  JobBench bench;
  for (int i = 0; i < 3; ++i) static_cast<void>(bench.Submit(bench.Spec(std::to_string(i))));
  REQUIRE(bench.workers.at_work.size() == 3);
  for (int i = 0; i < 3; ++i) bench.board->OnLost(bench.TakeFirst(), "signal 6");
  CHECK(bench.workers.at_work.size() == 1);
  bench.FinishOne();
  CHECK(bench.workers.at_work.size() == 1);
}

TEST_CASE("Board: batch jobs at work take no place from an interactive one") {
  JobBench bench({.slots = 1, .predict = false});
  static_cast<void>(bench.Submit(With(bench.Spec(), v1::JOB_PRIORITY_BATCH)));
  static_cast<void>(bench.Submit(With(bench.Spec(), v1::JOB_PRIORITY_BATCH)));
  CHECK(bench.workers.at_work.size() == 1);
  static_cast<void>(bench.Submit(bench.Spec()));
  CHECK(bench.workers.at_work.size() == 2);
  static_cast<void>(bench.Submit(bench.Spec()));
  CHECK(bench.workers.at_work.size() == 2);
}

TEST_CASE("Board: a full queue refuses, and counts it") {
  JobBench bench({.limits = {2, 2}, .slots = 1, .predict = false});
  for (int i = 0; i < 3; ++i) static_cast<void>(bench.Submit(bench.Spec()));
  const auto refused = bench.Submit(bench.Spec());
  CHECK(refused->status.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(refused->status.message()), Contains("2 jobs") && Contains("try again"));
  CHECK(bench.board->Figures().refused() == 1);
  CHECK(bench.board->live() == 3);
}

TEST_CASE("Board: the same request again is answered from the cache, with a record of its own") {
  JobBench bench;
  const JobSpec spec = bench.Spec();
  const auto first = bench.Submit(spec);
  bench.FinishOne("notes");
  const auto second = bench.Submit(spec);
  bench.Settle();
  CHECK(bench.workers.ran.size() == 1);
  CHECK(second->Words() == "started candidate done");
  CHECK(second->events.back().done().from_cache());
  CHECK(second->events[1].candidate().midi() == "notes");
  CHECK(bench.store.records.size() == 2);
  CHECK(bench.board->Figures().cache_hits() == 1);
}

TEST_CASE("Board: what is asked for anew comes from no cache") {
  JobBench bench;
  JobSpec spec = bench.Spec();
  static_cast<void>(bench.Submit(spec));
  bench.FinishOne("notes");
  spec.request.set_fresh(true);
  const auto client = bench.Submit(spec);
  bench.FinishOne("notes");
  CHECK(bench.workers.ran.size() == 2);
  CHECK(client->Words() == "queued started candidate done");
  CHECK_FALSE(client->events.back().done().from_cache());
  CHECK(bench.store.records.size() == 2);
}

TEST_CASE("Board: what is likely next is made when nothing else is to be done, and used") {
  JobBench bench({.predict = true});
  JobSpec open = bench.Spec();
  open.request.clear_seed();
  const auto first = bench.Submit(open);
  bench.FinishOne();
  REQUIRE(bench.workers.ran.size() == 2);
  CHECK(bench.workers.ran[1].request.priority() == v1::JOB_PRIORITY_SPECULATIVE);
  CHECK(bench.workers.ran[1].request.seed() == bench.workers.ran[0].request.seed() + 1);
  bench.FinishOne("next");
  CHECK(bench.store.records.size() == 1);  // nobody has asked for it
  const auto second = bench.Submit(open);
  bench.Settle();
  CHECK(second->events.back().done().from_cache());
  CHECK(second->events[1].candidate().midi() == "next");
  CHECK(bench.board->Figures().predictions_used() == 1);
  CHECK(bench.store.records.size() == 2);
}

TEST_CASE("Board: a prediction gives way at once") {
  JobBench bench({.predict = true});
  static_cast<void>(bench.Submit(bench.Spec()));
  bench.FinishOne();
  const std::string prediction = bench.workers.at_work.front().id;
  static_cast<void>(bench.Submit(bench.Spec()));
  CHECK(bench.workers.cancelled.contains(prediction));
  CHECK(bench.board->Figures().predictions_dropped() == 1);
  CHECK(bench.workers.at_work.size() == 2);  // that one is on its way out
  bench.board->OnEnded(prediction, absl::CancelledError(""), {}, 0);
  CHECK(bench.observer.states.count(prediction) == 0);
}

TEST_CASE("Board: a client's own job of the lowest priority is a job like others") {
  JobBench bench({.slots = 1, .predict = true});
  const auto client = bench.Submit(With(bench.Spec(), v1::JOB_PRIORITY_SPECULATIVE));
  static_cast<void>(bench.Submit(bench.Spec()));
  CHECK(bench.workers.cancelled.empty());
  bench.FinishOne();
  CHECK(client->Words() == "queued started candidate done");
}

TEST_CASE("Board: who watches hears how it stands, then what comes, also of one that has ended") {
  JobBench bench;
  const auto client = bench.Submit(bench.Spec());
  const auto queued = std::make_shared<FakeListener>();
  bench.board->Watch(client->id(), queued);
  bench.FinishOne();
  CHECK(queued->Words() == "queued started candidate done");
  const auto late = std::make_shared<FakeListener>();
  bench.board->Watch(client->id(), late);
  CHECK(late->Words() == "done");
  CHECK(late->status.ok());
  const auto lost = std::make_shared<FakeListener>();
  bench.board->Watch("j0", lost);
  CHECK(lost->status.code() == absl::StatusCode::kNotFound);
}

TEST_CASE("Board: stopping ends all who listen, and forgets no detached job") {
  JobBench bench;
  const auto plain = bench.Submit(bench.Spec());
  const auto detached = bench.Submit(Detached(bench.Spec()));
  bench.Settle();
  bench.board->Stop();
  CHECK(plain->status.code() == absl::StatusCode::kUnavailable);
  CHECK(detached->status.code() == absl::StatusCode::kUnavailable);
  CHECK(bench.store.pending.size() == 1);
  CHECK(bench.Submit(bench.Spec())->status.code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("Board: cancelling says when a detached job is forgotten, one that has ended is none") {
  JobBench bench;
  const auto client = bench.Submit(Detached(bench.Spec()));
  bench.Settle();
  bench.disk_works = false;
  bool replied = false;
  bench.board->Cancel(client->id(), [&](const absl::Status& status) { replied = status.ok(); });
  CHECK(client->status.code() == absl::StatusCode::kCancelled);
  CHECK_FALSE(replied);
  bench.disk_works = true;
  bench.Settle();
  CHECK(replied);
  CHECK(bench.store.pending.empty());
  bench.board->OnEnded(bench.TakeFirst(), absl::CancelledError(""), {}, 0);
  absl::Status again = absl::UnknownError("");
  bench.board->Cancel(client->id(), [&](const absl::Status& status) { again = status; });
  CHECK(again.ok());
  bench.board->Cancel("j0", [&](const absl::Status& status) { again = status; });
  CHECK(again.code() == absl::StatusCode::kNotFound);
}

TEST_CASE("Board: no listener hears of anything after its end, whatever happens in what order") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    midi::Random random(seed);
    JobBench bench({.limits = {8, 8}, .slots = 2, .predict = true});
    std::vector<std::shared_ptr<FakeListener>> clients;
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t what = random.Next() % 8;
      if (what < 3) {
        JobSpec spec = bench.Spec(std::to_string(random.Next() % 3));
        spec.request.set_detached(random.Next() % 3 == 0);
        clients.push_back(bench.Submit(spec));
      } else if (what == 3 && !clients.empty()) {
        bench.board->Leave(clients[random.Next() % clients.size()]);
      } else if (what == 4 && !clients.empty()) {
        bench.board->Cancel(clients[random.Next() % clients.size()]->id(), [](auto) {});
      } else if (what == 5 && !bench.workers.at_work.empty()) {
        bench.board->OnLost(bench.TakeFirst(), "signal 9");
      } else if (!bench.workers.at_work.empty()) {
        bench.FinishOne();
      }
      bench.disk_works = random.Next() % 2 == 0;
      bench.Settle();
    }
    bench.disk_works = true;
    bench.Settle();
    while (!bench.workers.at_work.empty()) bench.FinishOne();
    CAPTURE(seed);
    CHECK(bench.board->live() == 0);
    CHECK(bench.board->Figures().running() == 0);
    CHECK(bench.board->Figures().queued() == 0);
    CHECK(bench.store.pending.empty());
    for (const auto& client : clients) CHECK_FALSE(client->told_after_end);
  }
}

}  // namespace
}  // namespace continuo::job
