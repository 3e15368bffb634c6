// SPDX-License-Identifier: Apache-2.0
// Generation over gRPC, through a real daemon and a real runner; the notes are hashes.
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/history/history.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/generation_call.h"

namespace continuo::test {
namespace {

using Catch::Contains;
using Event = v1::GenerateEvent;
using Service = v1::GenerationService::Stub;

// Takes 2 ms for each of 256 cells of each candidate: 4 s, unless it is ended before.
v1::GenerateRequest Slow(std::uint64_t seed) {
  v1::GenerateRequest request = NotesRequest(seed, "fake-notes-slow");
  request.set_bars(64);
  request.set_candidates(8);
  return request;
}

// The record that a job leaves has the job's id under another letter.
std::string RecordOf(const std::string& job_id) {
  std::string id = job_id;
  id.replace(0, 1, 1, 'r');
  return id;
}

grpc::Status Cancel(const std::shared_ptr<grpc::Channel>& channel, const std::string& id) {
  const auto stub = v1::GenerationService::NewStub(channel);
  v1::CancelJobRequest request;
  request.set_job_id(id);
  v1::CancelJobResponse response;
  return Call(&Service::CancelJob, *stub, request, &response);
}

v1::JobMetrics Figures(const DaemonProcess& daemon) {
  const auto stub = v1::MetricsService::NewStub(daemon.channel());
  v1::GetMetricsResponse response;
  REQUIRE(
      Call(&v1::MetricsService::Stub::GetMetrics, *stub, v1::GetMetricsRequest(), &response).ok());
  return response.jobs();
}

TEST_CASE("Generation: queued, started, partial notes, candidates with scores, done, a record") {
  DaemonProcess daemon;
  v1::GenerateRequest request = NotesRequest(5);
  request.set_candidates(3);
  GenerateCall call(daemon.channel(), request);
  REQUIRE(call.Finish().error_message() == "");
  REQUIRE(call.events.size() >= 6);
  CHECK(call.events[0].has_queued());
  CHECK(call.events[1].has_started());
  const v1::GenerationPlan& plan = call.events[1].started().plan();
  CHECK(plan.model() == "fake-notes");
  CHECK(plan.version() == "1.0.0");
  CHECK(plan.variant() == "fp32");
  CHECK(plan.weights_sha256().size() == 64);
  CHECK_THAT(plan.device(), Contains("cpu"));
  CHECK(plan.cells() == 48);
  CHECK(plan.estimate_ms() > 0);
  CHECK(plan.request().seed() == 5);
  CHECK(call.events[1].started().ticks_per_quarter() == 480);
  CHECK(call.Last(Event::kPartial) != nullptr);
  CHECK(call.Candidates().size() == 3);
  const Event* const candidate = call.Last(Event::kCandidate);
  CHECK(candidate->candidate().quality().score() > 0);
  CHECK(candidate->candidate().quality().log_likelihood() < 0);
  const Event* const done = call.Last(Event::kDone);
  REQUIRE(done == &call.events.back());
  CHECK(done->done().ranking_size() == 3);
  CHECK(done->done().record_id() == RecordOf(call.job_id()));
  for (const Event& event : call.events) CHECK(event.job_id() == call.job_id());
  CHECK(daemon.End(SIGTERM).code == 0);
  history::History history(daemon.directory() + "/data/continuo/history");
  const auto record = history.Get(done->done().record_id());
  REQUIRE(record.status() == absl::OkStatus());
  REQUIRE(record->candidates_size() == 3);
  CHECK(record->candidates(0).midi() == call.Candidates()[0]);
  CHECK(record->plan().request().seed() == 5);
}

TEST_CASE("Generation: a request without a seed gets one, which makes the same again") {
  DaemonProcess daemon({.configuration = "[jobs]\ncache_mib = 0\npredict = false\n"});
  v1::GenerateRequest request = NotesRequest(0);
  request.clear_seed();
  GenerateCall first(daemon.channel(), request);
  REQUIRE(first.Finish().ok());
  const auto seed = first.Last(Event::kStarted)->started().plan().request().seed();
  GenerateCall second(daemon.channel(), NotesRequest(seed));
  REQUIRE(second.Finish().ok());
  CHECK(second.Candidates() == first.Candidates());
  CHECK_FALSE(second.Last(Event::kDone)->done().from_cache());
  GenerateCall other(daemon.channel(), request);
  REQUIRE(other.Finish().ok());
  CHECK(other.Candidates() != first.Candidates());
}

TEST_CASE("Generation: a field out of range, and a model that is none, are refused by name") {
  DaemonProcess daemon;
  v1::GenerateRequest request = NotesRequest(1);
  request.set_bars(65);
  const grpc::Status bars = GenerateCall(daemon.channel(), request).Finish();
  CHECK(bars.error_code() == grpc::INVALID_ARGUMENT);
  CHECK_THAT(bars.error_message(), Contains("bars is 65"));
  CHECK(GenerateCall(daemon.channel(), NotesRequest(1, "none")).Finish().error_code() ==
        grpc::NOT_FOUND);
  CHECK(GenerateCall(daemon.channel(), NotesRequest(1, "fake-gain")).Finish().error_code() ==
        grpc::INVALID_ARGUMENT);
  request = NotesRequest(1);
  request.set_key("H");  // what only the model knows
  const grpc::Status key = GenerateCall(daemon.channel(), request).Finish();
  CHECK(key.error_code() == grpc::INVALID_ARGUMENT);
  CHECK_THAT(key.error_message(), Contains("key is 'H'"));
}

TEST_CASE("Generation: an input larger than a datagram reaches the model whole") {
  DaemonProcess daemon({.configuration = "[jobs]\ncache_mib = 0\npredict = false\n"});
  v1::GenerateRequest request = NotesRequest(3);
  request.set_input(std::string(1 << 20, 'x'));
  GenerateCall large(daemon.channel(), request);
  REQUIRE(large.Finish().error_message() == "");
  request.mutable_input()->back() = 'y';  // the last byte counts too
  GenerateCall changed(daemon.channel(), request);
  REQUIRE(changed.Finish().ok());
  CHECK(large.Candidates() != changed.Candidates());
}

TEST_CASE("Generation: a job is cancelled by its id, by its client, by the end of its time") {
  DaemonProcess daemon;
  GenerateCall by_id(daemon.channel(), Slow(1));
  REQUIRE(by_id.ReadTo(Event::kPartial));
  CHECK(Cancel(daemon.channel(), by_id.job_id()).ok());
  CHECK(by_id.Finish().error_code() == grpc::CANCELLED);
  CHECK(Cancel(daemon.channel(), by_id.job_id()).ok());  // has ended: no error
  CHECK(Cancel(daemon.channel(), "j0").error_code() == grpc::NOT_FOUND);

  GenerateCall by_client(daemon.channel(), Slow(2));
  REQUIRE(by_client.ReadTo(Event::kPartial));
  by_client.Cancel();
  CHECK(by_client.Finish().error_code() == grpc::CANCELLED);
  CHECK(Eventually([&] { return LiveJobs(daemon.channel()) == 0; }));

  GenerateCall late(daemon.channel(), Slow(3), std::chrono::milliseconds(200));
  CHECK(late.Finish().error_code() == grpc::DEADLINE_EXCEEDED);
  CHECK(Eventually([&] { return LiveJobs(daemon.channel()) == 0; }));
  CHECK(Eventually([&] { return Figures(daemon).running() == 0; }));
  CHECK(Figures(daemon).cancelled() == 3);
}

TEST_CASE("Generation: a client that goes takes its job along, a detached job goes on") {
  DaemonProcess daemon;
  std::string detached;
  {
    auto channel = daemon.channel();
    GenerateCall plain(channel, Slow(1));
    v1::GenerateRequest request = NotesRequest(2, "fake-notes-slow");
    request.set_detached(true);
    GenerateCall kept(channel, request);
    REQUIRE(plain.ReadTo(Event::kStarted));
    REQUIRE(kept.ReadTo(Event::kQueued));
    detached = kept.job_id();
    plain.Cancel();
    kept.Cancel();
    static_cast<void>(plain.Finish());
    static_cast<void>(kept.Finish());
  }
  CHECK(Eventually([&] { return LiveJobs(daemon.channel()) == 0; }));
  const auto stub = v1::GenerationService::NewStub(daemon.channel());
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::WatchJobRequest request;
  request.set_job_id(detached);
  const auto reader = stub->WatchJob(&context, request);
  Event event;
  REQUIRE(reader->Read(&event));
  CHECK(event.done().record_id() == RecordOf(detached));
  CHECK(reader->Finish().ok());
}

TEST_CASE("Generation: others may watch a job from here on, and see it in the list") {
  DaemonProcess daemon;
  GenerateCall call(daemon.channel(), Slow(1));
  REQUIRE(call.ReadTo(Event::kPartial));
  const auto jobs = Jobs(daemon.channel());
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].id() == call.job_id());
  CHECK(jobs[0].state() == v1::JOB_STATE_RUNNING);
  CHECK(jobs[0].client() == "pid " + std::to_string(::getpid()));
  const auto stub = v1::GenerationService::NewStub(daemon.channel());
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::WatchJobRequest request;
  request.set_job_id(call.job_id());
  const auto reader = stub->WatchJob(&context, request);
  Event event;
  REQUIRE(reader->Read(&event));
  CHECK(event.has_started());
  context.TryCancel();
  static_cast<void>(reader->Finish());
  CHECK(LiveJobs(daemon.channel()) == 1);  // who watches does not own
  call.Cancel();
  static_cast<void>(call.Finish());
}

