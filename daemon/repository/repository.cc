// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/repository.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/room.h"
#include "daemon/repository/download.h"
#include "daemon/repository/publish.h"
#include "daemon/repository/search.h"

namespace continuo::repository {
namespace {

// A progress message a megabyte is enough for any bar.
constexpr std::uint64_t kReportBytes = 1U << 20;

v1::RepositoryProgress Step(const char* name, const std::string& package = "") {
  v1::RepositoryProgress progress;
  progress.set_step(name);
  progress.set_package(package);
  return progress;
}

std::string NameOf(const v1::RepositoryEntry& entry) {
  return base::StrCat(entry.id(), " ", entry.version());
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
        Offers(indexes_).Newest(manifest.id(), "", request.channel() == v1::CHANNEL_BETA);
    if (!offer.ok() || !IsNewer(offer->entry->version(), manifest.version())) continue;
    v1::ModelUpdate* const update = response.add_updates();
    update->set_id(manifest.id());
    update->set_installed_version(manifest.version());
    update->set_source(offer->source->source().name);
    *update->mutable_entry() = *offer->entry;
  }
  return response;
}

absl::Status Repository::WithProblems(
    const absl::Status& status,
    const google::protobuf::RepeatedPtrField<v1::RepositorySource>& failed) const {
  std::string message(base::MessageOf(status));
  for (const auto& source : failed) base::StrAppend(&message, "; ", source.problem());
  if (indexes_.empty()) base::StrAppend(&message, "; the configuration names no repository");
  return absl::Status(status.code(), message);
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
  const Offers offers(indexes_);
  const absl::StatusOr<Offer> offer = offers.Find(request);
  if (!offer.ok()) return WithProblems(offer.status(), failed.failed());
  const v1::RepositoryEntry& entry = *offer->entry;
  if (const auto there = options_.store->Find(entry.id(), entry.version()); there.ok()) {
    v1::InstalledFromRepository result;
    result.set_source(offer->source->source().name);
    *result.mutable_entry() = entry;
    result.set_already_installed(true);
    result.set_path((*there)->directory);
    return result;
  }
  const auto all = WithDependencies(*offer, *options_.store->List(), offers,
                                    request.channel() == v1::CHANNEL_BETA);
  if (!all.ok()) return WithProblems(all.status(), failed.failed());
  auto installed = InstallAll(*all, on_step, cancelled);
  if (!installed.ok()) return installed.status();
  v1::InstalledFromRepository result = std::move(installed->back());
  installed->pop_back();
  for (auto& dependency : *installed) *result.add_dependencies() = std::move(dependency);
  return result;
}

absl::StatusOr<std::vector<v1::InstalledFromRepository>> Repository::InstallDependencies(
    const v1::ModelManifest& manifest,
    const std::function<absl::Status(const v1::RepositoryEntry&)>& accept, const OnStep& on_step,
    const Cancelled& cancelled_by_client) {
  const Cancelled cancelled = OrStopping(cancelled_by_client);
  on_step(Step("waiting"));
  const absl::MutexLock one(&installing_);
  if (cancelled()) return absl::CancelledError("the installation was cancelled");
  const v1::RepositoryEntry needing = Describe(manifest);
  const Offers offers(indexes_);
  if (model::CheckDependencies(manifest, *options_.store->List()).ok()) {
    return std::vector<v1::InstalledFromRepository>();
  }
  on_step(Step("refreshing"));
  v1::ListUpdatesResponse failed;
  Ready(cancelled, failed.mutable_failed());
  auto all = WithDependencies({nullptr, nullptr, &needing}, *options_.store->List(), offers, false);
  if (!all.ok()) return WithProblems(all.status(), failed.failed());
  all->pop_back();  // the package itself is installed by who asks
  for (const Offer& offer : *all) {
    if (absl::Status status = accept(*offer.entry); !status.ok()) return status;
  }
  return InstallAll(*all, on_step, cancelled);
}

absl::StatusOr<PartFile> Repository::Fetch(const Offer& offer, const OnStep& on_step,
                                           const Cancelled& cancelled,
                                           v1::InstalledFromRepository* result) const {
  const v1::RepositoryEntry& entry = *offer.entry;
  Download download{offer.source->source(), {}, entry, options_.state_directory};
  download.mirrors.assign(offer.index->mirrors().begin(), offer.index->mirrors().end());
  std::uint64_t reported = 0;
  v1::RepositoryProgress progress = Step("downloading", NameOf(entry));
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
      [result](const std::string& remark) { result->add_remarks(remark); }, cancelled};
  on_step(progress);
  return DownloadArchive(download, watch);
}

absl::StatusOr<std::vector<v1::InstalledFromRepository>> Repository::InstallAll(
    const std::vector<Offer>& offers, const OnStep& on_step, const Cancelled& cancelled) {
  std::uint64_t bytes = 0;
  for (const Offer& offer : offers) {
    bytes += offer.entry->installed_bytes() + offer.entry->size_bytes();
  }
  if (absl::Status room = model::CheckRoom(options_.models_directory, bytes); !room.ok()) {
    return room;
  }
  std::vector<v1::InstalledFromRepository> results;
  std::vector<PartFile> archives;
  for (const Offer& offer : offers) {
    v1::InstalledFromRepository& result = results.emplace_back();
    result.set_source(offer.source->source().name);
    *result.mutable_entry() = *offer.entry;
    absl::StatusOr<PartFile> archive = Fetch(offer, on_step, cancelled, &result);
    if (!archive.ok()) return archive.status();
    archives.push_back(*std::move(archive));
  }
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const v1::RepositoryEntry& entry = *offers[i].entry;
    on_step(Step("checking", NameOf(entry)));
    const absl::StatusOr<Placed> one = options_.install(
        archives[i].path(), entry, [&] { on_step(Step("installing", NameOf(entry))); }, cancelled);
    if (!one.ok()) {
      TakeBack(placed);
      return one.status();
    }
    placed.push_back(*one);
    results[i].set_path(one->directory);
  }
  for (const auto& result : results) {
    base::Log("repository")
        .info("{} of '{}' is installed in {}", NameOf(result.entry()), result.source(),
              result.path());
  }
  return results;
}

// Those that need come last, so they go first.
void Repository::TakeBack(const std::vector<Placed>& placed) const {
  for (auto one = placed.rbegin(); one != placed.rend(); ++one) {
    if (one->already_there) continue;
    if (const absl::Status status = options_.remove(*one); !status.ok()) {
      base::Log("repository")
          .warn("{} stays, though what needs it does not: {}", one->directory,
                base::MessageOf(status));
    }
  }
}

}  // namespace continuo::repository
