// SPDX-License-Identifier: Apache-2.0
// The way out: what workers answer, records, ends; and what is told of it.
#include <algorithm>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/job/board.h"
#include "daemon/job/request_check.h"

namespace continuo::job {
namespace {

constexpr int kMaxLosses = 2;
constexpr std::size_t kKeptEnded = 100;
constexpr std::size_t kKeptSeeds = 256;

v1::HistoryRecord MakeRecord(const JobSpec& spec, const Result& result) {
  v1::HistoryRecord record;
  record.set_id(RecordIdOf(spec.id));
  record.set_created_unix_ms(base::WallMs());
  *record.mutable_plan() = result.plan;
  for (const auto& candidate : result.candidates) *record.add_candidates() = candidate;
  for (const std::uint32_t index : result.ranking) record.add_ranking(index);
  record.set_elapsed_ms(result.elapsed_ms);
  if (!spec.request.parent_record().empty()) record.add_parents(spec.request.parent_record());
  record.set_attribution(spec.package->manifest.attribution());
  record.set_license(spec.package->manifest.license());
  return record;
}

double MillisecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

Board::JobPtr Board::FindAtWork(const std::string& id) const {
  const JobPtr job = Find(id);
  return job && job->phase == Phase::kAtWork ? job : nullptr;
}

void Board::OnPlanned(const std::string& id, const v1::GenerationPlan& plan,
                      std::uint32_t ticks_per_quarter) {
  const JobPtr job = FindAtWork(id);
  if (!job) return;
  const v1::ModelManifest& manifest = job->spec.package->manifest;
  job->result.plan = plan;
  job->result.plan.set_model(manifest.id());
  job->result.plan.set_version(manifest.version());
  job->result.plan.set_variant(manifest.variants(job->spec.variant).id());
  job->result.plan.set_weights_sha256(WeightsSha256(manifest, job->spec.variant));
  NoteSubstitution(job->spec, &job->result.plan);
  job->result.ticks_per_quarter = ticks_per_quarter;
  job->started = true;
  TellStarted(*job);
  Changed(*job);
}

void Board::OnProgress(const std::string& id, const v1::GenerateEvent::Progress& progress) {
  const JobPtr job = FindAtWork(id);
  if (!job) return;
  job->fraction = progress.fraction();
  v1::GenerateEvent event;
  *event.mutable_progress() = progress;
  Tell(*job, std::move(event));
}

void Board::OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial) {
  const JobPtr job = FindAtWork(id);
  if (!job) return;
  v1::GenerateEvent event;
  *event.mutable_partial() = partial;
  Tell(*job, std::move(event));
}

void Board::OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate) {
  const JobPtr job = FindAtWork(id);
  if (!job) return;
  auto& candidates = job->result.candidates;
  const auto place =
      std::lower_bound(candidates.begin(), candidates.end(), candidate.index(),
                       [](const auto& one, std::uint32_t index) { return one.index() < index; });
  if (place != candidates.end() && place->index() == candidate.index()) {
    *place = candidate;
  } else {
    candidates.insert(place, candidate);
  }
  v1::GenerateEvent event;
  *event.mutable_candidate() = candidate;
  Tell(*job, std::move(event));
}

void Board::OnEnded(const std::string& id, const absl::Status& status,
                    const std::vector<std::uint32_t>& ranking, std::uint32_t below_minimum) {
  if (at_work_.erase(id) == 0) return;
  const JobPtr job = jobs_.at(id);
  if (job->phase == Phase::kCancelling) {
    Forget(job);
  } else if (!status.ok()) {
    End(job, status);
  } else {
    job->result.ranking = ranking;
    job->result.below_minimum = below_minimum;
    job->result.elapsed_ms = MillisecondsSince(job->began);
    job_ms_ += (job->result.elapsed_ms - job_ms_) / 8;
    figures_.set_worked_ms(figures_.worked_ms() + job->result.elapsed_ms);
    Keep(*job);
    if (job->is_prediction()) {
      Forget(job);
    } else {
      Record(job);
    }
  }
  Advance();
}

void Board::OnLost(const std::string& id, const std::string& reason) {
  if (at_work_.erase(id) == 0) return;
  const JobPtr job = jobs_.at(id);
  if (job->phase == Phase::kCancelling) {
    Forget(job);
  } else if (job->is_prediction()) {
    End(job, absl::AbortedError(reason));
  } else if (++job->losses > kMaxLosses) {
    End(job, absl::InternalError(base::StrCat("the runner ended ", job->losses,
                                              " times with this job, the last time by ", reason)));
  } else {
    base::Log("jobs").warn("job {} is run again: its runner ended: {}", id, reason);
    figures_.set_reruns(figures_.reruns() + 1);
    job->result = Result();
    job->started = false;
    job->fraction = 0;
    Enqueue(job, true);
  }
  Advance();
}

// Kept for who asks next; with it the seed of a prediction, for who leaves that open.
void Board::Keep(const Job& job) {
  Result kept = job.result;
  kept.predicted = job.is_prediction();
  cache_.Add(job.cache_key, std::move(kept));
  if (!job.is_prediction()) return;
  if (seeds_.size() >= kKeptSeeds) seeds_.erase(seeds_.begin());
  v1::GenerateRequest request = job.spec.request;
  request.clear_seed();
  seeds_[CacheKey(request, ModelDigest(job.spec.package->manifest, job.spec.variant))] =
      job.spec.request.seed();
}

