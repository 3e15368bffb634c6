// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/workshop.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/clock.h"
#include "daemon/base/thread.h"

namespace continuo::generate {

Workshop::Workshop(int threads, std::string device, Customer* customer)
    : device_(std::move(device)), customer_(customer) {
  for (int i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    Worker* const worker = workers_.back().get();
    worker->thread = std::thread([this, worker] { Work(worker); });
  }
}

Workshop::~Workshop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (const auto& worker : workers_) worker->thread.join();
}

absl::Status Workshop::AddModel(const std::string& key, std::unique_ptr<executor::Decoder> decoder,
                                std::unique_ptr<Composer> composer, Judge judge) {
  absl::StatusOr<CellCost> cost = CellCost::Measure(*decoder);
  if (!cost.ok()) return cost.status();
  std::string device = device_;
  if (const std::uint64_t window = decoder->shape().window_bytes; window > 0) {
    absl::StrAppend(&device, ", weights streamed through ", base::BytesInWords(window));
  }
  const std::lock_guard lock(mutex_);
  models_[key] = std::make_unique<Model>(
      Model{std::move(decoder), std::move(composer), std::move(judge), *cost, std::move(device)});
  return absl::OkStatus();
}

bool Workshop::Has(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return models_.contains(key);
}

void Workshop::RemoveModel(const std::string& key) {
  std::unique_lock lock(mutex_);
  const auto found = models_.find(key);
  if (found == models_.end()) return;
  Model* const model = found->second.get();
  for (const JobPtr& job : jobs_) {
    if (job->model == model) job->cancelled = true;
  }
  changed_.notify_all();
  changed_.wait(lock, [&] {
    return std::none_of(jobs_.begin(), jobs_.end(),
                        [&](const JobPtr& job) { return job->model == model; });
  });
  models_.erase(key);
}

void Workshop::Run(const Assignment& assignment) {
  auto job = std::make_shared<Job>();
  job->client = assignment.client;
  job->priority = assignment.request.priority() == v1::JOB_PRIORITY_UNSPECIFIED
                      ? v1::JOB_PRIORITY_INTERACTIVE
                      : assignment.request.priority();
  {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(assignment.model_key);
    if (found != models_.end()) {
      job->model = found->second.get();
      job->commission =
          std::make_unique<Commission>(assignment, job->model->composer.get(), &job->model->judge,
                                       &job->model->device, customer_);
      // A client that comes anew begins where the one that is behind most stands.
      std::uint64_t least = ~std::uint64_t{0};
      for (const JobPtr& other : jobs_) {
        if (other->priority == job->priority) {
          least = std::min(least, cells_[{other->priority, other->client}]);
        }
      }
      std::uint64_t& own = cells_[{job->priority, job->client}];
      if (least != ~std::uint64_t{0}) own = std::max(own, least);
      jobs_.push_back(job);
    }
  }
  if (!job->model) {
    return customer_->OnEnded(
        assignment.id,
        absl::NotFoundError(absl::StrCat("model ", assignment.model_key, " is not loaded")), {}, 0);
  }
  changed_.notify_all();
}

void Workshop::Cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  for (const JobPtr& job : jobs_) {
    if (job->commission->id() == id) job->cancelled = true;
  }
}

