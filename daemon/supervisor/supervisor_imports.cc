// SPDX-License-Identifier: Apache-2.0
// What the supervisor has to do with packages that come and go.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/staging.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::supervisor {
namespace {

namespace fs = std::filesystem;

// <store>/<id> or <store>/<id>/<version>.
bool LiesIn(const std::string& store, const std::string& directory) {
  const fs::path path = fs::path(directory).lexically_normal();
  const fs::path root = fs::path(store).lexically_normal();
  return path.parent_path() == root || path.parent_path().parent_path() == root;
}

// The directories of the model's packages, all of them the user's own.
absl::StatusOr<std::vector<std::string>> RemovableDirectories(model::ModelStore& store,
                                                              const std::string& own,
                                                              const std::string& id,
                                                              const std::string& version) {
  const auto found = store.Find(id, version);
  if (!found.ok()) return found.status();
  std::vector<std::string> directories;
  for (const auto& package : store.List()->packages) {
    if (package->manifest.id() != id) continue;
    if (!version.empty() && package->manifest.version() != version) continue;
    if (!LiesIn(own, package->directory)) {
      return absl::FailedPreconditionError(
          base::StrCat("model '", id, "' lies in ", package->directory, ", outside ", own,
                       "; remove it by the means that has put it there"));
    }
    directories.push_back(package->directory);
  }
  std::string dependents;
  for (const std::string& dependent : model::DependentsOf(id, version, *store.List())) {
    base::StrAppend(&dependents, dependents.empty() ? "" : ", ", dependent);
  }
  if (!dependents.empty()) {
    return absl::FailedPreconditionError(
        base::StrCat("model '", id, "' is needed by ", dependents, "; remove that first"));
  }
  return directories;
}

}  // namespace

void Supervisor::ImportModel(const v1::ImportModelRequest& request,
                             const std::shared_ptr<ImportClient>& client) {
  const auto refuse = [client](const absl::Status& status) { client->OnEnd(status); };
  Run(refuse, [this, request, client] { importer_->Import(request, client); });
}

void Supervisor::CancelImport(const std::shared_ptr<ImportClient>& client) {
  loop_->Post([this, client] { importer_->Cancel(client); });
}

// Unlike unloading, also where the model is only on its way into a runner.
absl::Status Supervisor::GiveUp(const std::string& id, const std::string& version) {
  const auto users = std::count_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
    const StreamInfo& stream = entry.second.info;
    return stream.model_id == id && (version.empty() || stream.model_version == version);
  });
  if (users > 0) {
    return absl::FailedPreconditionError(base::StrCat("model '", id, "' is used by ", users,
                                                      users == 1 ? " stream" : " streams",
                                                      "; close them first"));
  }
  return UnloadNow(id, version).status();
}

void Supervisor::RemoveModel(const std::string& id, const std::string& version,
                             const Reply<std::vector<std::string>>& reply) {
  const std::string& own = importer_->store_directory();
  const auto directories = RemovableDirectories(*store_, own, id, version);
  if (!directories.ok()) return reply(directories.status());
  absl::StatusOr<model::Staging> made = model::Staging::Make(own);
  if (!made.ok()) return reply(made.status());
  const auto staging = std::make_shared<model::Staging>(*std::move(made));
  Run(reply, [this, id, version, directories = *directories, staging, reply] {
    absl::Status status = GiveUp(id, version);
    for (const std::string& directory : directories) {
      if (status.ok()) status = staging->TakeAway(directory);
    }
    // Of a package in <id>/<version>, if it was the last; rmdir does nothing otherwise.
    ::rmdir((importer_->store_directory() + "/" + id).c_str());
    if (status.ok()) observer_->OnModelsChanged();
    importer_->Discard(staging, [status, directories, reply] {
      if (!status.ok()) return reply(status);
      reply(directories);
    });
  });
}

}  // namespace continuo::supervisor
