// SPDX-License-Identifier: Apache-2.0
// continuo.v1.RepositoryService: translation only.
// Threads: no handler waits for disk or network; a worker asks and searches, another installs.
#pragma once

#include "continuo/v1/repository_service.grpc.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/repository/repository.h"

namespace continuo::service {

class RepositoryService : public v1::RepositoryService::CallbackService {
 public:
  // It outlives this object.
  explicit RepositoryService(repository::Repository* repository) : repository_(repository) {}

  grpc::ServerUnaryReactor* ListSources(grpc::CallbackServerContext* context,
                                        const v1::ListSourcesRequest* request,
                                        v1::ListSourcesResponse* response) override;
  grpc::ServerUnaryReactor* RefreshSources(grpc::CallbackServerContext* context,
                                           const v1::RefreshSourcesRequest* request,
                                           v1::RefreshSourcesResponse* response) override;
  grpc::ServerUnaryReactor* SearchModels(grpc::CallbackServerContext* context,
                                         const v1::SearchModelsRequest* request,
                                         v1::SearchModelsResponse* response) override;
  grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse>* InstallFromRepository(
      grpc::CallbackServerContext* context,
      const v1::InstallFromRepositoryRequest* request) override;
  grpc::ServerUnaryReactor* ListUpdates(grpc::CallbackServerContext* context,
                                        const v1::ListUpdatesRequest* request,
                                        v1::ListUpdatesResponse* response) override;

  // What is at work ends with CANCELLED; before the server is shut down.
  void Stop() { repository_->Stop(); }

 private:
  repository::Repository* const repository_;
  base::BackgroundWorker asker_{"repository"};
  base::BackgroundWorker installer_{"repo-install"};
};

}  // namespace continuo::service