std::size_t Workshop::jobs() {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::uint64_t Workshop::busy_ns() const {
  std::uint64_t longest = 0;
  for (const auto& worker : workers_) {
    const std::uint64_t since = worker->since_ns.load();
    const std::uint64_t now = base::MonotonicNs();
    if (since != 0 && now > since) longest = std::max(longest, now - since);
  }
  return longest;
}

// With the lock held. Those chosen are with this worker until Finish().
std::vector<Workshop::JobPtr> Workshop::Choose() {
  std::vector<JobPtr> free;
  for (const JobPtr& job : jobs_) {
    if (job->with_worker) continue;
    if (job->cancelled) {
      job->with_worker = true;
      return {job};
    }
    free.push_back(job);
  }
  if (free.empty()) return {};
  int highest = 0;
  for (const JobPtr& job : free) highest = std::max(highest, job->priority);
  std::erase_if(free, [&](const JobPtr& job) { return job->priority != highest; });
  const auto urgent = static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [&](const JobPtr& job) { return job->priority == highest; }));
  const std::size_t share = (urgent + workers_.size() - 1) / workers_.size();
  std::vector<JobPtr> chosen;
  std::size_t cells = 0;
  while (!free.empty() && chosen.size() < share) {
    const auto clock = [&](const JobPtr& job) { return cells_[{job->priority, job->client}]; };
    const auto next = std::min_element(free.begin(), free.end(), [&](const auto& a, const auto& b) {
      return clock(a) < clock(b);
    });
    const JobPtr job = *next;
    free.erase(next);
    const std::size_t wanted = job->commission->pieces();
    if (cells + wanted > kBatch || (!chosen.empty() && job->model != chosen.front()->model)) {
      continue;
    }
    cells += wanted;
    cells_[{job->priority, job->client}] += wanted;
    job->with_worker = true;
    chosen.push_back(job);
  }
  if (!free.empty() && workers_.size() > 1) changed_.notify_one();
  return chosen;
}

CellCost Workshop::CostOf(const Model& model) {
  const std::lock_guard lock(mutex_);
  return model.cost;
}

void Workshop::Step(const std::vector<JobPtr>& chosen) {
  const auto end = [](Job* job, const absl::Status& status) {
    job->ended = status;
    job->over = true;
  };
  std::vector<executor::Cell> cells;
  std::vector<JobPtr> decoding;
  for (const JobPtr& job : chosen) {
    if (job->cancelled) {
      end(job.get(), absl::CancelledError("the job was cancelled"));
      continue;
    }
    if (!job->prepared) {
      const absl::StatusOr<bool> more = job->commission->Prepare(CostOf(*job->model));
      if (!more.ok()) {
        end(job.get(), more.status());
      } else if (!*more) {
        job->prepared = true;
        if (job->commission->done()) end(job.get(), absl::OkStatus());
      }
      if (!job->prepared || job->over) continue;
    }
    job->commission->Gather(&cells);
    decoding.push_back(job);
  }
  if (decoding.empty()) return;
  absl::Status status;
  const std::uint64_t begin = base::MonotonicNs();
  if (!cells.empty()) status = decoding.front()->model->decoder->Next(cells);
  const double us = static_cast<double>(base::MonotonicNs() - begin) / 1000;
  for (const JobPtr& job : decoding) {
    const absl::Status taken = status.ok() ? job->commission->Take() : status;
    if (!taken.ok()) {
      end(job.get(), taken);
    } else if (job->commission->done()) {
      end(job.get(), absl::OkStatus());
    }
  }
  if (cells.empty() || !status.ok()) return;
  const std::lock_guard lock(mutex_);
  decoding.front()->model->cost.Observe(cells.size(), us);
}

void Workshop::Finish(const std::vector<JobPtr>& chosen) {
  for (const JobPtr& job : chosen) {
    if (job->over) job->commission->TellEnd(job->ended);
  }
  const std::lock_guard lock(mutex_);
  bool ended = false;
  for (const JobPtr& job : chosen) {
    job->with_worker = false;
    if (!job->over) continue;
    ended = true;
    jobs_.remove(job);
    job->commission.reset();  // before its model may go
  }
  // Clocks count while there is somebody to be fair to.
  if (jobs_.empty()) cells_.clear();
  if (ended) changed_.notify_all();
}

void Workshop::Work(Worker* worker) {
  base::NameThread("notes");
  base::LowerPriority();
  for (;;) {
    std::vector<JobPtr> chosen;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        if (stopping_) return true;
        chosen = Choose();
        return !chosen.empty();
      });
      if (stopping_) return;
    }
    worker->since_ns.store(base::MonotonicNs());
    Step(chosen);
    worker->since_ns.store(0);
    Finish(chosen);
  }
}

}  // namespace continuo::generate
