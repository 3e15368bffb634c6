// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/job_desk.h"

#include <algorithm>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/job/request_check.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/cores.h"

namespace continuo::supervisor {
namespace {

constexpr std::size_t kMaxPlans = 64;

PlacementOptions ForJobs(const JobDeskOptions& options) {
  PlacementOptions made =
      ForPlacements(options.runners, TickInterval(options.runners.hang_timeout_s));
  made.rank = memory::Rank::kJob;
  made.runner.realtime_priority = 0;
  made.runner.lock_memory = false;
  made.runner.job_threads = options.threads > 0
                                ? options.threads
                                : std::max(1, static_cast<int>(UsableCores().ids.size() / 2));
  return made;
}

}  // namespace

JobDesk::JobDesk(const JobDeskOptions& options, std::shared_ptr<model::ModelStore> models,
                 job::JobStore* store, Observer* observer, job::Observer* job_observer)
    : models_(std::move(models)),
      recorder_(std::make_unique<base::BackgroundWorker>("record")),
      verifier_(std::make_unique<base::BackgroundWorker>("verify")),
      loop_(std::make_unique<EventLoop>()) {
  runners_ = std::make_unique<JobRunners>(loop_.get(), verifier_.get(), ForJobs(options),
                                          TickInterval(options.runners.hang_timeout_s),
                                          options.runners.one_runner_per_model, observer);
  board_ = std::make_unique<job::Board>(
      options.board,
      job::BoardThreads{
          [loop = loop_.get()](std::function<void()> task) { loop->Post(std::move(task)); },
          [recorder = recorder_.get()](std::function<void()> task) {
            recorder->Run(std::move(task));
          }},
      runners_.get(), store, job_observer);
  runners_->set_board(board_.get());
  loop_->Start();
  Post([this] {
    board_->TakeUpPending(
        [this](const job::PendingJob& pending) -> absl::StatusOr<job::JobSpec> {
          absl::StatusOr<job::JobSpec> spec = Resolve(pending.request);
          if (spec.ok()) {
            spec->id = pending.id;
            spec->client = "a client of before";
          }
          return spec;
        },
        [this] { TakenUp(); });
  });
}

JobDesk::~JobDesk() {
  // The runners end with the loop's thread still there: they are its children. What has not
  // reached the disk by now has been told to nobody.
  loop_->Post([this] {
    recorder_.reset();  // it may be at what is taken up, with the runners
    board_.reset();
    runners_.reset();
    verifier_.reset();
  });
  loop_.reset();
}

std::size_t JobDesk::job_count() {
  Post([] {});
  return job_count_.load();
}

void JobDesk::Post(std::function<void()> task) {
  loop_->Post([this, task = std::move(task)] {
    task();
    job_count_ = board_ ? board_->live() : 0;
  });
}

void JobDesk::OfAllJobs(std::function<void()> task) {
  Post([this, task = std::move(task)]() mutable {
    if (taken_up_) return task();
    waiting_.push_back(std::move(task));
  });
}

void JobDesk::TakenUp() {
  taken_up_ = true;
  for (const std::function<void()>& task : std::exchange(waiting_, {})) task();
}

absl::StatusOr<job::JobSpec> JobDesk::Resolve(const v1::GenerateRequest& request) const {
  if (absl::Status status = job::CheckRequest(request); !status.ok()) return status;
  absl::StatusOr<PackagePtr> package = job::ChooseModel(request, models_.get());
  if (!package.ok()) return package.status();
  job::JobSpec spec;
  spec.request = request;
  const model::Runnable run = models_->ToRun(*package);
  spec.package = run.package;
  spec.variant = runners_->ChooseVariant(run);
  return spec;
}

void JobDesk::Generate(const v1::GenerateRequest& request, const std::string& client,
                       const std::shared_ptr<job::Listener>& listener) {
  absl::StatusOr<job::JobSpec> spec = Resolve(request);
  if (!spec.ok()) return listener->OnEnd(spec.status());
  spec->client = client;
  Post([this, spec = *std::move(spec), listener] { board_->Submit(spec, listener); });
}

void JobDesk::Watch(const std::string& id, const std::shared_ptr<job::Listener>& listener) {
  OfAllJobs([this, id, listener] { board_->Watch(id, listener); });
}

void JobDesk::Leave(const std::shared_ptr<job::Listener>& listener) {
  Post([this, listener] { board_->Leave(listener); });
}

void JobDesk::Cancel(const std::string& id, const Done& done) {
  OfAllJobs([this, id, done] { board_->Cancel(id, done); });
}

void JobDesk::List(const std::function<void(std::vector<v1::Job>)>& reply) {
  OfAllJobs([this, reply] { reply(board_->List()); });
}

void JobDesk::Plan(const v1::GenerateRequest& request, const Reply<v1::GenerationPlan>& reply) {
  absl::StatusOr<job::JobSpec> spec = Resolve(request);
  if (!spec.ok()) return reply(spec.status());
  spec->client = "plan";
  Post([this, spec = *std::move(spec), reply]() mutable {
    if (stopping_) return reply(absl::UnavailableError("the daemon is stopping"));
    if (runners_->plans() >= kMaxPlans) {
      return reply(absl::ResourceExhaustedError(
          base::StrCat(kMaxPlans, " plans are being made; try again in about 1 s")));
    }
    spec.id = base::StrCat("p", next_plan_++);
    runners_->Plan(spec, reply);
  });
}

void JobDesk::GetReadings(const std::function<void(const Readings&)>& reply) {
  Post([this, reply] { reply({board_->Figures(), runners_->Runners(), runners_->restarts()}); });
}

void JobDesk::LoadModel(const std::string& id, const std::string& version, double keep_alive_s,
                        const Reply<LoadedVariant>& reply) {
  absl::StatusOr<PackagePtr> package = models_->Find(id, version);
  if (!package.ok()) return reply(package.status());
  const model::Runnable run = models_->ToRun(*package);
  const int variant = runners_->ChooseVariant(run);
  Post([this, package = run.package, variant, keep_alive_s, reply] {
    if (stopping_) return reply(absl::UnavailableError("the daemon is stopping"));
    runners_->Load(package, variant, keep_alive_s, reply);
  });
}

void JobDesk::UnloadModel(const std::string& id, const std::string& version,
                          const Reply<std::uint32_t>& reply) {
  Post([this, id, version, reply] { reply(runners_->Unload(id, version)); });
}

void JobDesk::Stop(const std::function<void()>& stopped) {
  Post([this, stopped] {
    stopping_ = true;
    TakenUp();
    board_->Stop();
    runners_->Shutdown(stopped);
  });
}

}  // namespace continuo::supervisor
