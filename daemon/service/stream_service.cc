// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/stream_service.h"

#include <atomic>
#include <utility>

#include "daemon/service/attach_reactor.h"
#include "daemon/service/limits.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// Where the caller has gone before it could hear of its stream, the stream goes too.
class OpenReactor : public grpc::ServerUnaryReactor {
 public:
  OpenReactor(supervisor::Supervisor* supervisor, v1::OpenStreamResponse* response)
      : supervisor_(supervisor), response_(response) {}

  void Reply(absl::StatusOr<v1::OpenStreamResponse> made) {
    const grpc::Status status = ToGrpc(made.status());
    if (made.ok()) *response_ = *std::move(made);
    stream_id_ = response_->stream_id();
    Finish(status);
  }

  void OnCancel() override { cancelled_ = true; }

  void OnDone() override {
    if (cancelled_ && stream_id_ != 0) supervisor_->Detach(stream_id_, nullptr);
    delete this;
  }

 private:
  supervisor::Supervisor* const supervisor_;
  v1::OpenStreamResponse* const response_;
  std::uint64_t stream_id_ = 0;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

grpc::ServerUnaryReactor* StreamService::OpenStream(grpc::CallbackServerContext*,
                                                    const v1::OpenStreamRequest* request,
                                                    v1::OpenStreamResponse* response) {
  auto* const reactor = new OpenReactor(supervisor_, response);
  absl::Status status = CheckId("model_id", request->model_id());
  status.Update(CheckText("model_version", request->model_version(), kMaxIdBytes));
  status.Update(CheckText("client_name", request->client_name(), kMaxClientNameBytes));
  if (!status.ok()) {
    reactor->Reply(status);
    return reactor;
  }
  supervisor_->OpenStream(*request, [reactor](absl::StatusOr<v1::OpenStreamResponse> made) {
    reactor->Reply(std::move(made));
  });
  return reactor;
}

grpc::ServerBidiReactor<v1::AttachStreamRequest, v1::StreamEvent>* StreamService::AttachStream(
    grpc::CallbackServerContext*) {
  return MakeAttachReactor(supervisor_);
}

grpc::ServerUnaryReactor* StreamService::SetParameters(grpc::CallbackServerContext* context,
                                                       const v1::SetParametersRequest* request,
                                                       v1::SetParametersResponse*) {
  auto* const reactor = context->DefaultReactor();
  supervisor_->SetParameters(
      *request, [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

grpc::ServerUnaryReactor* StreamService::SetLink(grpc::CallbackServerContext* context,
                                                 const v1::SetLinkRequest* request,
                                                 v1::SetLinkResponse*) {
  auto* const reactor = context->DefaultReactor();
  if (const absl::Status status = CheckText("group", request->group(), kMaxIdBytes); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  supervisor_->SetLink(*request,
                       [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

grpc::ServerUnaryReactor* StreamService::GetStatistics(grpc::CallbackServerContext* context,
                                                       const v1::GetStatisticsRequest* request,
                                                       v1::GetStatisticsResponse* response) {
  auto* const reactor = context->DefaultReactor();
  supervisor_->GetStatistics(
      request->stream_id(),
      [reactor, response](const absl::StatusOr<v1::GetStatisticsResponse>& statistics) {
        if (statistics.ok()) *response = *statistics;
        reactor->Finish(ToGrpc(statistics.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* StreamService::CloseStream(grpc::CallbackServerContext* context,
                                                     const v1::CloseStreamRequest* request,
                                                     v1::CloseStreamResponse*) {
  auto* const reactor = context->DefaultReactor();
  supervisor_->CloseStream(request->stream_id(), [reactor](const absl::Status& status) {
    reactor->Finish(ToGrpc(status));
  });
  return reactor;
}

}  // namespace continuo::service
