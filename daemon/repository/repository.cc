// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/repository.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/repository/download.h"
#include "daemon/repository/search.h"

namespace continuo::repository {
namespace {

// A progress message a megabyte is enough for any bar.
constexpr std::uint64_t kReportBytes = 1U << 20;

bool Runs(const v1::RepositoryEntry& entry) {
  return base::ParseSemanticVersion(entry.minimum_daemon_version()) <=
         base::ParseSemanticVersion(base::kVersion);
}

absl::Status NeedsDaemon(const v1::RepositoryEntry& entry) {
  return absl::FailedPreconditionError(
      base::StrCat(entry.id(), " ", entry.version(), " needs continuod ",
                   entry.minimum_daemon_version(), ", this is ", base::kVersion, "; update it"));
}

v1::RepositoryProgress Step(const char* name) {
  v1::RepositoryProgress progress;
  progress.set_step(name);
  return progress;
}

}  // namespace

Repository::Repository(RepositoryOptions options) : options_(std::move(options)) {
  for (const Source& source : options_.sources) {
    indexes_.push_back(std::make_unique<KnownIndex>(source, options_.state_directory));
  }
  if (const int removed = SweepParts(options_.state_directory); removed > 0) {
    base::Log("repository").info("removed {} parts of archives of a week ago", removed);
  }
}

Cancelled Repository::OrStopping(const Cancelled& cancelled) const {
  return [this, cancelled] { return stopping_ || (cancelled && cancelled()); };
}

v1::ListSourcesResponse Repository::ListSources() const {
  v1::ListSourcesResponse response;
  for (const auto& index : indexes_) *response.add_sources() = index->Info();
  return response;
}

absl::StatusOr<v1::RefreshSourcesResponse> Repository::Refresh(
    const v1::RefreshSourcesRequest& request, const Cancelled& cancelled) {
  for (const std::string& name : request.names()) {
    if (std::none_of(indexes_.begin(), indexes_.end(),
                     [&](const auto& index) { return index->source().name == name; })) {
      return absl::NotFoundError(
          base::StrCat("the configuration has no repository '", name,
                       "'; `continuoctl repo list` has those that there are"));
    }
  }
  v1::RefreshSourcesResponse response;
  for (const auto& index : indexes_) {
    const bool named = std::find(request.names().begin(), request.names().end(),
                                 index->source().name) != request.names().end();
    if (!request.names().empty() && !named) continue;
    const absl::Status status = index->Fetch(OrStopping(cancelled));
    if (absl::IsCancelled(status)) return status;
    if (!status.ok()) base::Log("repository").warn("{}", base::MessageOf(status));
    *response.add_sources() = index->Info();
  }
  return response;
}

void Repository::Ready(const Cancelled& cancelled,
                       google::protobuf::RepeatedPtrField<v1::RepositorySource>* failed) {
  for (const auto& index : indexes_) {
    if (index->Usable().ok()) continue;
    if (index->Fetch(OrStopping(cancelled)).ok() || failed == nullptr) continue;
    *failed->Add() = index->Info();
  }
}

absl::StatusOr<v1::SearchModelsResponse> Repository::Search(const v1::SearchModelsRequest& request,
                                                            const Cancelled& cancelled) {
  v1::SearchModelsResponse response;
  Ready(cancelled, response.mutable_failed());
  std::vector<OfferedEntry> offers;
  std::vector<KnownIndex::IndexPtr> keep;
  for (const auto& index : indexes_) {
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    keep.push_back(*usable);
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      offers.push_back({index->source().name, &entry});
    }
  }
  std::map<std::string, std::string> installed;  // of each id the newest comes first
  for (const auto& package : options_.store->List()->packages) {
    installed.try_emplace(package->manifest.id(), package->manifest.version());
  }
  std::size_t bytes = response.ByteSizeLong();
  for (const OfferedEntry& offer : FilterEntries(offers, request)) {
    v1::FoundModel found;
    found.set_source(offer.source);
    *found.mutable_entry() = *offer.entry;
    if (const auto here = installed.find(offer.entry->id()); here != installed.end()) {
      found.set_installed_version(here->second);
    }
    bytes += found.ByteSizeLong() + 8;
    if (bytes > kMaxAnswerBytes) {
      response.set_more(true);
      break;
    }
    *response.add_models() = std::move(found);
  }
  return response;
}

absl::StatusOr<Repository::Offer> Repository::Newest(const std::string& id,
                                                     const std::string& source, bool beta) const {
  for (const auto& index : indexes_) {
    if (!source.empty() && index->source().name != source) continue;
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    const v1::RepositoryEntry* best = nullptr;
    const v1::RepositoryEntry* too_new = nullptr;
    bool only_beta = false;
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      if (entry.id() != id) continue;
      if (entry.channel() == v1::CHANNEL_BETA && !beta) {
        only_beta = true;
      } else if (!Runs(entry)) {
        too_new = &entry;
      } else if (best == nullptr || IsNewer(entry.version(), best->version())) {
        best = &entry;
      }
    }
    if (best != nullptr) return Offer{index.get(), *usable, best};
    if (too_new != nullptr) return NeedsDaemon(*too_new);
    if (only_beta) {
      return absl::NotFoundError(base::StrCat("model '", id, "' of repository '",
                                              index->source().name,
                                              "' has beta versions alone; --channel beta"));
    }
  }
  return absl::NotFoundError(base::StrCat("no repository has a model '", id, "'"));
}

