// SPDX-License-Identifier: Apache-2.0
// The models that can be had: sources searched as one, and installed from.
//
// Trust: the sources stand in the order of the configuration, and a model is taken from the
// first that has it, whatever versions others offer: a source that is added later cannot put
// its own package in the place of one that is known.
// Threads: [any-thread]. Refresh and Install block, the latter one after the other; the rest
// may, where an index is missing and has to be fetched.
// Errors: as in repository_service.proto.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/repository_service.pb.h"
#include "daemon/model/store.h"
#include "daemon/repository/known_index.h"
#include "daemon/repository/offers.h"
#include "daemon/repository/part_file.h"
#include "daemon/repository/source.h"

namespace continuo::repository {

using Cancelled = std::function<bool()>;
using OnStep = std::function<void(const v1::RepositoryProgress&)>;

// A package in the store.
struct Placed {
  std::string directory;
  bool already_there = false;  // by another, in the meantime
};

struct RepositoryOptions {
  std::vector<Source> sources;
  std::string state_directory;   // indexes, and parts of archives
  std::string models_directory;  // where there has to be room for a package
  std::shared_ptr<model::ModelStore> store;
  // Installs an archive that has passed every check of the index.
  std::function<absl::StatusOr<Placed>(const std::string& archive, const v1::RepositoryEntry& entry,
                                       const std::function<void()>& on_installing,
                                       const Cancelled& cancelled)>
      install;
  // Takes back what `install` has placed just now.
  std::function<absl::Status(const Placed& placed)> remove;
};

class Repository {
 public:
  explicit Repository(RepositoryOptions options);

  [[nodiscard]] v1::ListSourcesResponse ListSources() const;
  [[nodiscard]] absl::StatusOr<v1::RefreshSourcesResponse> Refresh(
      const v1::RefreshSourcesRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::SearchModelsResponse> Search(
      const v1::SearchModelsRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::ListUpdatesResponse> Updates(
      const v1::ListUpdatesRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::InstalledFromRepository> Install(
      const v1::InstallFromRepositoryRequest& request, const OnStep& on_step,
      const Cancelled& cancelled);

  // What a package needs that is not installed, all of it or nothing; `accept` may refuse one of
  // them. Asks nobody where nothing is missing. In the order in which they were installed.
  [[nodiscard]] absl::StatusOr<std::vector<v1::InstalledFromRepository>> InstallDependencies(
      const v1::ModelManifest& manifest,
      const std::function<absl::Status(const v1::RepositoryEntry&)>& accept, const OnStep& on_step,
      const Cancelled& cancelled);

  // Ends what blocks, within about a second, with CANCELLED; for the daemon's end.
  void Stop() { stopping_ = true; }

 private:
  // Of sources with an index that may be used, fetched where it is missing; the others' state
  // is appended to `failed`.
  void Ready(const Cancelled& cancelled,
             google::protobuf::RepeatedPtrField<v1::RepositorySource>* failed);
  // Downloads all of them, then installs all of them, in their order; or leaves nothing.
  [[nodiscard]] absl::StatusOr<std::vector<v1::InstalledFromRepository>> InstallAll(
      const std::vector<Offer>& offers, const OnStep& on_step, const Cancelled& cancelled)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(installing_);
  [[nodiscard]] absl::StatusOr<PartFile> Fetch(const Offer& offer, const OnStep& on_step,
                                               const Cancelled& cancelled,
                                               v1::InstalledFromRepository* result) const;
  void TakeBack(const std::vector<Placed>& placed) const;
  // What could not be found, and the sources that could not be asked.
  [[nodiscard]] absl::Status WithProblems(
      const absl::Status& status,
      const google::protobuf::RepeatedPtrField<v1::RepositorySource>& failed) const;
  [[nodiscard]] Cancelled OrStopping(const Cancelled& cancelled) const;

  const RepositoryOptions options_;
  std::vector<std::unique_ptr<KnownIndex>> indexes_;
  std::atomic<bool> stopping_{false};
  absl::Mutex installing_;
};

}  // namespace continuo::repository
