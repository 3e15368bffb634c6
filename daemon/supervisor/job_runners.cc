// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/job_runners.h"

#include <algorithm>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/job/request_check.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::supervisor {

JobRunners::JobRunners(EventLoop* loop, base::BackgroundWorker* worker,
                       const PlacementOptions& options, EventLoop::Clock::duration tick_interval,
                       bool one_runner_per_model, Observer* observer)
    : loop_(loop),
      worker_(worker),
      options_(options),
      tick_interval_(tick_interval),
      one_runner_per_model_(one_runner_per_model),
      observer_(observer) {}

JobRunners::~JobRunners() {
  *alive_ = false;
  loop_->Cancel(tick_timer_);
}

std::string JobRunners::PlaceKey(const v1::ModelManifest& manifest, int variant) const {
  const std::string& executor = model::ExecutorOf(manifest, manifest.variants(variant));
  return one_runner_per_model_ ? base::StrCat(executor, ":", ModelKey(manifest, variant))
                               : executor;
}

int JobRunners::ChooseVariant(const model::Runnable& run) const {
  const v1::ModelManifest& manifest = run.package->manifest;
  const int variant = model::ChooseVariant(manifest, 0, run.wish).index;
  return options_.memory->VariantThatFits(
      PlaceName(options_.rank, PlaceKey(manifest, variant)),
      PlaceKind(options_.rank, model::ExecutorOf(manifest, manifest.variants(variant))),
      *run.package, variant, options_.rank);
}

Placement* JobRunners::PlaceFor(const v1::ModelManifest& manifest, int variant) {
  const std::string& executor = model::ExecutorOf(manifest, manifest.variants(variant));
  const std::string place_key = PlaceKey(manifest, variant);
  std::unique_ptr<Placement>& place = places_[place_key];
  if (!place) {
    Placement::Host* const host = this;
    place = std::make_unique<Placement>(
        loop_, worker_, host, options_, PlaceName(options_.rank, place_key), executor,
        base::StrCat("jobs have runners of their own, at low priority; executor '", executor,
                     one_runner_per_model_ ? "', one a model (runner.isolation = \"model\")"
                                           : "', one for its models"));
  }
  return place.get();
}

void JobRunners::Run(const job::JobSpec& spec, bool) {
  Job job;
  job.spec = spec;
  Start(std::move(job));
}

void JobRunners::Plan(const job::JobSpec& spec, const Reply<v1::GenerationPlan>& reply) {
  Job job;
  job.spec = spec;
  job.plan_reply = reply;
  Start(std::move(job));
}

std::size_t JobRunners::plans() const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [](const auto& entry) { return bool{entry.second.plan_reply}; }));
}

void JobRunners::Start(Job job) {
  job.key = ModelKey(job.spec.package->manifest, job.spec.variant);
  job.place = PlaceFor(job.spec.package->manifest, job.spec.variant);
  Placement* const place = job.place;
  job.yielding = place->IsLoaded(job.key) && options_.memory->MustYield();
  const bool yielding = job.yielding;
  const std::string key = job.key;
  const PackagePtr package = job.spec.package;
  const int variant = job.spec.variant;
  jobs_[job.spec.id] = std::move(job);
  if (!yielding) place->Want(key, package, variant);
  ScheduleTick();
}

// Those that have yielded go on when nobody waits any more, or their model has gone: they then
// wait for memory as all do.
void JobRunners::Resume() {
  for (auto& [id, job] : jobs_) {
    if (!job.yielding || (job.place->IsLoaded(job.key) && options_.memory->MustYield())) continue;
    job.yielding = false;
    // It may be told of from within the call: `job` stays, what it is in may not.
    return loop_->Post([this, alive = alive_, place = job.place, key = job.key,
                        package = job.spec.package, variant = job.spec.variant] {
      if (!*alive) return;
      place->Want(key, package, variant);
      Resume();
    });
  }
}

void JobRunners::Load(const PackagePtr& package, int variant, double keep_alive_s,
                      const Reply<LoadedVariant>& reply) {
  const std::string key = ModelKey(package->manifest, variant);
  Placement* const place = PlaceFor(package->manifest, variant);
  pending_loads_.Add({place, key, package->manifest.variants(variant).id(), keep_alive_s, reply});
  place->Want(key, package, variant);
  ScheduleTick();
}