absl::StatusOr<Repository::Offer> Repository::Find(
    const v1::InstallFromRepositoryRequest& request) const {
  const bool beta = request.channel() == v1::CHANNEL_BETA;
  if (request.version().empty()) return Newest(request.id(), request.source(), beta);
  std::string versions;
  for (const auto& index : indexes_) {
    if (!request.source().empty() && index->source().name != request.source()) continue;
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      if (entry.id() != request.id()) continue;
      if (entry.version() == request.version()) {
        if (!Runs(entry)) return NeedsDaemon(entry);
        return Offer{index.get(), *usable, &entry};
      }
      base::StrAppend(&versions, versions.empty() ? "" : ", ", entry.version());
    }
    if (!versions.empty()) {  // the first that has the id, and no other
      return absl::NotFoundError(base::StrCat("repository '", index->source().name, "' has no ",
                                              request.id(), " ", request.version(), "; it has ",
                                              versions));
    }
  }
  return absl::NotFoundError(base::StrCat("no repository has a model '", request.id(), "'"));
}

absl::StatusOr<v1::ListUpdatesResponse> Repository::Updates(const v1::ListUpdatesRequest& request,
                                                            const Cancelled& cancelled) {
  v1::ListUpdatesResponse response;
  Ready(cancelled, response.mutable_failed());
  if (!request.id().empty()) {
    const auto installed = options_.store->Find(request.id(), "");
    if (!installed.ok()) return installed.status();
  }
  std::string last;  // of each id the newest comes first
  for (const auto& package : options_.store->List()->packages) {
    const v1::ModelManifest& manifest = package->manifest;
    if (std::exchange(last, manifest.id()) == manifest.id()) continue;
    if (!request.id().empty() && request.id() != manifest.id()) continue;
    const absl::StatusOr<Offer> offer =
        Newest(manifest.id(), "", request.channel() == v1::CHANNEL_BETA);
    if (!offer.ok() || !IsNewer(offer->entry->version(), manifest.version())) continue;
    v1::ModelUpdate* const update = response.add_updates();
    update->set_id(manifest.id());
    update->set_installed_version(manifest.version());
    update->set_source(offer->source->source().name);
    *update->mutable_entry() = *offer->entry;
  }
  return response;
}

absl::StatusOr<v1::InstalledFromRepository> Repository::Install(
    const v1::InstallFromRepositoryRequest& request, const OnStep& on_step,
    const Cancelled& cancelled_by_client) {
  const Cancelled cancelled = OrStopping(cancelled_by_client);
  on_step(Step("waiting"));
  const absl::MutexLock one(&installing_);
  if (cancelled()) return absl::CancelledError("the installation was cancelled");
  on_step(Step("refreshing"));
  v1::ListUpdatesResponse failed;
  Ready(cancelled, failed.mutable_failed());
  absl::StatusOr<Offer> offer = Find(request);
  if (!offer.ok()) {
    std::string message(base::MessageOf(offer.status()));
    for (const auto& source : failed.failed()) base::StrAppend(&message, "; ", source.problem());
    if (indexes_.empty()) base::StrAppend(&message, "; the configuration names no repository");
    return absl::Status(offer.status().code(), message);
  }
  v1::InstalledFromRepository result;
  result.set_source(offer->source->source().name);
  *result.mutable_entry() = *offer->entry;
  const v1::RepositoryEntry& entry = *offer->entry;
  if (const auto there = options_.store->Find(entry.id(), entry.version()); there.ok()) {
    result.set_already_installed(true);
    result.set_path((*there)->directory);
    return result;
  }
  if (absl::Status room =
          CheckSpace(options_.models_directory, entry.installed_bytes() + entry.size_bytes());
      !room.ok()) {
    return room;
  }
  Download download{offer->source->source(), {}, entry, options_.state_directory};
  download.mirrors.assign(offer->index->mirrors().begin(), offer->index->mirrors().end());
  std::uint64_t reported = 0;
  v1::RepositoryProgress progress = Step("downloading");
  progress.set_total_bytes(entry.size_bytes());
  const DownloadWatch watch{
      [&](std::uint64_t bytes, const std::string& url) {
        if (bytes >= reported && bytes < reported + kReportBytes && bytes < entry.size_bytes()) {
          return;
        }
        reported = bytes;
        progress.set_bytes(bytes);
        progress.set_url(url);
        on_step(progress);
      },
      [&result](const std::string& remark) { result.add_remarks(remark); }, cancelled};
  on_step(progress);
  const absl::StatusOr<PartFile> archive = DownloadArchive(download, watch);
  if (!archive.ok()) return archive.status();
  on_step(Step("checking"));
  absl::StatusOr<std::string> path = options_.install(
      archive->path(), entry, [&on_step] { on_step(Step("installing")); }, cancelled);
  if (!path.ok()) return path.status();
  result.set_path(*path);
  base::Log("repository")
      .info("{} {} of '{}' is installed in {}", entry.id(), entry.version(), result.source(),
            *path);
  return result;
}

}  // namespace continuo::repository
