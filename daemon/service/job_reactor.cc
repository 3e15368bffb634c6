// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/job_reactor.h"

#include <algorithm>
#include <memory>

#include "daemon/service/limits.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr std::size_t kQueuedUpdates = 256;

bool MayBeDropped(const v1::GenerateEvent& event) {
  return event.has_progress() || event.has_partial();
}

class JobReactor : public QueuedWriter<v1::GenerateEvent>,
                   public job::Listener,
                   public std::enable_shared_from_this<JobReactor> {
 public:
  explicit JobReactor(supervisor::JobDesk* desk) : desk_(desk) { StartSendInitialMetadata(); }

  // --- gRPC
  void OnCancel() override {
    desk_->Leave(shared_from_this());
    End(grpc::Status::CANCELLED);
  }

  // --- the desk
  void OnEvent(const v1::GenerateEvent& event) override {
    Change([&](Queue* queue) {
      if (queue->size() >= kQueuedUpdates) {
        const auto oldest = std::find_if(queue->begin(), queue->end(), MayBeDropped);
        if (oldest != queue->end()) queue->erase(oldest);
      }
      queue->push_back(event);
    });
  }
  // What was made before it failed is the client's, too.
  void OnEnd(const absl::Status& status) override {
    End(ToGrpc(status), [](Queue*) {});
  }

 private:
  supervisor::JobDesk* const desk_;
};

}  // namespace

grpc::ServerWriteReactor<v1::GenerateEvent>* MakeGenerateReactor(supervisor::JobDesk* desk,
                                                                 const v1::GenerateRequest& request,
                                                                 const std::string& client) {
  const auto reactor = std::make_shared<JobReactor>(desk);
  reactor->Hold(reactor);
  desk->Generate(request, client, reactor);
  return reactor.get();
}

grpc::ServerWriteReactor<v1::GenerateEvent>* MakeWatchReactor(supervisor::JobDesk* desk,
                                                              const std::string& job_id) {
  const auto reactor = std::make_shared<JobReactor>(desk);
  reactor->Hold(reactor);
  if (const absl::Status status = CheckId("job_id", job_id); !status.ok()) {
    reactor->OnEnd(status);
  } else {
    desk->Watch(job_id, reactor);
  }
  return reactor.get();
}

}  // namespace continuo::service
