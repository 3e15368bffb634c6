// SPDX-License-Identifier: Apache-2.0
// continuo.v1.HistoryService: translation only.
// Threads: no handler waits for the disk; a worker reads, another writes, so that a long prune
// keeps no list waiting.
#pragma once

#include "continuo/v1/history_service.grpc.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/history/history.h"
#include "daemon/supervisor/job_desk.h"

namespace continuo::service {

class HistoryService : public v1::HistoryService::CallbackService {
 public:
  // Both outlive this object.
  HistoryService(history::History* history, supervisor::JobDesk* desk)
      : history_(history), desk_(desk) {}

  grpc::ServerUnaryReactor* ListRecords(grpc::CallbackServerContext* context,
                                        const v1::ListRecordsRequest* request,
                                        v1::ListRecordsResponse* response) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* context,
                                      const v1::GetRecordRequest* request,
                                      v1::GetRecordResponse* response) override;
  grpc::ServerUnaryReactor* UpdateRecord(grpc::CallbackServerContext* context,
                                         const v1::UpdateRecordRequest* request,
                                         v1::UpdateRecordResponse* response) override;
  grpc::ServerUnaryReactor* PruneRecords(grpc::CallbackServerContext* context,
                                         const v1::PruneRecordsRequest* request,
                                         v1::PruneRecordsResponse* response) override;
  grpc::ServerUnaryReactor* AdoptRecord(grpc::CallbackServerContext* context,
                                        const v1::AdoptRecordRequest* request,
                                        v1::AdoptRecordResponse* response) override;
  grpc::ServerWriteReactor<v1::RegenerateEvent>* RegenerateRecord(
      grpc::CallbackServerContext* context, const v1::RegenerateRecordRequest* request) override;

 private:
  history::History* const history_;
  supervisor::JobDesk* const desk_;
  base::BackgroundWorker reader_{"history-read"};
  base::BackgroundWorker writer_{"history-write"};
};

}  // namespace continuo::service
