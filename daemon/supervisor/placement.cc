// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/placement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

// What a runner needs of a manifest: a datagram holds 200 KiB, a manifest up to 1 MiB.
v1::ModelManifest ForRunner(const v1::ModelManifest& manifest, int variant) {
  v1::ModelManifest sent = manifest;
  sent.clear_presets();
  sent.clear_golden();
  sent.clear_files();
  sent.clear_provenance();
  sent.clear_summary();
  sent.clear_attribution();
  for (v1::Parameter& parameter : *sent.mutable_parameters()) {
    parameter.clear_description();
    parameter.clear_conditions();
  }
  sent.clear_variants();
  *sent.add_variants() = manifest.variants(variant);
  return sent;
}

}  // namespace

Placement::Placement(EventLoop* loop, base::BackgroundWorker* worker, Host* host,
                     PlacementOptions options, std::string name, std::string executor,
                     std::string reason)
    : loop_(loop),
      worker_(worker),
      host_(host),
      options_(std::move(options)),
      name_(std::move(name)),
      executor_(std::move(executor)),
      reason_(std::move(reason)),
      policy_(options_.restart_limit, options_.restart_window) {
  MemoryHolder* const holder = this;
  options_.memory->Register(name_, PlaceKind(options_.rank, executor_), loop_, alive_, holder);
}

Placement::~Placement() {
  *alive_ = false;
  options_.memory->Unregister(name_);
  loop_->Cancel(start_timer_);
}

std::string PlaceName(memory::Rank rank, const std::string& key) {
  return base::StrCat(rank == memory::Rank::kStream ? "streams/" : "jobs/", key);
}

std::string PlaceKind(memory::Rank rank, const std::string& executor) {
  return base::StrCat(executor, rank == memory::Rank::kStream ? " streams" : " jobs");
}

void Placement::Want(const std::string& key, const PackagePtr& package, int variant) {
  const auto [entry, added] = models_.try_emplace(key);
  entry->second.last_used = EventLoop::Clock::now();
  if (added) {
    entry->second.keep_alive = options_.keep_loaded;
    entry->second.package = package;
    entry->second.variant = variant;
    Verify(key, package);
  } else if (entry->second.state == ModelState::kLoaded && !runner_->ending()) {
    // A copy: a stream that there is no room for is closed in there, and `key` may be its own.
    const std::string own = key;
    host_->OnModelLoaded(*this, own);
    TellUsers(own);
  } else {
    Advance();
  }
}

// Reading gigabytes is the worker's; the answer comes back to the loop.
void Placement::Verify(const std::string& key, const PackagePtr& package) {
  worker_->Run([this, alive = alive_, loop = loop_, key, package] {
    const absl::Status status = model::VerifyFiles(*package);
    loop->Post([this, alive, key, package, status] {
      if (!*alive) return;
      const auto found = models_.find(key);
      if (found == models_.end() || found->second.state != ModelState::kVerifying) return;
      if (!status.ok()) return Fail(key, status);
      found->second.state = ModelState::kAsking;
      found->second.window_bytes =
          options_.memory->Ask({name_, key}, *package, found->second.variant, options_.rank);
    });
  });
}

void Placement::OnMemory(const memory::Action& action) {
  const std::string& key = action.name.item;
  const auto found = models_.find(key);
  const bool known = found != models_.end();
  switch (action.kind) {
    case memory::Action::kGrant:
      if (!known && !leaving_.contains(key)) return GiveBack(key);  // who asked has gone
      if (!known || found->second.state != ModelState::kAsking) return;
      found->second.state = ModelState::kWanted;
      TellUsers(key);
      return Advance();
    case memory::Action::kRefuse:
      if (known && found->second.state == ModelState::kAsking) {
        Fail(key, absl::Status(action.status.code(),
                               base::StrCat("model ", key, " ", base::MessageOf(action.status))));
      }
      return;
    case memory::Action::kEvict:
      if (!known && !leaving_.contains(key)) return GiveBack(key);
      if (!known) return;
      if (found->second.state == ModelState::kLoaded && host_->UsersOf(*this, key) == 0) {
        return Unload(std::string(key));
      }
      options_.memory->Busy(action.name);
      return;
  }
}

// What a runner that ends still holds is given back with it.
void Placement::GiveBack(const std::string& key) {
  options_.memory->Cancel({name_, key});
  if (runner_ && runner_->ending()) {
    leaving_.insert(key);
    options_.memory->Leaving({name_, key});
  } else {
    options_.memory->Release({name_, key});
  }
}

void Placement::TellUsers(const std::string& key) {
  options_.memory->SetUsers({name_, key}, host_->UsersOf(*this, key),
                            host_->UsersInWords(*this, key));
}

