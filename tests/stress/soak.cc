// SPDX-License-Identifier: Apache-2.0
// Streams that play for a long time while runners are killed and models come and go.
//
//   soak --seconds 1800            # by hand; 20 s in the tests
//
// Eight streams of three models, each model in a runner of its own, are played by two callback
// threads in real time, 256 frames at 48 kHz. Meanwhile, at random: a runner is killed, a model
// is loaded, unloaded, a ninth stream is opened or closed.
// Told: misses, apart for streams whose runner was killed, until kExcuseSeconds after they have
// another; apart, too, those near a moment in which a core of the machine stood still (a witness on
// each core, above all other threads, saw it); of the rest when they were, and what had been done
// before; memory of the daemon and of this process, at the beginning and at the end, looked at
// while all eight streams are connected and the ninth is not there: it takes memory of its own;
// descriptors, segments.
// Fails where a stream is not back at the end, or segments or descriptors are left. Misses are
// told and not judged: they depend on the machine as well.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/process_memory.h"
#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"
#include "tests/stress/machine_witness.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 256, kRateHz = 48000, kHosts = 2;
constexpr double kExcuseSeconds = 2.0;
constexpr std::array kModels = {"fake-gain", "fake-delay", "drive"};

client::StreamConfig ConfigOf(const DaemonProcess& daemon, const std::string& model) {
  client::StreamConfig config;
  config.model_id = model;
  config.sample_rate_hz = kRateHz;
  config.maximum_block_frames = kFrames;
  config.socket_path = daemon.socket_path();
  config.autostart = false;
  config.client_name = "soak";
  return config;
}

// One host: a thread that plays its streams in each period.
class Host {
 public:
  Host(std::vector<client::Stream*> streams, int priority) : streams_(std::move(streams)) {
    thread_ = std::thread([this, priority] { Run(priority); });
  }
  ~Host() {
    stop_ = true;
    thread_.join();
  }
  // Periods that began when they should have been over: the machine's fault.
  [[nodiscard]] std::uint64_t late() const { return late_; }