TEST_CASE("Generation: a plan makes nothing and says what would be made") {
  DaemonProcess daemon;
  const auto stub = v1::GenerationService::NewStub(daemon.channel());
  v1::GenerationPlan plan;
  REQUIRE(Call(&Service::PlanGeneration, *stub, Slow(9), &plan).error_message() == "");
  CHECK(plan.model() == "fake-notes-slow");
  CHECK(plan.cells() == 8 * 256);
  CHECK(plan.estimate_ms() > 8 * 400);  // cells of 2 ms, as measured when it was loaded
  CHECK(plan.request().seed() == 9);
  CHECK_THAT(plan.notes(0), Contains("hashing"));
  CHECK(Jobs(daemon.channel()).empty());
  v1::GenerateRequest wrong = Slow(9);
  wrong.set_key("H");
  CHECK(Call(&Service::PlanGeneration, *stub, wrong, &plan).error_code() == grpc::INVALID_ARGUMENT);
}

TEST_CASE("Generation: a full queue refuses with its length and when to try again") {
  DaemonProcess daemon({.configuration = "[jobs]\nat_once = 1\nmaximum_queued = 2\n"});
  GenerateCall running(daemon.channel(), Slow(1));
  REQUIRE(running.ReadTo(Event::kStarted));
  GenerateCall waiting(daemon.channel(), Slow(2));
  REQUIRE(waiting.ReadTo(Event::kQueued));
  const grpc::Status refused = GenerateCall(daemon.channel(), Slow(3)).Finish();
  CHECK(refused.error_code() == grpc::RESOURCE_EXHAUSTED);
  CHECK_THAT(refused.error_message(), Contains("1 job, which is its limit; try again in about"));
  CHECK(Figures(daemon).refused() == 1);
  running.Cancel();
  waiting.Cancel();
  static_cast<void>(running.Finish());
  static_cast<void>(waiting.Finish());
}

