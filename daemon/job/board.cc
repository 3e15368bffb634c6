// SPDX-License-Identifier: Apache-2.0
// The way in: submitting, queueing, starting, following, cancelling.
#include "daemon/job/board.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <random>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/job/prediction.h"
#include "daemon/job/request_check.h"

namespace continuo::job {
namespace {

std::uint64_t RandomNumber() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::string NewId() {
  char text[24];
  std::snprintf(text, sizeof text, "j%016" PRIx64, RandomNumber());
  return text;
}

// What a request asks for, whatever its seed.
std::string KeyWithoutSeed(const JobSpec& spec) {
  v1::GenerateRequest request = spec.request;
  request.clear_seed();
  return CacheKey(request, ModelDigest(spec.package->manifest, spec.variant));
}

}  // namespace

Board::Board(const BoardOptions& options, BoardThreads threads, Workers* workers, JobStore* store,
             Observer* observer)
    : options_(options),
      threads_(std::move(threads)),
      workers_(workers),
      store_(store),
      observer_(observer),
      queue_(options.limits),
      cache_(options.cache_bytes) {}

Board::~Board() { *alive_ = false; }

Board::JobPtr Board::Find(const std::string& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

// Small numbers are easier to read, say and type again.
void Board::ChooseSeed(JobSpec* spec) {
  if (spec->request.has_seed()) return;
  const auto tried = seeds_.find(KeyWithoutSeed(*spec));
  if (tried != seeds_.end()) {
    spec->request.set_seed(tried->second);
    seeds_.erase(tried);
  } else {
    spec->request.set_seed(RandomNumber() & 0x7FFFFFFF);
  }
}

void Board::Submit(JobSpec spec, const std::shared_ptr<Listener>& listener) {
  if (stopping_) return listener->OnEnd(absl::UnavailableError("the daemon is stopping"));
  const bool prediction = spec.prediction;
  if (!prediction) DropPredictions();
  ChooseSeed(&spec);
  const auto job = std::make_shared<Job>();
  spec.id = NewId();
  job->cache_key = CacheKey(spec.request, ModelDigest(spec.package->manifest, spec.variant));
  job->spec = std::move(spec);
  job->owner = listener;
  if (listener) job->listeners.push_back(listener);
  bool predicted = false;
  const auto result = job->spec.request.fresh() ? nullptr : cache_.Find(job->cache_key, &predicted);
  if (result) {
    figures_.set_submitted(figures_.submitted() + 1);
    figures_.set_cache_hits(figures_.cache_hits() + 1);
    figures_.set_saved_ms(figures_.saved_ms() + result->elapsed_ms);
    if (predicted) figures_.set_predictions_used(figures_.predictions_used() + 1);
    return Answer(job, *result);
  }
  if (!prediction) {
    if (absl::Status room = queue_.CheckRoom(job->spec.client, job_ms_); !room.ok()) {
      figures_.set_refused(figures_.refused() + 1);
      return listener->OnEnd(room);
    }
    figures_.set_submitted(figures_.submitted() + 1);
    if (!job->spec.request.fresh()) figures_.set_cache_misses(figures_.cache_misses() + 1);
  }
  jobs_[job->spec.id] = job;
  if (!job->spec.request.detached()) return Enqueue(job, false);
  job->phase = Phase::kAcknowledging;
  Enqueue(job, false);
  const PendingJob pending{job->spec.id, job->spec.request};
  OnStore([store = store_, pending] { return store->AddPending(pending); },
          [this, id = pending.id](const absl::Status& status) { OnAcknowledged(id, status); });
}

void Board::OnAcknowledged(const std::string& id, const absl::Status& status) {
  const JobPtr job = Find(id);
  if (!job || job->phase != Phase::kAcknowledging) return;
  if (!status.ok()) {
    queue_.Remove(id);
    End(job, absl::Status(status.code(), base::StrCat("a detached job cannot be remembered: ",
                                                      base::MessageOf(status))));
    return;
  }
  job->phase = Phase::kQueued;
  TellQueued(*job);
  Changed(*job);
  Advance();
}

void Board::Enqueue(const JobPtr& job, bool again) {
  const Queue::Entry entry{job->spec.id, job->spec.client, PriorityOf(job->spec.request),
                           WeightOf(job->spec.request)};
  job->state = v1::JOB_STATE_QUEUED;
  again ? queue_.AddAgain(entry) : queue_.Add(entry);
  if (job->phase == Phase::kAcknowledging) return;
  job->phase = Phase::kQueued;
  TellQueued(*job);
  Changed(*job);
  Advance();
}

bool Board::MayStart(const Queue::Entry& entry) const {
  const JobPtr& job = jobs_.at(entry.id);
  if (job->phase != Phase::kQueued) return false;
  // What may have ended a runner does not do so in the company of what did too.
  const bool suspect = job->losses > 0;
  std::size_t before = 0;
  for (const std::string& id : at_work_) {
    const JobPtr& other = jobs_.at(id);
    if (suspect && other->losses > 0) return false;
    if (PriorityOf(other->spec.request) >= entry.priority) ++before;
  }
  if (job->is_prediction() && live() > 0) return false;
  return before < options_.slots;
}

void Board::Advance() {
  while (!stopping_) {
    const auto next = queue_.Take([this](const Queue::Entry& entry) { return MayStart(entry); });
    if (!next) return;
    const JobPtr job = jobs_.at(next->id);
    job->phase = Phase::kAtWork;
    job->state = v1::JOB_STATE_RUNNING;
    job->began = std::chrono::steady_clock::now();
    at_work_.insert(next->id);
    workers_->Run(job->spec, false);
  }
}

void Board::Watch(const std::string& id, const std::shared_ptr<Listener>& listener) {
  if (const JobPtr job = Find(id); job && job->phase != Phase::kCancelling) {
    job->listeners.push_back(listener);
    Job alone = *job;  // what all others know
    alone.listeners = {listener};
    if (!job->started) return TellQueued(alone);
    TellStarted(alone);
    for (const v1::GenerationCandidate& candidate : job->result.candidates) {
      v1::GenerateEvent event;
      *event.mutable_candidate() = candidate;
      Tell(alone, std::move(event));
    }
    return;
  }
  const auto ended = std::find_if(ended_.begin(), ended_.end(),
                                  [&](const JobPtr& job) { return job->spec.id == id; });
  if (ended == ended_.end()) {
    return listener->OnEnd(absl::NotFoundError(
        base::StrCat("job_id '", id, "' is no job of now; 'history' has those that were done")));
  }
  const Job& job = **ended;
  if (job.state == v1::JOB_STATE_CANCELLED) {
    return listener->OnEnd(absl::CancelledError("the job was cancelled"));
  }
  if (job.state == v1::JOB_STATE_FAILED) return listener->OnEnd(absl::AbortedError(job.error));
  v1::GenerateEvent event;
  event.set_job_id(id);
  event.mutable_done()->set_record_id(job.record_id);
  event.mutable_done()->set_elapsed_ms(job.result.elapsed_ms);
  event.mutable_done()->set_from_cache(job.from_cache);
  for (const std::uint32_t index : job.result.ranking) event.mutable_done()->add_ranking(index);
  listener->OnEvent(event);
  listener->OnEnd(absl::OkStatus());
}

void Board::Leave(const std::shared_ptr<Listener>& listener) {
  std::vector<std::string> cancelled;
  for (const auto& [id, job] : jobs_) {
    std::erase(job->listeners, listener);
    if (job->owner != listener) continue;
    job->owner = nullptr;
    if (!job->spec.request.detached()) cancelled.push_back(id);
  }
  for (const std::string& id : cancelled) Cancel(id, [](const absl::Status&) {});
}

void Board::Cancel(const std::string& id, const Done& done) {
  const JobPtr job = Find(id);
  if (!job) {
    const bool known = std::any_of(ended_.begin(), ended_.end(),
                                   [&](const JobPtr& ended) { return ended->spec.id == id; });
    return done(known ? absl::OkStatus()
                      : absl::NotFoundError(base::StrCat("job_id '", id, "' is no job of now")));
  }
  if (job->phase == Phase::kRecording || job->phase == Phase::kCancelling) {
    return done(absl::OkStatus());
  }
  const absl::Status why = absl::CancelledError("the job was cancelled");
  if (job->phase == Phase::kAtWork) {
    // Its place is free when the worker says so.
    job->phase = Phase::kCancelling;
    job->state = v1::JOB_STATE_CANCELLED;
    CloseListeners(job.get(), why);
    workers_->Cancel(id);
  } else {
    queue_.Remove(id);
    job->state = v1::JOB_STATE_CANCELLED;
    CloseListeners(job.get(), why);
    Forget(job);
  }
  if (!job->is_prediction()) figures_.set_cancelled(figures_.cancelled() + 1);
  Changed(*job);
  if (job->spec.request.detached()) {
    OnStore([store = store_, id] { return store->RemovePending(id); },
            [done](const absl::Status& status) { done(status); });
  } else {
    done(absl::OkStatus());
  }
  Advance();
}

void Board::TakeUpPending(const Resolve& resolve, const std::function<void()>& taken_up) {
  struct Found {
    absl::StatusOr<JobSpec> spec;
    std::string id;
  };
  OnStore(
      [store = store_, resolve] {
        std::vector<Found> found;
        const auto pending = store->ListPending();
        if (!pending.ok()) {
          base::Log("jobs").warn("jobs of before are not known: {}",
                                 base::MessageOf(pending.status()));
          return found;
        }
        for (const PendingJob& job : *pending) {
          found.push_back({resolve(job), job.id});
          if (found.back().spec.ok()) continue;
          base::Log("jobs").error("job {} of before is given up: {}", job.id,
                                  base::MessageOf(found.back().spec.status()));
          static_cast<void>(store->RemovePending(job.id));
        }
        return found;
      },
      [this, taken_up](const std::vector<Found>& found) {
        for (const Found& one : found) {
          if (!one.spec.ok() || stopping_ || jobs_.contains(one.id)) continue;
          const auto job = std::make_shared<Job>();
          job->spec = *one.spec;
          job->cache_key = CacheKey(job->spec.request,
                                    ModelDigest(job->spec.package->manifest, job->spec.variant));
          jobs_[one.id] = job;
          figures_.set_submitted(figures_.submitted() + 1);
          base::Log("jobs").info("job {} of before is taken up again", one.id);
          Enqueue(job, false);
        }
        taken_up();
      });
}

void Board::DropPredictions() {
  std::vector<std::string> dropped;
  for (const std::string& id : queue_.Ids(v1::JOB_PRIORITY_SPECULATIVE)) {
    if (jobs_.at(id)->is_prediction()) dropped.push_back(id);
  }
  for (const std::string& id : at_work_) {
    const JobPtr& job = jobs_.at(id);
    if (job->is_prediction() && job->phase == Phase::kAtWork) dropped.push_back(id);
  }
  for (const std::string& id : dropped) {
    figures_.set_predictions_dropped(figures_.predictions_dropped() + 1);
    Cancel(id, [](const absl::Status&) {});
  }
}

void Board::Predict(const Job& job) {
  if (!options_.predict || stopping_ || live() > 0 || job.spec.request.fresh() ||
      PriorityOf(job.spec.request) != v1::JOB_PRIORITY_INTERACTIVE) {
    return;
  }
  for (v1::GenerateRequest& request :
       PredictNext(job.spec.request, job.result, job.spec.package->manifest)) {
    JobSpec next = job.spec;
    next.client = "prediction";
    next.request = std::move(request);
    next.prediction = true;
    const std::string digest = ModelDigest(next.package->manifest, next.variant);
    if (cache_.Has(CacheKey(next.request, digest))) {
      seeds_[KeyWithoutSeed(next)] = next.request.seed();
      continue;
    }
    figures_.set_predictions(figures_.predictions() + 1);
    Submit(std::move(next), nullptr);
  }
}

}  // namespace continuo::job