void JobRunners::Send(Job* job) {
  job->sent = true;
  internal::ToRunner message;
  internal::RunJob* const run = message.mutable_run_job();
  run->set_job_id(job->spec.id);
  run->set_model_key(job->key);
  run->set_client(job->spec.client);
  run->set_plan_only(static_cast<bool>(job->plan_reply));
  *run->mutable_request() = job->spec.request;
  job->place->Send(message);
}

void JobRunners::Cancel(const std::string& job_id) {
  const auto found = jobs_.find(job_id);
  if (found == jobs_.end()) return;
  if (!found->second.sent) {
    return End(job_id, absl::CancelledError("the job was cancelled"), {});
  }
  internal::ToRunner message;
  message.mutable_cancel_job()->set_job_id(job_id);
  found->second.place->Send(message);
}

void JobRunners::ToBoard(std::function<void(job::Board*)> tell) {
  loop_->Post([this, tell = std::move(tell), alive = alive_] {
    if (*alive && board_ != nullptr) tell(board_);
  });
}

void JobRunners::End(const std::string& id, const absl::Status& status,
                     const internal::JobEnded& ended) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  const Job job = std::move(found->second);
  jobs_.erase(found);
  job.place->Touch(job.key);
  if (job.plan_reply) {
    return job.plan_reply(status.ok() ? absl::StatusOr<v1::GenerationPlan>(job.plan) : status);
  }
  const std::vector<std::uint32_t> ranking(ended.ranking().begin(), ended.ranking().end());
  ToBoard([id, status, ranking, below = ended.below_minimum()](job::Board* board) {
    board->OnEnded(id, status, ranking, below);
  });
}

void JobRunners::OnUpdate(Job* job, const internal::JobUpdate& update) {
  const std::string& id = job->spec.id;
  if (job->plan_reply && update.has_planned()) {
    const v1::ModelManifest& manifest = job->spec.package->manifest;
    job->plan = update.planned().plan();
    job->plan.set_model(manifest.id());
    job->plan.set_version(manifest.version());
    job->plan.set_variant(manifest.variants(job->spec.variant).id());
    job->plan.set_weights_sha256(job::WeightsSha256(manifest, job->spec.variant));
    job::NoteSubstitution(job->spec, &job->plan);
    return;
  }
  switch (update.what_case()) {
    case internal::JobUpdate::kPlanned:
      return ToBoard([update](job::Board* board) {
        board->OnPlanned(update.job_id(), update.planned().plan(),
                         update.planned().ticks_per_quarter());
      });
    case internal::JobUpdate::kProgress:
      return ToBoard(
          [update](job::Board* board) { board->OnProgress(update.job_id(), update.progress()); });
    case internal::JobUpdate::kPartial:
      return ToBoard(
          [update](job::Board* board) { board->OnPartial(update.job_id(), update.partial()); });
    case internal::JobUpdate::kCandidate:
      return ToBoard(
          [update](job::Board* board) { board->OnCandidate(update.job_id(), update.candidate()); });
    case internal::JobUpdate::kEnded:
      return End(std::string(id),
                 absl::Status(static_cast<absl::StatusCode>(update.ended().code()),
                              update.ended().error()),
                 update.ended());
    default:
      return;
  }
}

void JobRunners::OnStreamMessage(Placement& place, const internal::FromRunner& message) {
  if (!message.has_job_update()) return;
  const auto found = jobs_.find(message.job_update().job_id());
  if (found == jobs_.end() || found->second.place != &place || !found->second.sent) return;
  OnUpdate(&found->second, message.job_update());
}

void JobRunners::OnRunnerStarted(Placement& place) {
  ScheduleTick();
  observer_->OnRunnerStarted(place.runner_pid());
}

void JobRunners::OnRunnerEnded(Placement& place, pid_t pid, const std::string& reason, bool asked) {
  observer_->OnRunnerEnded(pid, reason, asked);
  std::vector<std::string> lost;
  for (const auto& [id, job] : jobs_) {
    if (job.place == &place && job.sent) lost.push_back(id);
  }
  for (const std::string& id : lost) {
    const auto found = jobs_.find(id);
    const Job job = std::move(found->second);
    jobs_.erase(found);
    if (job.plan_reply) {
      job.plan_reply(absl::UnavailableError(base::StrCat("the runner ended: ", reason)));
    } else {
      ToBoard([id, reason](job::Board* board) { board->OnLost(id, reason); });
    }
  }
  observer_->OnModelsChanged();
  if (stopped_) FinishShutdown();
}

