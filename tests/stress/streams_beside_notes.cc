// SPDX-License-Identifier: Apache-2.0
// Whether real-time streams miss more while notes are made at full load.
//
//   streams_beside_notes --streams 4 --seconds 20 --rounds 4
//
// In turns, so that what else the machine does counts for all: streams alone, the same streams
// beside a shell that counts at the jobs' nice value, and beside as many jobs as the runner takes,
// which compute without a pause. What the shell costs is the machine's: a kernel that is not
// preemptible, a hypervisor that takes a busy processor away. Told, not judged.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/generation_call.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 256, kRateHz = 48000;

struct Options {
  int streams = 4;
  double seconds = 20;
  int rounds = 4;
  int clients = 8;
  int priority = 0;  // of the host's thread
};

struct Count {
  std::uint64_t blocks = 0, missed = 0, late_host = 0;
};

// Nothing but work, in a process of its own.
class Loop {
 public:
  Loop() {
    const char* const arguments[] = {"nice", "-n", "5", "sh", "-c", "while :; do :; done", nullptr};
    if (posix_spawnp(&pid_, "nice", nullptr, nullptr, const_cast<char* const*>(arguments),
                     environ) != 0) {
      throw std::runtime_error("nice: cannot be started");
    }
  }
  ~Loop() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

 private:
  pid_t pid_ = -1;
};

// Plays all streams in each period, for so long.
Count Play(const std::vector<std::unique_ptr<client::Stream>>& streams, const Options& options) {
  Count count;
  const auto missed = [&] {
    std::uint64_t sum = 0;
    for (const auto& stream : streams) sum += stream->snapshot().missed;
    return sum;
  };
  const std::uint64_t before = missed();
  std::thread host([&] {
    sched_param parameter{};
    parameter.sched_priority = options.priority;
    if (options.priority > 0) pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
    using Clock = std::chrono::steady_clock;
    const auto period = std::chrono::nanoseconds(std::uint64_t{1'000'000'000} * kFrames / kRateHz);
    std::vector<float> in(kFrames), left(kFrames), right(kFrames);
    for (std::uint32_t i = 0; i < kFrames; ++i)
      in[i] = 0.2F * std::sin(0.02F * static_cast<float>(i));
    const float* const from[] = {in.data(), in.data()};
    float* const to[] = {left.data(), right.data()};
    auto due = Clock::now();
    const auto end = due + std::chrono::duration<double>(options.seconds);
    while (Clock::now() < end) {
      for (const auto& stream : streams) stream->Process(from, to, kFrames, {});
      count.blocks += streams.size();
      due += period;
      if (Clock::now() > due + period) {
        ++count.late_host;
        due = Clock::now();
      }
      std::this_thread::sleep_until(due);
    }
  });
  host.join();
  count.missed = missed() - before;
  return count;
}

void Run(const Options& options) {
  DaemonProcess daemon({.configuration = "[jobs]\nat_once = 16\npredict = false\n"});
  std::vector<std::unique_ptr<client::Stream>> streams;
  for (int i = 0; i < options.streams; ++i) {
    client::StreamConfig config;
    config.model_id = "fake-gain";
    config.sample_rate_hz = kRateHz;
    config.maximum_block_frames = kFrames;
    config.socket_path = daemon.socket_path();
    config.autostart = false;
    config.client_name = "streams";
    streams.push_back(std::make_unique<client::Stream>(config));
  }
  static_cast<void>(Play(streams, options));  // until all are there
  constexpr const char* kNames[] = {"alone", "beside a loop", "beside notes"};
  Count sums[3];
  for (int round = 0; round < 3 * options.rounds; ++round) {
    const int kind = round % 3;
    const bool busy = kind == 2;
    std::optional<Loop> loop;
    if (kind == 1) loop.emplace();
    std::atomic<bool> stop{false};
    std::atomic<int> made{0};
    std::vector<std::thread> clients;
    for (int i = 0; busy && i < options.clients; ++i) {
      clients.emplace_back([&, i] {
        for (std::uint64_t seed = 0; !stop; ++seed) {
          v1::GenerateRequest request =
              NotesRequest(seed * 100 + static_cast<std::uint64_t>(i), "fake-notes-slow");
          request.set_bars(2);
          request.set_candidates(4);
          GenerateCall call(daemon.channel(), request);
          if (call.Finish().ok()) ++made;
        }
      });
    }
    const Count count = Play(streams, options);
    stop = true;
    for (std::thread& client : clients) client.join();
    sums[kind].blocks += count.blocks;
    sums[kind].missed += count.missed;
    sums[kind].late_host += count.late_host;
    std::printf("%-13s: %llu blocks, %llu missed, host late %llu times, %d jobs done\n",
                kNames[kind], static_cast<unsigned long long>(count.blocks),
                static_cast<unsigned long long>(count.missed),
                static_cast<unsigned long long>(count.late_host), made.load());
    std::fflush(stdout);
  }
  for (int kind = 0; kind < 3; ++kind) {
    std::printf("all, %-13s: %llu of %llu blocks missed, host late %llu times\n", kNames[kind],
                static_cast<unsigned long long>(sums[kind].missed),
                static_cast<unsigned long long>(sums[kind].blocks),
                static_cast<unsigned long long>(sums[kind].late_host));
  }
}

}  // namespace
}  // namespace continuo::test

int main(int argc, char** argv) {
  continuo::test::Options options;
  CLI::App app("Misses of real-time streams with and without generation beside them");
  app.add_option("--streams", options.streams);
  app.add_option("--seconds", options.seconds);
  app.add_option("--rounds", options.rounds);
  app.add_option("--clients", options.clients);
  app.add_option("--priority", options.priority);
  CLI11_PARSE(app, argc, argv);
  continuo::test::Run(options);
  return 0;
}
