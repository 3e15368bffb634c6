// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/history_service.h"

#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/service/limits.h"
#include "daemon/service/peer.h"
#include "daemon/service/regenerate_reactor.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// What a message may have, less its own fields.
constexpr std::size_t kMaxRecordBytes = static_cast<std::size_t>(kMaxMessageBytes) - 1024;

// `work` on `worker`; its answer becomes the call's. Request and response live as long as the
// call does, which ends here.
template <typename Work>
grpc::ServerUnaryReactor* OnWorker(base::BackgroundWorker* worker,
                                   grpc::CallbackServerContext* context, Work work) {
  auto* const reactor = context->DefaultReactor();
  worker->Run([reactor, work] { reactor->Finish(ToGrpc(work())); });
  return reactor;
}

template <typename Value>
absl::Status Put(absl::StatusOr<Value> answer, Value* to) {
  if (answer.ok()) *to = *std::move(answer);
  return answer.status();
}

}  // namespace

grpc::ServerUnaryReactor* HistoryService::ListRecords(grpc::CallbackServerContext* context,
                                                      const v1::ListRecordsRequest* request,
                                                      v1::ListRecordsResponse* response) {
  return OnWorker(&reader_, context,
                  [this, request, response] { return Put(history_->List(*request), response); });
}

grpc::ServerUnaryReactor* HistoryService::GetRecord(grpc::CallbackServerContext* context,
                                                    const v1::GetRecordRequest* request,
                                                    v1::GetRecordResponse* response) {
  return OnWorker(&reader_, context, [this, request, response] {
    absl::Status status = Put(history_->Get(request->id()), response->mutable_record());
    const std::size_t bytes = response->ByteSizeLong();
    if (status.ok() && bytes > kMaxRecordBytes) {
      // A candidate can always be told, as it was when it was made; the input is the client's.
      response->mutable_record()->mutable_plan()->mutable_request()->clear_input();
    }
    return status;
  });
}

grpc::ServerUnaryReactor* HistoryService::UpdateRecord(grpc::CallbackServerContext* context,
                                                       const v1::UpdateRecordRequest* request,
                                                       v1::UpdateRecordResponse* response) {
  return OnWorker(&writer_, context, [this, request, response] {
    absl::Status status = CheckText("title", request->title(), history::kMaxTitleBytes);
    if (!status.ok()) return status;
    return Put(history_->Update(*request), response->mutable_record());
  });
}

grpc::ServerUnaryReactor* HistoryService::PruneRecords(grpc::CallbackServerContext* context,
                                                       const v1::PruneRecordsRequest* request,
                                                       v1::PruneRecordsResponse* response) {
  return OnWorker(&writer_, context,
                  [this, request, response] { return Put(history_->Prune(*request), response); });
}

grpc::ServerUnaryReactor* HistoryService::AdoptRecord(grpc::CallbackServerContext* context,
                                                      const v1::AdoptRecordRequest* request,
                                                      v1::AdoptRecordResponse* response) {
  return OnWorker(&writer_, context, [this, request, response] {
    const absl::StatusOr<bool> is_new = history_->Adopt(request->record(), request->dry_run());
    if (is_new.ok()) response->set_present(!*is_new);
    return is_new.status();
  });
}

grpc::ServerWriteReactor<v1::RegenerateEvent>* HistoryService::RegenerateRecord(
    grpc::CallbackServerContext* context, const v1::RegenerateRecordRequest* request) {
  return MakeRegenerateReactor(history_, desk_, &reader_, request->id(), ClientOf(context->peer()));
}

}  // namespace continuo::service
