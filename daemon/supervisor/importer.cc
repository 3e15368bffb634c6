// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/importer.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/import_manifest.h"
#include "daemon/supervisor/import_packages.h"

namespace continuo::supervisor {
namespace {

namespace fs = std::filesystem;

absl::Status UnknownFormat(const std::string& path) {
  return absl::InvalidArgumentError(base::StrCat(
      path, " is neither JSON (NAM, GuitarML, AIDA-X) nor a TorchScript archive (ZIP)"));
}

std::string NewestVersion(const model::Listing& listing, const std::string& id) {
  std::string newest;
  for (const auto& package : listing.packages) {
    const std::string& version = package->manifest.version();
    if (package->manifest.id() == id &&
        (newest.empty() ||
         base::ParseSemanticVersion(version) > base::ParseSemanticVersion(newest))) {
      newest = version;
    }
  }
  return newest;
}

// Other weights sound otherwise, so it is no mere patch.
std::string VersionAfter(const std::string& version) {
  const auto parts = base::ParseSemanticVersion(version).value_or(base::SemanticVersion{});
  return base::StrCat(parts.major_part, ".", parts.minor_part + 1, ".0");
}

absl::Status Cancelled() { return absl::CancelledError("the import was cancelled"); }

}  // namespace

Importer::Importer(EventLoop* loop, std::shared_ptr<model::ModelStore> store, Host* host,
                   ImporterOptions options)
    : loop_(loop),
      store_(std::move(store)),
      host_(host),
      options_(std::move(options)),
      worker_(std::make_unique<base::BackgroundWorker>("import")) {
  if (const int removed = model::SweepStaging(options_.store_directory); removed > 0) {
    base::Log("import").info("removed {} imports that were never finished", removed);
  }
}

Importer::~Importer() {
  *alive_ = false;
  for (const JobPtr& job : jobs_) job->cancelled = true;
  inspection_.reset();
  claim_.reset();
  worker_.reset();
}

template <typename Work, typename Then>
void Importer::OnWorker(Work work, Then then) {
  worker_->Run([this, work, then, alive = alive_] {
    // Shared, for what is posted must be copyable.
    auto result = std::make_shared<decltype(work())>(work());
    loop_->Post([then, alive, result] {
      if (*alive) then(*result);
    });
  });
}

void Importer::Import(const v1::ImportModelRequest& request,
                      const std::shared_ptr<ImportClient>& client) {
  if (absl::Status status = CheckImportRequest(request); !status.ok()) return client->OnEnd(status);
  if (jobs_.size() >= kMaxImports) {
    return client->OnEnd(absl::ResourceExhaustedError(
        base::StrCat(kMaxImports, " imports are on their way already; wait for one to end")));
  }
  auto job = std::make_shared<Job>();
  job->request = request;
  job->client = client;
  jobs_.push_back(job);
  if (jobs_.size() == 1) {
    Begin();
  } else {
    client->OnProgress("waiting");
  }
}

void Importer::Begin() {
  const JobPtr job = jobs_.front();
  job->client->OnProgress("reading");
  OnWorker([this, job] { return Stage(job.get()); },
           [this, job](const absl::Status& status) {
             if (status.ok() && !job->cancelled) return Inspect(job);
             Finish(job, status.ok() ? Cancelled() : status);
           });
}

absl::Status Importer::Stage(Job* job) const {
  const v1::ImportModelRequest& request = job->request;
  job->id = request.id();
  if (job->id.empty()) {
    absl::StatusOr<std::string> id = model::IdFromFileName(request.path());
    if (!id.ok()) return id.status();
    job->id = *std::move(id);
  }
  job->version = VersionFor(request, job->id);
  if (absl::Status free = CheckFree(request, job->id, job->version); !free.ok()) return free;
  absl::StatusOr<model::Staging> staging = model::Staging::Make(options_.store_directory);
  if (!staging.ok()) return staging.status();
  job->staging = std::make_shared<model::Staging>(*std::move(staging));
  return job->staging->CopyOriginal(request.path(), job->cancelled);
}

std::string Importer::VersionFor(const v1::ImportModelRequest& request,
                                 const std::string& id) const {
  if (!request.version().empty()) return request.version();
  const std::string newest = NewestVersion(*store_->List(), id);
  return request.replace() && !newest.empty() ? newest : model::kImportVersion;
}

absl::Status Importer::CheckFree(const v1::ImportModelRequest& request, const std::string& id,
                                 const std::string& version) const {
  const auto listing = store_->List();
  const fs::path place = fs::path(options_.store_directory) / id;
  for (const auto& package : listing->packages) {
    if (package->manifest.id() != id) continue;
    const bool same = package->manifest.version() == version;
    // Where nothing is said of versions, a second one is hardly what is meant.
    if (!request.replace() && (same || request.version().empty())) {
      return absl::AlreadyExistsError(
          base::StrCat("model '", id, "' is installed already, as ", package->manifest.version(),
                       " in ", package->directory, "; give this one the next version (--version ",
                       VersionAfter(NewestVersion(*listing, id)),
                       "), choose another id (--id) or replace it (--replace)"));
    }
    const fs::path lies(package->directory);
    if (same ? lies != place / version : lies == place) {
      return absl::FailedPreconditionError(
          base::StrCat("model '", id, "' lies in ", package->directory, ", where no import can ",
                       same ? "replace it" : "stand beside it", "; choose another id (--id)"));
    }
  }
  return absl::OkStatus();
}

void Importer::Inspect(const JobPtr& job) {
  InspectionRequest request;
  request.path = job->request.path();
  request.copy_path = job->staging->original_copy();
  request.size_bytes = job->staging->original().size_bytes;
  request.executors = CandidateExecutors(job->staging->original_head(), base::InstalledExecutors());
  request.sample_rate_hz = job->request.sample_rate_hz();
  if (request.executors.empty()) {
    return Finish(job, UnknownFormat(request.path));
  }
  const std::string& executor = request.executors.front();
  const memory::Need need = memory::EstimatedNeed(executor, false, request.size_bytes);
  claim_ = std::make_unique<MemoryClaim>(
      options_.memory, loop_,
      ClaimRequest{"import", base::StrCat(executor, " inspection"),
                   fs::path(request.path).filename().string(), "being inspected",
                   std::max(need.bytes + need.work_bytes, need.peak_bytes)},
      [this, job, request](const absl::Status& granted) {
        if (granted.ok() && !job->cancelled) return StartInspection(job, request);
        claim_.reset();
        Finish(job, granted.ok() ? Cancelled() : granted);
      });
}

void Importer::StartInspection(const JobPtr& job, const InspectionRequest& request) {
  absl::StatusOr<std::unique_ptr<Inspection>> started = Inspection::Start(
      loop_, options_.runner, options_.timeout_s, request,
      {[job](const std::string& step) { job->client->OnProgress(step); },
       [this, job, alive = alive_](const absl::StatusOr<internal::Inspected>& inspected) {
         loop_->Post([this, job, inspected, alive] {
           if (!*alive) return;
           inspection_.reset();
           claim_.reset();
           if (absl::IsUnimplemented(inspected.status())) {
             return Finish(job, UnknownFormat(job->request.path()));
           }
           if (!inspected.ok()) return Finish(job, inspected.status());
           if (job->cancelled) return Finish(job, Cancelled());
           Prepare(job, *inspected);
         });
       }});
  if (!started.ok()) {
    claim_.reset();
    return Finish(job, started.status());
  }
  inspection_ = *std::move(started);
  claim_->SetProcess(inspection_->pid());
}

void Importer::Prepare(const JobPtr& job, const internal::Inspected& inspected) {
  if (!job->request.dry_run()) job->client->OnProgress("installing");
  OnWorker(
      [this, job, inspected] {
        const auto check_id = [&](const std::string& id) {
          return CheckFree(job->request, id, job->version);
        };
        return MakeImportPackages(job->request, job->id, job->version, inspected, check_id,
                                  job->staging.get(), &job->result);
      },
      [this, job](const absl::Status& status) {
        if (!status.ok()) return Finish(job, status);
        if (job->cancelled) {
          return Finish(job, Cancelled());
        }
        Install(job);
      });
}

// On the loop, so that no stream begins with the old package between unloading and renaming.
void Importer::Install(const JobPtr& job) {
  if (job->request.dry_run()) return Finish(job, absl::OkStatus());
  absl::Status status;
  for (const v1::ModelManifest& manifest : job->result.manifests()) {
    if (status.ok() && job->request.replace())
      status = host_->GiveUp(manifest.id(), manifest.version());
  }
  if (status.ok()) status = job->staging->Install(job->request.replace());
  if (status.ok()) {
    for (const std::string& path : job->staging->InstalledPaths()) job->result.add_paths(path);
    host_->OnModelsInstalled();
    base::Log("import").info("{} imported as {}", job->request.path(), job->id);
  }
  Finish(job, status);
}

void Importer::Finish(const JobPtr& job, const absl::Status& status) {
  // The client hears of the end when nothing is left to be cleaned up.
  OnWorker(
      [job] {
        if (job->staging) job->staging->Sync();
        job->staging.reset();
        return true;
      },
      [this, job, status](bool) {
        if (!status.ok()) {
          base::Log("import").warn("{} not imported: {}", job->request.path(),
                                   base::MessageOf(status));
        }
        job->client->OnEnd(status.ok() ? absl::StatusOr<v1::ImportResult>(job->result) : status);
        jobs_.pop_front();
        if (!jobs_.empty()) Begin();
      });
}

void Importer::Cancel(const std::shared_ptr<ImportClient>& client) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const JobPtr& job) { return job->client == client; });
  if (found == jobs_.end()) return;
  (*found)->cancelled = true;
  if (found != jobs_.begin()) {
    jobs_.erase(found);
    client->OnEnd(Cancelled());
  } else if (inspection_) {
    inspection_->Cancel();
  } else if (claim_) {
    claim_.reset();
    Finish(*found, Cancelled());
  }
}

void Importer::Stop() {
  *alive_ = false;  // nothing goes on from here
  for (const JobPtr& job : jobs_) {
    job->cancelled = true;
    job->client->OnEnd(absl::UnavailableError("the daemon is stopping"));
  }
  inspection_.reset();
  claim_.reset();
  jobs_.clear();
}

void Importer::Discard(const std::shared_ptr<model::Staging>& staging,
                       const std::function<void()>& done) {
  OnWorker(
      [staging] {
        staging->Discard();
        return true;
      },
      [done](bool) { done(); });
}

}  // namespace continuo::supervisor