// Takes every model one step on, as far as that needs nobody else.
void Placement::Advance() {
  const bool wanted = std::any_of(models_.begin(), models_.end(), [](const auto& entry) {
    return entry.second.state == ModelState::kWanted;
  });
  if (!wanted || stopping_ || !EnsureRunner()) return;
  for (auto& [key, model] : models_) {
    if (model.state == ModelState::kWanted) SendLoad(key, &model);
  }
}

// True where there is a runner to speak to; else one is on its way, or all has failed.
bool Placement::EnsureRunner() {
  if (runner_) return !runner_->ending();  // its end brings the next
  if (start_timer_ != EventLoop::kNoTimer) return false;
  const auto now = EventLoop::Clock::now();
  const auto delay = policy_.DelayBeforeStart(now);
  if (!delay) {
    FailAll(absl::UnavailableError(base::StrCat(
        "the runner of ", executor_, " models ended ", policy_.DeathsWithin(now), " times within ",
        std::chrono::duration_cast<std::chrono::seconds>(options_.restart_window).count(),
        " s, the last time by ", last_death_, "; runner.restart_limit is ",
        options_.restart_limit)));
    return false;
  }
  if (*delay > EventLoop::Clock::duration::zero()) {
    start_timer_ = loop_->RunAfter(*delay, [this] {
      start_timer_ = EventLoop::kNoTimer;
      StartRunner();
      Advance();
    });
    return false;
  }
  StartRunner();
  return runner_ != nullptr;
}

void Placement::StartRunner() {
  auto runner =
      Runner::Start(loop_, options_.runner,
                    {[this](const internal::FromRunner& message) { OnMessage(message); },
                     [this](const std::string& reason, bool asked) { OnEnded(reason, asked); }});
  if (!runner.ok()) {
    FailAll(runner.status());
    return;
  }
  runner_ = *std::move(runner);
  options_.memory->SetRunner(name_, runner_->pid());
  base::Log("supervisor").info("runner {} started for {} models", runner_->pid(), executor_);
  host_->OnRunnerStarted(*this);
}

void Placement::SendLoad(const std::string& key, Model* model) {
  model->state = ModelState::kLoading;
  model->loading_ticks = 0;
  internal::ToRunner message;
  internal::LoadModel* load = message.mutable_load_model();
  load->set_key(key);
  load->set_directory(model->package->directory);
  load->set_variant(model->package->manifest.variants(model->variant).id());
  load->set_weight_window_bytes(model->window_bytes);
  *load->mutable_manifest() = ForRunner(model->package->manifest, model->variant);
  runner_->Send(message);
}

void Placement::OnMessage(const internal::FromRunner& message) {
  if (message.has_model_loaded()) {
    OnLoaded(message.model_loaded());
  } else if (message.has_model_unloaded()) {
    const std::string& key = message.model_unloaded().key();
    if (leaving_.erase(key) > 0) options_.memory->Release({name_, key});
  } else if (!message.has_hello()) {
    host_->OnStreamMessage(*this, message);
  }
}

void Placement::OnLoaded(const internal::ModelLoaded& loaded) {
  const auto found = models_.find(loaded.key());
  if (found == models_.end() || found->second.state != ModelState::kLoading) return;
  if (!loaded.error().empty()) {
    Fail(loaded.key(), absl::FailedPreconditionError(base::StrCat(
                           "model ", loaded.key(), " cannot be loaded: ", loaded.error())));
    return;
  }
  found->second.state = ModelState::kLoaded;
  found->second.last_used = EventLoop::Clock::now();
  options_.memory->Loaded({name_, loaded.key()}, *found->second.package, found->second.variant,
                          loaded.resident_bytes(), loaded.peak_bytes());
  base::Log("supervisor").info("model {} loaded by runner {}", loaded.key(), runner_pid());
  const std::string key = loaded.key();
  host_->OnModelLoaded(*this, key);
  Touch(key);
}

void Placement::OnEnded(const std::string& reason, bool asked) {
  const pid_t pid = runner_->pid();
  // Its handlers are on the stack: it goes when they are done.
  loop_->Post([ended = std::shared_ptr<Runner>(std::move(runner_))] {});
  runner_.reset();
  if (asked) {
    base::Log("supervisor").info("runner {} ended as asked: {}", pid, reason);
  } else {
    base::Log("supervisor").warn("runner {} ended: {}", pid, reason);
    policy_.RecordDeath(EventLoop::Clock::now());
    last_death_ = reason;
    ++restarts_;
  }
  options_.memory->SetRunner(name_, 0);
  for (const std::string& key : std::exchange(leaving_, {})) {
    options_.memory->Release({name_, key});
  }
  for (auto& [key, model] : models_) {
    const bool there = model.state == ModelState::kLoading || model.state == ModelState::kLoaded;
    if (there) model.state = ModelState::kWanted;
  }
  host_->OnRunnerEnded(*this, pid, reason, asked);
  std::erase_if(models_, [this](const auto& entry) {
    const bool unused =
        entry.second.state == ModelState::kWanted && host_->UsersOf(*this, entry.first) == 0;
    if (unused) GiveBack(entry.first);
    return unused;
  });
  if (!stopping_) Advance();
}