 private:
  void Run(int priority) {
    sched_param parameter{};
    parameter.sched_priority = priority;
    if (priority > 0) pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
    using Clock = std::chrono::steady_clock;
    const auto period = std::chrono::nanoseconds(std::uint64_t{1'000'000'000} * kFrames / kRateHz);
    std::vector<float> in(kFrames), left(kFrames), right(kFrames);
    const float* const from[] = {in.data(), in.data()};
    float* const to[] = {left.data(), right.data()};
    auto due = Clock::now();
    for (std::uint64_t block = 0; !stop_; ++block) {
      for (std::uint32_t i = 0; i < kFrames; ++i) {
        in[i] = 0.25F * std::sin(static_cast<float>(block * kFrames + i) * 0.02F);
      }
      for (client::Stream* stream : streams_) stream->Process(from, to, kFrames, {});
      due += period;
      if (Clock::now() > due + period) {
        ++late_;
        due = Clock::now();
      }
      std::this_thread::sleep_until(due);
    }
  }

  const std::vector<client::Stream*> streams_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> late_{0};
  std::thread thread_;
};

// A stream under watch: which of its misses had a reason.
struct Watched {
  std::unique_ptr<client::Stream> stream;
  std::uint64_t missed = 0, excused = 0, stalled = 0, unexcused = 0;
  double excused_until = 0;
  std::atomic<pid_t> killed = 0;  // of its runners the last one that was

  // The misses since the last look that nothing excuses.
  std::uint64_t Look(double now, bool machine_stood_still) {
    const client::Snapshot snapshot = stream->snapshot();
    // A daemon that waits for a processor tells of the death late, too.
    if (snapshot.connection != client::Connection::kConnected || snapshot.runner_pid == killed) {
      excused_until = now + kExcuseSeconds;
    }
    const std::uint64_t more = snapshot.missed - missed;
    missed = snapshot.missed;
    if (now < excused_until) {
      excused += more;
      return 0;
    }
    (machine_stood_still ? stalled : unexcused) += more;
    return machine_stood_still ? 0 : more;
  }
};

std::size_t Descriptors(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Resident memory in MB, at moments that can be compared; what it has grown by from the first tenth
// (after the first twentieth, in which everything is used for the first time) to the last.
class MemoryTrack {
 public:
  void Add(pid_t pid) {
    values_.push_back(static_cast<double>(base::ReadProcessMemory(pid).resident_bytes) / 1e6);
  }
  [[nodiscard]] std::string Words() const {
    if (values_.size() < 20) return "too short a run to tell";
    const long count = static_cast<long>(values_.size());
    const double first = Median({values_.begin() + count / 20, values_.begin() + count / 20 * 3});
    const double last = Median({values_.end() - count / 10, values_.end()});
    return fmt::format("{:.2f} MB, at the end {:.2f} MB ({:+.2f} %)", first, last,
                       100 * (last - first) / first);
  }

 private:
  std::vector<double> values_;
};

// What befalls the daemon.
class Fate {
 public:
  Fate(const DaemonProcess& daemon, std::uint32_t seed)
      : daemon_(daemon), random_(seed), models_(v1::ModelService::NewStub(daemon.channel())) {}

  void Strike(std::vector<Watched>& streams) {
    last_seconds_ = NowSeconds();
    switch (random_() % 4) {
      case 0:
        last_ = "a runner was killed";
        KillRunner(streams);
        break;
      case 1: {
        last_ = "a model was loaded";
        v1::LoadModelRequest request;
        request.set_id(AnyModel());
        request.set_sample_rate_hz(44100);
        v1::LoadModelResponse response;
        ++(Call(&v1::ModelService::Stub::LoadModel, *models_, request, &response).ok() ? loads
                                                                                       : refusals);
        break;
      }
      case 2: {
        last_ = "a model was unloaded";
        v1::UnloadModelRequest request;
        request.set_id(AnyModel());
        v1::UnloadModelResponse response;
        // A model that plays is not unloaded: that too has to hold.
        ++(Call(&v1::ModelService::Stub::UnloadModel, *models_, request, &response).ok()
               ? unloads
               : refusals);
        break;
      }
      default:
        last_ = ninth_ ? "a stream was closed" : "a stream was opened";
        if (ninth_) {
          ninth_.reset();
          closed_seconds_ = NowSeconds();
        } else {
          closed_seconds_ = std::numeric_limits<double>::infinity();
          ninth_ = std::make_unique<client::Stream>(ConfigOf(daemon_, AnyModel()));
          static_cast<void>(ninth_->WaitUntilSettled(1));
        }
        ++ninths;
    }
  }
  // What was done last.
  [[nodiscard]] const char* last() const { return last_; }
  [[nodiscard]] double last_seconds() const { return last_seconds_; }
  [[nodiscard]] double NextPauseSeconds() {
    return std::clamp(std::exponential_distribution<double>(0.5)(random_), 0.1, 8.0);
  }

  // Since when the ninth stream is closed.
  [[nodiscard]] double closed_seconds() const { return closed_seconds_; }

  std::uint32_t kills = 0, loads = 0, unloads = 0, refusals = 0, ninths = 0;

 private:
  std::string AnyModel() { return kModels[random_() % kModels.size()]; }
  void KillRunner(std::vector<Watched>& streams) {
    const std::vector<pid_t> runners = daemon_.runners();
    if (runners.empty()) return;
    const pid_t pid = runners[random_() % runners.size()];
    for (Watched& watched : streams) {
      if (watched.stream->snapshot().runner_pid == pid) watched.killed = pid;
    }
    ::kill(pid, SIGKILL);
    ++kills;
  }

  const DaemonProcess& daemon_;
  std::mt19937 random_;
  std::atomic<const char*> last_ = "nothing";
  std::atomic<double> last_seconds_ = NowSeconds();
  std::atomic<double> closed_seconds_ = NowSeconds();
  std::unique_ptr<v1::ModelService::Stub> models_;
  std::unique_ptr<client::Stream> ninth_;
};

bool AllConnected(const std::vector<Watched>& streams) {
  return std::all_of(streams.begin(), streams.end(), [](const Watched& watched) {
    return watched.stream->snapshot().connection == client::Connection::kConnected;
  });
}

// None has lost its runner, or not for long had one again.
bool AllSettled(const std::vector<Watched>& streams, double now) {
  return std::all_of(streams.begin(), streams.end(),
                     [now](const Watched& watched) { return now >= watched.excused_until; });
}

int Run(double seconds, std::uint32_t seed, int priority) {
  DaemonOptions options;
  options.configuration =
      "[runner]\nisolation = \"model\"\nrestart_limit = 100\n[memory]\nkeep_alive = \"5 s\"\n";
  options.environment["CONTINUO_MODEL_PATH"] = CONTINUO_SOAK_MODELS;
  DaemonProcess daemon(options);
  std::vector<Watched> streams(8);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    client::StreamConfig config = ConfigOf(daemon, kModels[i % kModels.size()]);
    // Half of them wait for their result, half take the one before.
    config.mode = i % 2 == 0 ? client::Mode::kDirect : client::Mode::kPipelined;
    streams[i].stream = std::make_unique<client::Stream>(config);
  }
  for (Watched& watched : streams) {
    if (!watched.stream->WaitUntilSettled(30)) throw std::runtime_error("a stream did not open");
  }
  const std::size_t descriptors = Descriptors(daemon.pid());
  std::vector<std::unique_ptr<Host>> hosts;
  for (std::uint32_t h = 0; h < kHosts; ++h) {
    std::vector<client::Stream*> own;
    for (std::size_t i = h; i < streams.size(); i += kHosts) own.push_back(streams[i].stream.get());
    hosts.push_back(std::make_unique<Host>(own, priority));
  }

  const double start = NowSeconds();
  for (Watched& watched : streams) watched.excused_until = start + 1.0;
  MemoryTrack daemon_memory, own_memory;
  const MachineWitness witness;
  std::uint64_t looks = 0, looks_near_stall = 0;
  bool all_back = false;
  {
    Fate fate(daemon, seed);
    // On a thread of its own: a call to the daemon takes its time, and nobody would look.
    std::atomic<bool> ends{false};
    std::thread striking([&] {
      for (double at = start + 1.0; !ends;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (NowSeconds() < at) continue;
        fate.Strike(streams);
        at = NowSeconds() + fate.NextPauseSeconds();
      }
    });
    double measure_at = start, looked_at = start;
    for (double now = start; now < start + seconds; now = NowSeconds()) {
      const bool stood_still = witness.Saw(std::exchange(looked_at, now), now);
      ++looks;
      looks_near_stall += stood_still ? 1 : 0;
      for (std::size_t i = 0; i < streams.size(); ++i) {
        const std::uint64_t missed = streams[i].Look(now, stood_still);
        if (missed == 0) continue;
        fmt::print("{:.2f} s: stream {} ({}, {}) missed {}, {:.2f} s after {}\n", now - start, i,
                   kModels[i % kModels.size()], i % 2 == 0 ? "direct" : "pipelined", missed,
                   NowSeconds() - fate.last_seconds(), fate.last());
        std::fflush(stdout);
      }
      if (now >= measure_at && now > fate.closed_seconds() + kExcuseSeconds &&
          AllSettled(streams, now)) {
        daemon_memory.Add(daemon.pid());
        own_memory.Add(getpid());
        measure_at = now + std::min(1.0, seconds / 40);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ends = true;
    striking.join();
    all_back = Eventually([&] { return AllConnected(streams); });
    fmt::print(
        "{:.0f} s, seed {}: {} runners killed, {} models loaded, {} unloaded, {} refused, "
        "{} streams opened or closed\n",
        seconds, seed, fate.kills, fate.loads, fate.unloads, fate.refusals, fate.ninths);
  }
  std::uint64_t late = 0, blocks = 0, excused = 0, stalled = 0, unexcused = 0;
  for (const auto& host : hosts) late += host->late();
  for (const Watched& watched : streams) {
    blocks += watched.stream->snapshot().blocks;
    excused += watched.excused;
    stalled += watched.stalled;
    unexcused += watched.unexcused;
  }
  fmt::print(
      "blocks {}, missed around kills {}, where the machine stood still {}, otherwise {}; "
      "callbacks begun late {}\n",
      blocks, excused, stalled, unexcused, late);
  fmt::print("{}; {:.1f} % of the time counts as near that\n", witness.Words(),
             100.0 * static_cast<double>(looks_near_stall) / static_cast<double>(looks));
  fmt::print("daemon {}\nclient {}\n", daemon_memory.Words(), own_memory.Words());
  hosts.clear();
  const bool descriptors_back =
      Eventually([&] { return Descriptors(daemon.pid()) <= descriptors; });
  fmt::print("descriptors {} then, {} now\n", descriptors, Descriptors(daemon.pid()));
  streams.clear();
  const bool segments_gone = Eventually([&] { return daemon.segments().empty(); }, 5);
  if (!all_back) fmt::print("FAILED: a stream did not come back\n{}\n", daemon.log());
  if (!descriptors_back) fmt::print("FAILED: descriptors are left open\n");
  if (!segments_gone) fmt::print("FAILED: segments are left in /dev/shm\n");
  return all_back && descriptors_back && segments_gone ? 0 : 1;
}

}  // namespace
}  // namespace continuo::test

int main(int argc, char** argv) {
  double seconds = 20;
  std::uint32_t seed = 1;
  int priority = 0;
  CLI::App app("Plays streams while runners are killed and models come and go.");
  app.add_option("--seconds", seconds, "How long")->check(CLI::Range(1.0, 86400.0));
  app.add_option("--seed", seed, "Of what happens when");
  app.add_option("--priority", priority, "SCHED_FIFO priority of the callbacks, 0: none");
  CLI11_PARSE(app, argc, argv);
  return continuo::test::Run(seconds, seed, priority);
}
