// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/server.h"

#include <fcntl.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include "daemon/service/limits.h"

namespace continuo::service {

Server::Server(const DaemonInfo& info, supervisor::Supervisor* supervisor,
               const std::shared_ptr<model::ModelStore>& store, EventBroadcaster* events,
               MetricsCollector* metrics, supervisor::JobDesk* desk, history::History* history,
               repository::Repository* repository, supervisor::MemoryKeeper* memory,
               const FitTools& fit)
    : model_watch_(store, events),
      daemon_service_(info, supervisor, store, events, desk),
      fit_service_(fit),
      generation_service_(desk),
      history_service_(history, desk),
      key_service_(supervisor),
      memory_service_(memory, supervisor, desk, store),
      metrics_service_(metrics),
      model_service_(supervisor, store, &model_watch_, desk, repository),
      repository_service_(repository),
      stream_service_(supervisor) {}

absl::Status Server::Start() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // Reflection alone is a synchronous service: one thread does for it.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.RegisterService(&daemon_service_);
  builder.RegisterService(&fit_service_);
  builder.RegisterService(&generation_service_);
  builder.RegisterService(&history_service_);
  builder.RegisterService(&key_service_);
  builder.RegisterService(&memory_service_);
  builder.RegisterService(&metrics_service_);
  builder.RegisterService(&model_service_);
  builder.RegisterService(&repository_service_);
  builder.RegisterService(&stream_service_);
  server_ = builder.BuildAndStart();
  if (!server_) return absl::InternalError("gRPC cannot start its server");
  for (const char* name :
       {v1::DaemonService::service_full_name(), v1::FitService::service_full_name(),
        v1::GenerationService::service_full_name(), v1::HistoryService::service_full_name(),
        v1::KeyService::service_full_name(), v1::MemoryService::service_full_name(),
        v1::MetricsService::service_full_name(), v1::ModelService::service_full_name(),
        v1::RepositoryService::service_full_name(), v1::StreamService::service_full_name()}) {
    server_->GetHealthCheckService()->SetServingStatus(name, true);
  }
  return absl::OkStatus();
}

void Server::AddConnection(base::UniqueFd connection) {
  ::fcntl(connection.get(), F_SETFL, O_NONBLOCK);
  grpc::AddInsecureChannelFromFd(server_.get(), connection.Release());
}

void Server::Shutdown(std::chrono::milliseconds patience) {
  if (!server_) return;
  repository_service_.Stop();
  server_->GetHealthCheckService()->SetServingStatus(false);
  server_->Shutdown(std::chrono::system_clock::now() + patience);
  server_->Wait();
}

}  // namespace continuo::service