void Placement::Fail(const std::string& key, const absl::Status& status) {
  models_.erase(key);
  GiveBack(key);
  base::Log("supervisor").error("{}", base::MessageOf(status));
  host_->OnModelFailed(*this, key, status);
}

void Placement::FailAll(const absl::Status& status) {
  while (!models_.empty()) Fail(std::string(models_.begin()->first), status);
}

// What only asks for memory is not in the runner, and may be waiting for this very runner's.
bool Placement::HoldsNothing() const {
  return std::all_of(models_.begin(), models_.end(),
                     [](const auto& entry) { return entry.second.state == ModelState::kAsking; });
}

void Placement::Unload(const std::string& key) {
  if (models_.erase(key) == 0) return;
  options_.memory->Leaving({name_, key});
  if (runner_) leaving_.insert(key);
  if (runner_ && HoldsNothing()) {
    runner_->Shutdown();  // what really gives memory back
  } else if (runner_) {
    internal::ToRunner message;
    message.mutable_unload_model()->set_key(key);
    runner_->Send(message);
  } else {
    options_.memory->Release({name_, key});
  }
  base::Log("supervisor").info("model {} unloaded", key);
  host_->OnModelUnloaded(*this, key);
}

void Placement::Tick() {
  if (runner_ && !runner_->ending()) {
    const bool busy = host_->StreamsAreOpening(*this) ||
                      std::any_of(models_.begin(), models_.end(), [](const auto& entry) {
                        return entry.second.state == ModelState::kLoading;
                      });
    const std::uint64_t patience =
        busy ? std::max(options_.hang_ticks, options_.start_ticks) : options_.hang_ticks;
    if (runner_->CountSilence() > patience) runner_->Kill("it did not answer");
  }
  std::vector<std::string> late;
  for (auto& [key, model] : models_) {
    if (model.state == ModelState::kLoading && ++model.loading_ticks > options_.start_ticks) {
      late.push_back(key);
    }
  }
  for (const std::string& key : late) {
    KillRunner(base::StrCat("it did not load ", key, " in time"));
    Fail(key, absl::DeadlineExceededError(
                  base::StrCat("model ", key, " was not loaded within stream.start_timeout_s")));
  }
  UnloadUnused();
}

void Placement::UnloadUnused() {
  const auto now = EventLoop::Clock::now();
  std::vector<std::string> unused;
  for (auto& [key, model] : models_) {
    TellUsers(key);
    if (host_->UsersOf(*this, key) > 0) {
      model.last_used = now;
    } else if (model.state == ModelState::kLoaded && now - model.last_used > model.keep_alive) {
      unused.push_back(key);
    }
  }
  for (const std::string& key : unused) Unload(key);
  if (runner_ && HoldsNothing()) runner_->Shutdown();
}

void Placement::Touch(const std::string& key) {
  const auto found = models_.find(key);
  if (found == models_.end()) return;
  found->second.last_used = EventLoop::Clock::now();
  // Nobody waits for the memory any more that it has asked for.
  if (found->second.state == ModelState::kAsking && host_->UsersOf(*this, key) == 0) {
    models_.erase(found);
    return GiveBack(key);
  }
  TellUsers(key);
}

void Placement::SetKeepAlive(const std::string& key, EventLoop::Clock::duration keep_alive) {
  const auto found = models_.find(key);
  if (found == models_.end()) return;
  found->second.keep_alive = keep_alive;
  options_.memory->SetKeepAlive({name_, key}, std::chrono::duration<double>(keep_alive).count());
}

bool Placement::IsLoaded(const std::string& key) const {
  const auto found = models_.find(key);
  return found != models_.end() && found->second.state == ModelState::kLoaded;
}

void Placement::Send(const internal::ToRunner& message) {
  if (runner_) runner_->Send(message);
}

void Placement::KillRunner(const std::string& why) {
  if (runner_) runner_->Kill(why);
}

void Placement::Shutdown() {
  stopping_ = true;
  loop_->Cancel(start_timer_);
  start_timer_ = EventLoop::kNoTimer;
  if (runner_) runner_->Shutdown();
}

std::vector<std::string> Placement::LoadedKeys() const {
  std::vector<std::string> keys;
  for (const auto& [key, model] : models_) {
    if (model.state == ModelState::kLoaded) keys.push_back(key);
  }
  return keys;
}

}  // namespace continuo::supervisor
