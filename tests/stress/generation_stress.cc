// SPDX-License-Identifier: Apache-2.0
// Jobs that are cancelled at random points, a thousand times: nothing is left of them in the
// daemon or in its runner, neither jobs nor descriptors nor memory.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/base/process_memory.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/generation_call.h"

namespace continuo::test {
namespace {

constexpr int kRounds = 1000;

std::size_t Descriptors(pid_t pid) {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd", error);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

v1::JobMetrics Figures(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::MetricsService::NewStub(channel);
  v1::GetMetricsResponse response;
  static_cast<void>(
      Call(&v1::MetricsService::Stub::GetMetrics, *stub, v1::GetMetricsRequest(), &response));
  return response.jobs();
}

TEST_CASE("Stress: jobs cancelled at a thousand random points leave nothing") {
  DaemonProcess daemon({.configuration = "[jobs]\nat_once = 8\nthreads = 2\n"});
  const auto channel = daemon.channel();
  const auto stub = v1::GenerationService::NewStub(channel);
  std::mt19937 random(1);
  const auto round = [&](std::uint64_t seed) {
    v1::GenerateRequest request = NotesRequest(seed, "fake-notes-slow");
    request.set_bars(1 + random() % 8);
    request.set_candidates(1 + random() % 4);
    request.set_detached(random() % 4 == 0);
    request.set_priority(random() % 3 == 0 ? v1::JOB_PRIORITY_BATCH : v1::JOB_PRIORITY_INTERACTIVE);
    if (random() % 8 == 0) request.set_input(std::string(300'000, 'x'));
    GenerateCall call(channel, request);
    // Before it is queued, between, and after it is done.
    const std::uint64_t until = random() % 4;
    if (until > 0) static_cast<void>(call.ReadTo(v1::GenerateEvent::kQueued));
    if (until > 1) static_cast<void>(call.ReadTo(v1::GenerateEvent::kStarted));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    if (random() % 2 == 0 && !call.job_id().empty()) {
      v1::CancelJobRequest cancel;
      cancel.set_job_id(call.job_id());
      v1::CancelJobResponse response;
      CHECK(Call(&v1::GenerationService::Stub::CancelJob, *stub, cancel, &response).ok());
    } else {
      call.Cancel();
    }
    const grpc::StatusCode code = call.Finish().error_code();
    CHECK((code == grpc::CANCELLED || code == grpc::OK));
  };
  const auto settled = [&] {
    return Eventually(
        [&] {
          return LiveJobs(channel) == 0 && Figures(channel).running() == 0 &&
                 Figures(channel).queued() == 0;
        },
        60);
  };
  // The first hundred fill caches, pools and arenas.
  std::uint64_t seed = 0;
  for (; seed < kRounds / 10; ++seed) round(seed);
  REQUIRE(settled());
  REQUIRE(daemon.runners().size() == 1);
  const pid_t runner = daemon.runners()[0];
  const std::size_t daemon_descriptors = Descriptors(daemon.pid());
  const std::size_t runner_descriptors = Descriptors(runner);
  const auto daemon_memory = base::ReadProcessMemory(daemon.pid()).resident_bytes;
  const auto runner_memory = base::ReadProcessMemory(runner).resident_bytes;
  for (; seed < kRounds; ++seed) round(seed);
  REQUIRE(settled());
  CHECK(daemon.runners() == std::vector<pid_t>{runner});
  // SQLite and gRPC may hold one or the other for the moment.
  CHECK(Descriptors(daemon.pid()) <= daemon_descriptors + 2);
  CHECK(Descriptors(runner) == runner_descriptors);
  // 900 rounds that leaked 16 KiB each would be above that; the cache has its own bound.
  const std::uint64_t cache = Figures(channel).cache_bytes();
  CHECK(base::ReadProcessMemory(daemon.pid()).resident_bytes <
        daemon_memory + cache + (std::uint64_t{12} << 20));
  CHECK(base::ReadProcessMemory(runner).resident_bytes < runner_memory + (std::uint64_t{12} << 20));
}

}  // namespace
}  // namespace continuo::test
