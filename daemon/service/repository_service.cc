// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/repository_service.h"

#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/service/limits.h"
#include "daemon/service/on_worker.h"
#include "daemon/service/repository_install_reactor.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr int kMaxWords = 16;
constexpr std::size_t kMaxWordBytes = 128;

absl::Status CheckSearch(const v1::SearchModelsRequest& request) {
  absl::Status status = CheckText("license", request.license(), kMaxWordBytes);
  if (request.words_size() > kMaxWords) {
    status.Update(absl::InvalidArgumentError(
        base::StrCat("words has ", request.words_size(), " entries, the limit is ", kMaxWords)));
  }
  for (const std::string& word : request.words()) {
    status.Update(CheckText("words", word, kMaxWordBytes));
  }
  if (!v1::Task_IsValid(request.task())) {
    status.Update(absl::InvalidArgumentError(
        base::StrCat("task is ", static_cast<int>(request.task()), ", the highest known is ",
                     static_cast<int>(v1::Task_MAX))));
  }
  return status;
}

absl::Status CheckNames(const v1::RefreshSourcesRequest& request) {
  absl::Status status;
  for (const std::string& name : request.names()) {
    status.Update(CheckText("names", name, kMaxIdBytes));
  }
  return status;
}

}  // namespace

grpc::ServerUnaryReactor* RepositoryService::ListSources(grpc::CallbackServerContext* context,
                                                         const v1::ListSourcesRequest*,
                                                         v1::ListSourcesResponse* response) {
  auto* const reactor = context->DefaultReactor();
  *response = repository_->ListSources();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* RepositoryService::RefreshSources(
    grpc::CallbackServerContext* context, const v1::RefreshSourcesRequest* request,
    v1::RefreshSourcesResponse* response) {
  return OnWorker(&asker_, context, CheckNames(*request), response,
                  [this, request](const repository::Cancelled& cancelled) {
                    return repository_->Refresh(*request, cancelled);
                  });
}

grpc::ServerUnaryReactor* RepositoryService::SearchModels(grpc::CallbackServerContext* context,
                                                          const v1::SearchModelsRequest* request,
                                                          v1::SearchModelsResponse* response) {
  return OnWorker(&asker_, context, CheckSearch(*request), response,
                  [this, request](const repository::Cancelled& cancelled) {
                    return repository_->Search(*request, cancelled);
                  });
}

grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse>*
RepositoryService::InstallFromRepository(grpc::CallbackServerContext*,
                                         const v1::InstallFromRepositoryRequest* request) {
  return MakeRepositoryInstallReactor(repository_, &installer_, *request);
}

grpc::ServerUnaryReactor* RepositoryService::ListUpdates(grpc::CallbackServerContext* context,
                                                         const v1::ListUpdatesRequest* request,
                                                         v1::ListUpdatesResponse* response) {
  return OnWorker(&asker_, context, CheckText("id", request->id(), kMaxIdBytes), response,
                  [this, request](const repository::Cancelled& cancelled) {
                    return repository_->Updates(*request, cancelled);
                  });
}

}  // namespace continuo::service
