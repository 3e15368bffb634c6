// SPDX-License-Identifier: Apache-2.0
// ModelService's calls about packages on the disk, all of them on its worker.
#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/garbage.h"
#include "daemon/model/lint.h"
#include "daemon/model/package.h"
#include "daemon/model/repair.h"
#include "daemon/model/versions.h"
#include "daemon/service/install_reactor.h"
#include "daemon/service/limits.h"
#include "daemon/service/model_info.h"
#include "daemon/service/model_service.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// `work` on `worker`, if `checked` is good; its answer becomes the call's. Request and response
// live as long as the call does, which ends here.
template <typename Work>
grpc::ServerUnaryReactor* OnWorker(base::BackgroundWorker* worker,
                                   grpc::CallbackServerContext* context,
                                   const absl::Status& checked, Work work) {
  auto* const reactor = context->DefaultReactor();
  if (!checked.ok()) {
    reactor->Finish(ToGrpc(checked));
  } else {
    worker->Run([reactor, work] { reactor->Finish(ToGrpc(work())); });
  }
  return reactor;
}

template <typename Response>
absl::Status Put(const absl::StatusOr<model::UsedVersion>& used, Response* response) {
  if (!used.ok()) return used.status();
  response->set_version_before(used->before);
  response->set_version_used(used->now);
  return absl::OkStatus();
}

void Verify(const model::Package& package, const model::Listing& listing,
            v1::Verification* verification) {
  verification->set_id(package.manifest.id());
  verification->set_version(package.manifest.version());
  verification->set_path(package.directory);
  verification->set_files(static_cast<std::uint32_t>(package.manifest.files_size()));
  for (std::string& problem : model::ProblemsOf(package.directory, package.manifest)) {
    verification->add_problems(std::move(problem));
  }
  const absl::Status needs = model::CheckDependencies(package.manifest, listing);
  if (!needs.ok()) verification->add_problems(std::string(needs.message()));
}

}  // namespace

grpc::ServerWriteReactor<v1::InstallModelResponse>* ModelService::InstallModel(
    grpc::CallbackServerContext*, const v1::InstallModelRequest* request) {
  return MakeInstallReactor({store_, own_, &keeper_, watch_, &worker_, repository_}, *request);
}

grpc::ServerUnaryReactor* ModelService::PinModel(grpc::CallbackServerContext* context,
                                                 const v1::PinModelRequest* request,
                                                 v1::PinModelResponse* response) {
  return OnWorker(&worker_, context, CheckModel(request->id(), request->version()),
                  [this, request, response] {
                    absl::Status status =
                        Put(model::Pin(store_.get(), request->id(), request->version()), response);
                    watch_->Look();
                    return status;
                  });
}

grpc::ServerUnaryReactor* ModelService::RollbackModel(grpc::CallbackServerContext* context,
                                                      const v1::RollbackModelRequest* request,
                                                      v1::RollbackModelResponse* response) {
  return OnWorker(&worker_, context, CheckId("id", request->id()), [this, request, response] {
    absl::Status status = Put(model::RollBack(store_.get(), request->id()), response);
    watch_->Look();
    return status;
  });
}

grpc::ServerUnaryReactor* ModelService::VerifyModels(grpc::CallbackServerContext* context,
                                                     const v1::VerifyModelsRequest* request,
                                                     v1::VerifyModelsResponse* response) {
  absl::Status checked = CheckText("id", request->id(), kMaxIdBytes);
  checked.Update(CheckText("version", request->version(), kMaxIdBytes));
  return OnWorker(&worker_, context, checked, [this, request, response] {
    const auto listing = store_->List();
    for (const auto& package : listing->packages) {
      const v1::ModelManifest& manifest = package->manifest;
      if (!request->id().empty() && manifest.id() != request->id()) continue;
      if (!request->version().empty() && manifest.version() != request->version()) continue;
      Verify(*package, *listing, response->add_models());
    }
    for (const model::RefusedPackage& refused : listing->refused) {
      // Of one model only what lies in a directory of its name.
      if (!request->id().empty() &&
          base::StrCat(refused.path, "/").find(base::StrCat("/", request->id(), "/")) ==
              std::string::npos) {
        continue;
      }
      // A good one is refused only because another of this id and version comes first.
      if (model::LoadPackage(refused.path).ok()) continue;
      v1::RefusedPackage* const added = response->add_refused();
      added->set_path(refused.path);
      added->set_reason(refused.reason);
    }
    if (!request->id().empty() && response->models().empty() && response->refused().empty()) {
      return store_->Find(request->id(), request->version()).status();
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ModelService::RepairModel(grpc::CallbackServerContext* context,
                                                    const v1::RepairModelRequest* request,
                                                    v1::RepairModelResponse* response) {
  absl::Status checked = CheckModel(request->id(), request->version());
  if (!request->source().empty()) checked.Update(CheckPath("source", request->source()));
  return OnWorker(&worker_, context, checked, [this, request, response] {
    model::InstallOptions options;
    options.give_up = [this](const std::string& id, const std::string& version) {
      return keeper_.GiveUp(id, version);
    };
    const absl::StatusOr<model::Repaired> repaired =
        model::Repair(store_.get(), own_, request->id(), request->version(), request->source(),
                      std::move(options));
    if (!repaired.ok()) return repaired.status();
    response->set_path(repaired->path);
    response->set_source(repaired->source);
    watch_->Look();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ModelService::LintModel(grpc::CallbackServerContext* context,
                                                  const v1::LintModelRequest* request,
                                                  v1::LintModelResponse* response) {
  return OnWorker(&worker_, context, CheckPath("path", request->path()), [this, request, response] {
    for (v1::Finding& finding : model::Lint(request->path(), own_)) {
      if (finding.severity() == v1::SEVERITY_ERROR) {
        response->set_errors(response->errors() + 1);
      } else {
        response->set_warnings(response->warnings() + 1);
      }
      *response->add_findings() = std::move(finding);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ModelService::CollectGarbage(grpc::CallbackServerContext* context,
                                                       const v1::CollectGarbageRequest* request,
                                                       v1::CollectGarbageResponse* response) {
  return OnWorker(&worker_, context, absl::OkStatus(), [this, request, response] {
    const std::vector<model::Garbage> found =
        model::FindGarbage(store_.get(), own_, request->old_versions());
    for (const model::Garbage& item : found) {
      // One that is in use stays: it is not garbage after all.
      if (!item.id.empty() && !request->dry_run()) {
        if (!keeper_.Remove(item.id, item.version).ok()) continue;
        (void)model::NoteRemoved(store_.get(), item.id, item.version);
      }
      v1::Garbage* const added = response->add_garbage();
      added->set_path(item.path);
      added->set_reason(item.reason);
      added->set_bytes(item.bytes);
      response->set_freed_bytes(response->freed_bytes() + item.bytes);
    }
    if (!request->dry_run()) model::RemoveGarbage(own_, found);
    watch_->Look();
    return absl::OkStatus();
  });
}

}  // namespace continuo::service