TEST_CASE("Generation: a runner that is killed is replaced, and its job gives the same bytes") {
  DaemonProcess daemon({.configuration = "[jobs]\ncache_mib = 0\npredict = false\n"});
  v1::GenerateRequest request = NotesRequest(77, "fake-notes-slow");
  request.set_bars(32);
  request.set_candidates(4);
  GenerateCall undisturbed(daemon.channel(), request);
  REQUIRE(undisturbed.Finish().ok());
  GenerateCall disturbed(daemon.channel(), request);
  REQUIRE(disturbed.ReadTo(Event::kPartial));
  REQUIRE(daemon.runners().size() == 1);
  ::kill(daemon.runners()[0], SIGKILL);
  REQUIRE(disturbed.Finish().error_message() == "");
  CHECK(disturbed.Candidates() == undisturbed.Candidates());
  CHECK(Figures(daemon).reruns() == 1);
}

TEST_CASE("Generation: a job that ends its runner each time fails after three, others go on") {
  DaemonProcess daemon({.configuration = "[runner]\nrestart_limit = 20\n"});
  v1::GenerateRequest poison = NotesRequest(1, "fake-notes-abort");
  poison.set_bars(64);
  GenerateCall bad(daemon.channel(), poison);
  GenerateCall good(daemon.channel(), NotesRequest(2));
  const grpc::Status status = bad.Finish();
  CHECK(status.error_code() == grpc::INTERNAL);
  CHECK_THAT(status.error_message(), Contains("3 times") && Contains("signal 6"));
  CHECK(good.Finish().error_message() == "");
}