void Board::Answer(const JobPtr& job, const Result& result) {
  job->result = result;
  job->from_cache = true;
  job->started = true;
  job->state = v1::JOB_STATE_RUNNING;
  // What a record is made of, and whose it is, is this request's.
  v1::GenerateRequest* const request = job->result.plan.mutable_request();
  request->set_priority(job->spec.request.priority());
  request->set_detached(job->spec.request.detached());
  request->set_parent_record(job->spec.request.parent_record());
  jobs_[job->spec.id] = job;
  TellStarted(*job);
  for (const v1::GenerationCandidate& candidate : job->result.candidates) {
    v1::GenerateEvent event;
    *event.mutable_candidate() = candidate;
    Tell(*job, std::move(event));
  }
  Record(job);
}

void Board::Record(const JobPtr& job) {
  job->phase = Phase::kRecording;
  job->fraction = 1;
  const std::string id = job->spec.id;
  const auto record = std::make_shared<v1::HistoryRecord>(MakeRecord(job->spec, job->result));
  OnStore([store = store_, record, id] { return store->AddRecord(*record, id); },
          [this, id](const absl::StatusOr<std::string>& record_id) { OnRecorded(id, record_id); });
}

void Board::OnRecorded(const std::string& id, const absl::StatusOr<std::string>& record_id) {
  const JobPtr job = Find(id);
  if (!job) return;
  if (record_id.ok()) {
    job->record_id = *record_id;
    observer_->OnRecordAdded(*record_id);
  } else {
    base::Log("jobs").error("job {} is done and not in the history: {}", id,
                            base::MessageOf(record_id.status()));
  }
  job->state = v1::JOB_STATE_DONE;
  figures_.set_done(figures_.done() + 1);
  v1::GenerateEvent event;
  v1::GenerateEvent::Done* const done = event.mutable_done();
  done->set_record_id(job->record_id);
  for (const std::uint32_t index : job->result.ranking) done->add_ranking(index);
  done->set_elapsed_ms(job->from_cache ? 0 : job->result.elapsed_ms);
  done->set_from_cache(job->from_cache);
  done->set_below_minimum(job->result.below_minimum);
  Tell(*job, std::move(event));
  CloseListeners(job.get(), absl::OkStatus());
  Changed(*job);
  jobs_.erase(id);
  Predict(*job);
  Forget(job);
  Advance();
}

void Board::End(const JobPtr& job, const absl::Status& status) {
  job->state = v1::JOB_STATE_FAILED;
  job->error = std::string(status.message());
  if (!job->is_prediction()) figures_.set_failed(figures_.failed() + 1);
  if (job->spec.request.detached()) {
    OnStore([store = store_, id = job->spec.id] { return store->RemovePending(id); },
            [](const absl::Status&) {});
  }
  CloseListeners(job.get(), status);
  Changed(*job);
  Forget(job);
}

void Board::CloseListeners(Job* job, const absl::Status& status) {
  for (const auto& listener : std::exchange(job->listeners, {})) listener->OnEnd(status);
  job->owner = nullptr;
}

// Out of the live ones; of what it was, the outline stays a while.
void Board::Forget(const JobPtr& job) {
  jobs_.erase(job->spec.id);
  if (job->is_prediction()) return;
  job->result.candidates.clear();
  job->result.plan.Clear();
  job->spec.request.clear_input();
  ended_.push_back(job);
  if (ended_.size() > kKeptEnded) ended_.pop_front();
}

void Board::Stop() {
  stopping_ = true;
  const absl::Status why = absl::UnavailableError("the daemon is stopping");
  for (const auto& [id, job] : jobs_) CloseListeners(job.get(), why);
}

void Board::Tell(const Job& job, v1::GenerateEvent event) const {
  event.set_job_id(job.spec.id);
  for (const auto& listener : job.listeners) listener->OnEvent(event);
}

void Board::TellQueued(const Job& job) {
  v1::GenerateEvent event;
  event.mutable_queued()->set_position(static_cast<std::uint32_t>(queue_.PositionOf(job.spec.id)));
  Tell(job, std::move(event));
}

void Board::TellStarted(const Job& job) const {
  v1::GenerateEvent event;
  *event.mutable_started()->mutable_plan() = job.result.plan;
  event.mutable_started()->set_ticks_per_quarter(job.result.ticks_per_quarter);
  Tell(job, std::move(event));
}

void Board::Changed(const Job& job) const {
  if (!job.is_prediction()) observer_->OnJobChanged(ToProto(job));
}

v1::Job Board::ToProto(const Job& job) const {
  v1::Job message;
  message.set_id(job.spec.id);
  message.set_state(job.state);
  message.set_task(job.spec.request.task());
  message.set_model(job.spec.package->manifest.id());
  message.set_priority(PriorityOf(job.spec.request));
  message.set_fraction(job.fraction);
  message.set_record_id(job.record_id);
  message.set_error(job.error);
  message.set_client(job.spec.client);
  return message;
}

std::vector<v1::Job> Board::List() const {
  std::vector<v1::Job> all;
  for (const auto& [id, job] : jobs_) all.push_back(ToProto(*job));
  std::stable_sort(all.begin(), all.end(), [](const v1::Job& a, const v1::Job& b) {
    return a.state() > b.state();  // running ones first
  });
  for (auto job = ended_.rbegin(); job != ended_.rend(); ++job) all.push_back(ToProto(**job));
  return all;
}

std::size_t Board::live() const {
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
    return !entry.second->is_prediction() && entry.second->phase != Phase::kCancelling;
  }));
}

v1::JobMetrics Board::Figures() const {
  v1::JobMetrics figures = figures_;
  figures.set_queued(static_cast<std::uint32_t>(queue_.size()));
  figures.set_running(static_cast<std::uint32_t>(at_work_.size()));
  figures.set_cache_entries(cache_.entries());
  figures.set_cache_bytes(cache_.bytes());
  return figures;
}

}  // namespace continuo::job
