// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/supervisor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/segment_names.h"

namespace continuo::supervisor {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestTick{500};
constexpr milliseconds kHeartbeat{1000};

std::uint64_t Ticks(double seconds, EventLoop::Clock::duration interval) {
  const double ticks = std::ceil(seconds / std::chrono::duration<double>(interval).count());
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(ticks));
}

}  // namespace

EventLoop::Clock::duration ToDuration(double seconds) {
  constexpr double kLongest = 1e9;  // of a count of nanoseconds, with room to add
  return std::chrono::duration_cast<EventLoop::Clock::duration>(
      std::chrono::duration<double>(std::min(seconds, kLongest)));
}

EventLoop::Clock::duration TickInterval(double hang_timeout_s) {
  return std::min<EventLoop::Clock::duration>(kLongestTick, ToDuration(hang_timeout_s / 2));
}

PlacementOptions ForPlacements(const SupervisorOptions& options,
                               EventLoop::Clock::duration interval) {
  PlacementOptions made;
  made.runner = options.runner;
  made.runner.hang_timeout_s = options.hang_timeout_s;
  made.restart_limit = options.restart_limit;
  made.restart_window = ToDuration(options.restart_window_s);
  made.hang_ticks = Ticks(options.hang_timeout_s, interval);
  made.start_ticks = Ticks(options.start_timeout_s, interval);
  made.keep_loaded = ToDuration(options.keep_loaded_s);
  made.memory = options.memory;
  return made;
}

std::string ModelKey(const v1::ModelManifest& manifest, int variant) {
  return base::StrCat(manifest.id(), "/", manifest.version(), "/", manifest.variants(variant).id());
}

Supervisor::Supervisor(const SupervisorOptions& options, std::shared_ptr<model::ModelStore> store,
                       Observer* observer)
    : options_(options),
      tick_interval_(TickInterval(options.hang_timeout_s)),
      placement_options_(ForPlacements(options, tick_interval_)),
      store_(std::move(store)),
      observer_(observer),
      ledger_(UsableCores(), options.admission),
      worker_(std::make_unique<base::BackgroundWorker>("verify")),
      loop_(std::make_unique<EventLoop>()) {
  if (const int removed = SweepSegments(); removed > 0) {
    base::Log("supervisor").info("removed {} segments of a daemon that has ended", removed);
  }
  Importer::Host* const host = this;
  importer_ =
      std::make_unique<Importer>(loop_.get(), store_, host,
                                 ImporterOptions{options_.runner, options_.import_timeout_s,
                                                 base::DataDir() + "/models", options_.memory});
  loop_->Start();
}

Supervisor::~Supervisor() {
  // The places end with the loop's thread still there: their runners are its children.
  loop_->Post([this] {
    stopping_ = true;
    for (auto& [id, stream] : streams_) {
      RemoveSegmentName(&stream);
      RemoveKeyBus(&stream);
    }
    for (const auto& [id, sender] : key_senders_) ipc::KeyBus::Remove(sender.bus);
    places_.clear();
    importer_.reset();
    worker_.reset();
  });
  loop_.reset();
}

std::string Supervisor::PlaceKey(const v1::ModelManifest& manifest, int variant) const {
  const std::string& executor = model::ExecutorOf(manifest, manifest.variants(variant));
  return options_.one_runner_per_model ? base::StrCat(executor, ":", ModelKey(manifest, variant))
                                       : executor;
}

Placement* Supervisor::PlaceFor(const PackagePtr& package, int variant) {
  const v1::Variant& chosen = package->manifest.variants(variant);
  const std::string& executor = model::ExecutorOf(package->manifest, chosen);
  const bool alone = options_.one_runner_per_model;
  const std::string place_key = PlaceKey(package->manifest, variant);
  std::unique_ptr<Placement>& place = places_[place_key];
  if (!place) {
    const std::string reason =
        base::StrCat("executor '", executor, "' is named by the ",
                     chosen.executor().empty() ? "manifest; " : "manifest's variant; ",
                     alone ? "each model has its own runner (runner.isolation = \"model\")"
                           : "its models share a runner (runner.isolation = \"executor\")");
    Placement::Host* const host = this;
    place = std::make_unique<Placement>(loop_.get(), worker_.get(), host, placement_options_,
                                        PlaceName(placement_options_.rank, place_key), executor,
                                        reason);
  }
  return place.get();
}

// An idle daemon sleeps: ticks go on while there is a runner to watch.
void Supervisor::ScheduleTick() {
  if (tick_timer_ != EventLoop::kNoTimer) return;
  tick_timer_ = loop_->RunAfter(tick_interval_, [this] {
    tick_timer_ = EventLoop::kNoTimer;
    Tick();
  });
}