TEST_CASE("Generation: a model that hangs is ended with its runner") {
  DaemonProcess daemon({.configuration = "[runner]\nhang_timeout_s = 0.3\nrestart_limit = 20\n"});
  v1::GenerateRequest request = NotesRequest(1, "fake-notes-hang");
  request.set_bars(64);
  const grpc::Status status = GenerateCall(daemon.channel(), request).Finish();
  CHECK(status.error_code() == grpc::INTERNAL);
  CHECK_THAT(status.error_message(), Contains("hangs"));
}

TEST_CASE("Generation: acknowledged detached jobs are done after a restart, however it came") {
  const int signal = GENERATE(SIGTERM, SIGKILL);
  DaemonProcess daemon({.configuration = "[jobs]\nat_once = 2\n"});
  std::vector<std::string> acknowledged;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    v1::GenerateRequest request = NotesRequest(seed, "fake-notes-slow");
    request.set_bars(8);
    request.set_detached(true);
    GenerateCall call(daemon.channel(), request);
    REQUIRE(call.ReadTo(Event::kQueued));
    acknowledged.push_back(call.job_id());
    call.Cancel();
    static_cast<void>(call.Finish());
  }
  static_cast<void>(daemon.End(signal));
  daemon.Start();
  CHECK(Eventually([&] { return LiveJobs(daemon.channel()) == 0; }));
  CHECK(daemon.End(SIGTERM).code == 0);
  history::History history(daemon.directory() + "/data/continuo/history");
  for (const std::string& id : acknowledged) {
    CAPTURE(id);
    CHECK(history.Get(RecordOf(id)).status() == absl::OkStatus());
  }
  CHECK(history.ListPending()->empty());
}

TEST_CASE("Generation: the same again is answered from the cache, the next one in advance") {
  DaemonProcess daemon;
  GenerateCall first(daemon.channel(), NotesRequest(1));
  REQUIRE(first.Finish().ok());
  GenerateCall again(daemon.channel(), NotesRequest(1));
  REQUIRE(again.Finish().ok());
  CHECK(again.Last(Event::kDone)->done().from_cache());
  CHECK(again.Candidates() == first.Candidates());
  // Both predictions (the next seed, a variation) are there before long.
  REQUIRE(Eventually([&] { return Figures(daemon).cache_entries() >= 3; }));
  GenerateCall next(daemon.channel(), NotesRequest(2));
  REQUIRE(next.Finish().ok());
  CHECK(next.Last(Event::kDone)->done().from_cache());
  CHECK(Figures(daemon).predictions_used() == 1);
  CHECK(Figures(daemon).saved_ms() > 0);
  DaemonProcess other({.configuration = "[jobs]\ncache_mib = 0\npredict = false\n"});
  GenerateCall fresh(other.channel(), NotesRequest(2));
  REQUIRE(fresh.Finish().ok());
  CHECK(fresh.Candidates() == next.Candidates());
}

TEST_CASE("Generation: every subscriber hears of jobs and records") {
  DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto reader = stub->Subscribe(&context, v1::SubscribeRequest());
  reader->WaitForInitialMetadata();
  GenerateCall call(daemon.channel(), NotesRequest(1));
  REQUIRE(call.Finish().ok());
  std::string told;
  v1::Event event;
  while (told.find('D') == std::string::npos && reader->Read(&event)) {
    if (event.has_record_added()) told += 'r';
    if (!event.has_job_changed()) continue;
    CHECK(event.job_changed().job().id() == call.job_id());
    told += "?qRDcf"[event.job_changed().job().state()];
  }
  CHECK(told == "qRrD");
  context.TryCancel();
  static_cast<void>(reader->Finish());
}

TEST_CASE("Generation: job runners give way: nice 5, no real-time priority, none of the lanes'") {
  DaemonProcess daemon;
  GenerateCall call(daemon.channel(), Slow(1));
  REQUIRE(call.ReadTo(Event::kPartial));
  REQUIRE(daemon.runners().size() == 1);
  const std::string tasks = "/proc/" + std::to_string(daemon.runners()[0]) + "/task";
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const pid_t thread = std::stoi(task.path().filename().string());
    CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(thread)) >= 5);
    CHECK(::sched_getscheduler(thread) == SCHED_OTHER);
    ++threads;
  }
  CHECK(threads >= 2);
  call.Cancel();
  static_cast<void>(call.Finish());
}

}  // namespace
}  // namespace continuo::test
