// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/model_service.h"

#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/versions.h"
#include "daemon/service/import_reactor.h"
#include "daemon/service/limits.h"
#include "daemon/service/load_model.h"
#include "daemon/service/model_info.h"
#include "daemon/service/snapshot.h"
#include "daemon/service/status.h"

namespace continuo::service {
ModelService::ModelService(supervisor::Supervisor* supervisor,
                           std::shared_ptr<model::ModelStore> store, ModelWatch* watch,
                           supervisor::JobDesk* desk, repository::Repository* repository)
    : supervisor_(supervisor),
      store_(std::move(store)),
      watch_(watch),
      desk_(desk),
      repository_(repository),
      own_(base::DataDir() + "/models"),
      keeper_(supervisor, desk) {}

grpc::ServerUnaryReactor* ModelService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest* request,
                                                   v1::ListModelsResponse* response) {
  auto* const reactor = context->DefaultReactor();
  if (!v1::Task_IsValid(request->task())) {
    reactor->Finish(ToGrpc(absl::InvalidArgumentError(
        base::StrCat("task is ", static_cast<int>(request->task()), ", the highest known is ",
                     static_cast<int>(v1::Task_MAX)))));
    return reactor;
  }
  const std::shared_ptr<const model::Listing> listing = watch_->Look();
  for (const model::RefusedPackage& refused : listing->refused) {
    v1::RefusedPackage* const added = response->add_refused();
    added->set_path(refused.path);
    added->set_reason(refused.reason);
  }
  GetSnapshot(
      supervisor_, desk_,
      [reactor, response, listing, task = request->task()](const supervisor::Snapshot& snapshot) {
        for (const auto& package : listing->packages) {
          if (task != v1::TASK_UNSPECIFIED && package->manifest.task() != task) continue;
          *response->add_models() = ToProto(*package, *listing, snapshot);
        }
        reactor->Finish(grpc::Status::OK);
      });
  return reactor;
}

grpc::ServerUnaryReactor* ModelService::GetModel(grpc::CallbackServerContext* context,
                                                 const v1::GetModelRequest* request,
                                                 v1::GetModelResponse* response) {
  auto* const reactor = context->DefaultReactor();
  if (absl::Status status = CheckModel(request->id(), request->version()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  const absl::StatusOr<std::shared_ptr<const model::Package>> package =
      request->to_run() ? store_->FindToRun(request->id(), request->version())
                        : store_->Find(request->id(), request->version());
  if (!package.ok()) {
    reactor->Finish(ToGrpc(package.status()));
    return reactor;
  }
  GetSnapshot(supervisor_, desk_,
              [reactor, response, package = *package,
               listing = store_->List()](const supervisor::Snapshot& snapshot) {
                *response->mutable_model() = ToProto(*package, *listing, snapshot);
                reactor->Finish(grpc::Status::OK);
              });
  return reactor;
}

grpc::ServerUnaryReactor* ModelService::LoadModel(grpc::CallbackServerContext* context,
                                                  const v1::LoadModelRequest* request,
                                                  v1::LoadModelResponse* response) {
  auto* const reactor = context->DefaultReactor();
  if (absl::Status status = CheckModel(request->id(), request->version()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  LoadAnyModel(supervisor_, desk_, store_.get(), *request, kKeepAsConfigured,
               [reactor, response](const absl::StatusOr<supervisor::LoadedVariant>& loaded) {
                 if (loaded.ok()) {
                   response->set_variant(loaded->variant);
                   response->set_runner_pid(loaded->runner_pid);
                 }
                 reactor->Finish(ToGrpc(loaded.status()));
               });
  return reactor;
}

grpc::ServerUnaryReactor* ModelService::UnloadModel(grpc::CallbackServerContext* context,
                                                    const v1::UnloadModelRequest* request,
                                                    v1::UnloadModelResponse* response) {
  auto* const reactor = context->DefaultReactor();
  if (absl::Status status = CheckModel(request->id(), request->version()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  supervisor_->UnloadModel(
      request->id(), request->version(),
      [desk = desk_, id = request->id(), version = request->version(), reactor,
       response](const absl::StatusOr<std::uint32_t>& unloaded) {
        if (!unloaded.ok()) return reactor->Finish(ToGrpc(unloaded.status()));
        response->set_unloaded_variants(*unloaded);
        desk->UnloadModel(
            id, version, [reactor, response](const absl::StatusOr<std::uint32_t>& more) {
              if (more.ok()) {
                response->set_unloaded_variants(response->unloaded_variants() + *more);
              }
              reactor->Finish(ToGrpc(more.status()));
            });
      });
  return reactor;
}

grpc::ServerWriteReactor<v1::ImportModelResponse>* ModelService::ImportModel(
    grpc::CallbackServerContext* context, const v1::ImportModelRequest* request) {
  return MakeImportReactor(supervisor_, context, *request);
}

grpc::ServerUnaryReactor* ModelService::RemoveModel(grpc::CallbackServerContext* context,
                                                    const v1::RemoveModelRequest* request,
                                                    v1::RemoveModelResponse* response) {
  auto* const reactor = context->DefaultReactor();
  if (absl::Status status = CheckModel(request->id(), request->version()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  supervisor_->RemoveModel(
      request->id(), request->version(),
      [this, id = request->id(), version = request->version(), reactor,
       response](const absl::StatusOr<std::vector<std::string>>& removed) {
        if (!removed.ok()) return reactor->Finish(ToGrpc(removed.status()));
        response->mutable_paths()->Assign(removed->begin(), removed->end());
        worker_.Run([this, id, version, reactor] {
          reactor->Finish(ToGrpc(model::NoteRemoved(store_.get(), id, version)));
        });
      });
  return reactor;
}

}  // namespace continuo::service