void JobRunners::OnModelLoaded(Placement& place, const std::string& key) {
  observer_->OnModelsChanged();
  pending_loads_.Loaded(&place, key);
  for (auto& [id, job] : jobs_) {
    if (job.place == &place && job.key == key && !job.sent && !job.yielding) Send(&job);
  }
}

void JobRunners::OnModelFailed(Placement& place, const std::string& key,
                               const absl::Status& status) {
  pending_loads_.Failed(place, key, status);
  std::vector<std::string> failed;
  for (const auto& [id, job] : jobs_) {
    if (job.place == &place && job.key == key) failed.push_back(id);
  }
  for (const std::string& id : failed) End(id, status, {});
}

void JobRunners::OnModelUnloaded(Placement&, const std::string&) { observer_->OnModelsChanged(); }

std::size_t JobRunners::UsersOf(const Placement& place, const std::string& key) {
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(),
                                                [&](const auto& one) {
                                                  return one.second.place == &place &&
                                                         one.second.key == key &&
                                                         !one.second.yielding;
                                                })) +
         pending_loads_.Count(place, key);
}

std::string JobRunners::UsersInWords(const Placement& place, const std::string& key) {
  std::string first;
  std::size_t count = 0;
  for (const auto& [id, job] : jobs_) {
    if (job.place != &place || job.key != key || job.yielding) continue;
    if (count++ == 0) first = id;
  }
  if (count == 0) return UsersOf(place, key) > 0 ? "being loaded" : "";
  return count == 1 ? base::StrCat("job ", first) : base::StrCat(count, " jobs");
}

void JobRunners::ScheduleTick() {
  if (tick_timer_ != EventLoop::kNoTimer) return;
  tick_timer_ = loop_->RunAfter(tick_interval_, [this] {
    tick_timer_ = EventLoop::kNoTimer;
    bool active = false;
    Resume();
    for (auto& [key, place] : places_) {
      place->Tick();
      active = active || place->active();
    }
    if (active && !stopped_) ScheduleTick();
  });
}

std::vector<RunnerInfo> JobRunners::Runners() const {
  std::vector<RunnerInfo> runners;
  for (const auto& [key, place] : places_) {
    if (place->runner_pid() == 0) continue;
    runners.push_back({place->runner_pid(), place->executor(), place->LoadedKeys(), 0,
                       place->restarts(), place->reason(), "SCHED_OTHER (jobs, nice 5)",
                       place->confinement()});
  }
  return runners;
}

std::uint64_t JobRunners::restarts() const {
  std::uint64_t restarts = 0;
  for (const auto& [key, place] : places_) restarts += place->restarts();
  return restarts;
}

absl::StatusOr<std::uint32_t> JobRunners::Unload(const std::string& id,
                                                 const std::string& version) {
  const std::string prefix =
      version.empty() ? base::StrCat(id, "/") : base::StrCat(id, "/", version, "/");
  std::vector<std::pair<Placement*, std::string>> found;
  for (const auto& [name, place] : places_) {
    for (const std::string& key : place->LoadedKeys()) {
      if (key.rfind(prefix, 0) != 0) continue;
      if (const std::size_t users = UsersOf(*place, key); users > 0) {
        return absl::FailedPreconditionError(
            base::StrCat("model ", key, " is used by ", users, " jobs; cancel them first"));
      }
      found.emplace_back(place.get(), key);
    }
  }
  for (const auto& [place, key] : found) place->Unload(key);
  return static_cast<std::uint32_t>(found.size());
}

void JobRunners::Shutdown(const std::function<void()>& stopped) {
  stopped_ = stopped;
  pending_loads_.FailAll(absl::UnavailableError("the daemon is stopping"));
  for (auto& [id, job] : std::exchange(jobs_, {})) {
    if (job.plan_reply) job.plan_reply(absl::UnavailableError("the daemon is stopping"));
  }
  for (auto& [key, place] : places_) place->Shutdown();
  FinishShutdown();
}

void JobRunners::FinishShutdown() {
  const bool running = std::any_of(places_.begin(), places_.end(), [](const auto& entry) {
    return entry.second->runner_pid() != 0;
  });
  if (!running && stopped_) std::exchange(stopped_, nullptr)();
}

}  // namespace continuo::supervisor
