// SPDX-License-Identifier: Apache-2.0
// Many clients with many detached jobs, and daemons that are killed meanwhile: every job that
// was acknowledged is in the history at the end.
//
//   jobs_storm --jobs 10000 --clients 16 --kills 3
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/history/history.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/generation_call.h"

namespace continuo::test {
namespace {

struct Options {
  int jobs = 10'000;
  int clients = 16;
  int kills = 2;
};

class Storm {
 public:
  explicit Storm(Options options)
      : options_(options),
        daemon_({.configuration = "[jobs]\nat_once = 16\nmaximum_queued = 4096\n"}) {}

  bool Run() {
    std::vector<std::thread> clients;
    for (int i = 0; i < options_.clients; ++i) {
      clients.emplace_back([this] { Client(); });
    }
    for (int kill = 1; kill <= options_.kills; ++kill) {
      while (acknowledged_count_ < kill * options_.jobs / (options_.kills + 1)) SleepBriefly();
      static_cast<void>(daemon_.End(SIGKILL));
      daemon_.Start();
      std::printf("killed and started again after %d acknowledged\n", acknowledged_count_.load());
    }
    for (std::thread& client : clients) client.join();
    const double begin = NowSeconds();
    while (LiveJobs(daemon_.channel()) > 0) SleepBriefly();
    std::printf("the rest was done after %.1f s\n", NowSeconds() - begin);
    static_cast<void>(daemon_.End(SIGTERM));
    return Check();
  }

 private:
  // Asks until as many are acknowledged as there are to be; one that was not is asked for again.
  void Client() {
    auto channel = daemon_.channel();
    for (;;) {
      const int number = next_++;
      if (number >= options_.jobs) return;
      v1::GenerateRequest request = NotesRequest(static_cast<std::uint64_t>(number));
      request.set_bars(1 + static_cast<std::uint32_t>(number % 4));
      request.set_detached(true);
      request.set_priority(number % 2 == 0 ? v1::JOB_PRIORITY_BATCH : v1::JOB_PRIORITY_INTERACTIVE);
      for (;;) {
        GenerateCall call(channel, request);
        // One that was asked for before, and was done unheard, is answered from the cache.
        if (call.ReadTo(v1::GenerateEvent::kQueued) ||
            call.Last(v1::GenerateEvent::kDone) != nullptr) {
          const std::lock_guard lock(mutex_);
          acknowledged_[call.job_id()] = request.seed();
          ++acknowledged_count_;
          call.Cancel();
          break;
        }
        // Refused, or the daemon was gone.
        static_cast<void>(call.Finish());
        ++again_;
        SleepBriefly();
      }
    }
  }

  bool Check() {
    history::History history(daemon_.directory() + "/data/continuo/history");
    int missing = 0;
    int wrong = 0;
    for (const auto& [id, seed] : acknowledged_) {
      const auto record = history.Get("r" + id.substr(1));
      if (!record.ok()) {
        ++missing;
        std::printf("%s: %s\n", id.c_str(), record.status().ToString().c_str());
      } else if (record->plan().request().seed() != seed || record->candidates_size() != 1) {
        ++wrong;
      }
    }
    const auto pending = history.ListPending();
    const std::size_t left = pending.ok() ? pending->size() : 999'999;
    std::printf("%zu acknowledged, %d missing, %d wrong, %zu left pending, %d asked again\n",
                acknowledged_.size(), missing, wrong, left, again_.load());
    return missing == 0 && wrong == 0 && left == 0 &&
           acknowledged_.size() == static_cast<std::size_t>(options_.jobs);
  }

  const Options options_;
  DaemonProcess daemon_;
  std::atomic<int> next_{0};
  std::atomic<int> again_{0};
  std::atomic<int> acknowledged_count_{0};
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> acknowledged_;
};

}  // namespace
}  // namespace continuo::test

int main(int argc, char** argv) {
  continuo::test::Options options;
  CLI::App app("Clients with detached jobs, daemons that are killed, nothing lost");
  app.add_option("--jobs", options.jobs);
  app.add_option("--clients", options.clients);
  app.add_option("--kills", options.kills);
  CLI11_PARSE(app, argc, argv);
  const double begin = continuo::test::NowSeconds();
  const bool good = continuo::test::Storm(options).Run();
  std::printf("%s after %.1f s\n", good ? "good" : "BAD", continuo::test::NowSeconds() - begin);
  return good ? 0 : 1;
}