void Supervisor::Tick() {
  bool active = false;
  for (auto& [key, place] : places_) {
    place->Tick();
    active = active || place->active();
  }
  std::vector<std::uint64_t> late;
  for (auto& [id, stream] : streams_) {
    if (stream.phase == Phase::kWaitingForRunner &&
        ++stream.opening_ticks > placement_options_.start_ticks) {
      late.push_back(id);
    }
  }
  for (const std::uint64_t id : late) {
    // What hangs while it is being readied keeps all others from being readied there.
    Placement* const place = streams_.at(id).place;
    Close(id, StreamState::kFailed, "the runner did not ready it within stream.start_timeout_s");
    place->KillRunner(base::StrCat("it did not ready stream ", id, " in time"));
  }
  if (active && !stopping_) ScheduleTick();
}

void Supervisor::ScheduleHeartbeat() {
  if (heartbeat_timer_ != EventLoop::kNoTimer || streams_.empty()) return;
  heartbeat_timer_ = loop_->RunAfter(kHeartbeat, [this] {
    heartbeat_timer_ = EventLoop::kNoTimer;
    MeasureAndBalance();
    for (auto& [id, stream] : streams_) {
      if (stream.client) stream.client->OnHeartbeat();
    }
    ScheduleHeartbeat();
  });
}

void Supervisor::OnRunnerStarted(Placement& place) {
  ScheduleTick();
  observer_->OnRunnerStarted(place.runner_pid());
}

void Supervisor::OnRunnerEnded(Placement& place, pid_t pid, const std::string& reason, bool asked) {
  observer_->OnRunnerEnded(pid, reason, asked);
  for (auto& [id, stream] : streams_) {
    if (stream.place != &place || !stream.client || stream.phase == Phase::kWaitingForModel) {
      continue;
    }
    RemoveSegmentName(&stream);
    stream.phase = Phase::kWaitingForModel;
    stream.info.state = StreamState::kRestarting;
    stream.info.runner_pid = 0;
    stream.client->OnRunnerLost(base::StrCat("the runner ended: ", reason));
    observer_->OnStreamChanged(stream.info, false);
  }
  observer_->OnModelsChanged();
  if (stopping_) FinishStop();
}

std::size_t Supervisor::UsersOf(const Placement& place, const std::string& key) {
  const auto streams = std::count_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
    return entry.second.place == &place && entry.second.model_key == key;
  });
  return static_cast<std::size_t>(streams) + pending_loads_.Count(place, key);
}

std::string Supervisor::UsersInWords(const Placement& place, const std::string& key) {
  const auto streams = std::count_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
    return entry.second.place == &place && entry.second.model_key == key;
  });
  if (streams == 0) return UsersOf(place, key) > 0 ? "being loaded" : "";
  return base::StrCat(streams, streams == 1 ? " stream" : " streams");
}

bool Supervisor::StreamsAreOpening(const Placement& place) {
  return std::any_of(streams_.begin(), streams_.end(), [&](const auto& entry) {
    return entry.second.place == &place && entry.second.phase == Phase::kWaitingForRunner;
  });
}

void Supervisor::GetSnapshot(const std::function<void(Snapshot)>& reply) {
  loop_->Post([this, reply] { reply(MakeSnapshot()); });
}

Snapshot Supervisor::MakeSnapshot() const {
  Snapshot snapshot;
  for (const auto& [id, stream] : streams_) snapshot.streams.push_back(stream.info);
  snapshot.runners = RunnerInfos();
  snapshot.warnings = Warnings();
  return snapshot;
}

std::vector<RunnerInfo> Supervisor::RunnerInfos() const {
  std::vector<RunnerInfo> runners;
  for (const auto& [key, place] : places_) {
    if (place->runner_pid() == 0) continue;
    const auto streams = std::count_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
      return entry.second.place == place.get() && entry.second.phase == Phase::kReady;
    });
    runners.push_back({place->runner_pid(), place->executor(), place->LoadedKeys(),
                       static_cast<std::uint32_t>(streams), place->restarts(), place->reason(),
                       place->scheduling(), place->confinement()});
  }
  return runners;
}

void Supervisor::Stop(const std::function<void()>& stopped) {
  loop_->Post([this, stopped] {
    stopping_ = true;
    stopped_ = stopped;
    importer_->Stop();
    while (!streams_.empty())
      Close(streams_.begin()->first, StreamState::kFailed, "the daemon is stopping");
    while (!key_senders_.empty())
      CloseKey(key_senders_.begin()->first, absl::UnavailableError("the daemon is stopping"));
    pending_loads_.FailAll(absl::UnavailableError("the daemon is stopping"));
    for (auto& [key, place] : places_) place->Shutdown();
    FinishStop();
  });
}

void Supervisor::FinishStop() {
  const bool running = std::any_of(places_.begin(), places_.end(), [](const auto& entry) {
    return entry.second->runner_pid() != 0;
  });
  if (!running && stopped_) std::exchange(stopped_, nullptr)();
}

}  // namespace continuo::supervisor
