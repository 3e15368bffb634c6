// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/job_reactor.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/service/limits.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr std::size_t kQueuedUpdates = 256;

bool MayBeDropped(const v1::GenerateEvent& event) {
  return event.has_progress() || event.has_partial();
}

class JobReactor : public grpc::ServerWriteReactor<v1::GenerateEvent>, public job::Listener {
 public:
  explicit JobReactor(supervisor::JobDesk* desk) : desk_(desk) { StartSendInitialMetadata(); }
  void set_self(const std::shared_ptr<JobReactor>& self) { self_ = self; }

  // --- gRPC
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }
  void OnCancel() override {
    desk_->Leave(self_);
    const std::lock_guard lock(mutex_);
    queue_.clear();
    ending_ = true;
    status_ = grpc::Status::CANCELLED;
    WriteNext();
  }
  void OnDone() override { self_.reset(); }

  // --- the desk
  void OnEvent(const v1::GenerateEvent& event) override {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    if (queue_.size() >= kQueuedUpdates) {
      const auto oldest = std::find_if(queue_.begin(), queue_.end(), MayBeDropped);
      if (oldest != queue_.end()) queue_.erase(oldest);
    }
    queue_.push_back(event);
    WriteNext();
  }
  void OnEnd(const absl::Status& status) override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ending_, true)) return;
    status_ = ToGrpc(status);
    WriteNext();
  }

 private:
  void WriteNext() {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      StartWrite(&current_);
    } else if (ending_) {
      finished_ = true;
      Finish(status_);
    }
  }

  supervisor::JobDesk* const desk_;
  std::shared_ptr<JobReactor> self_;

  std::mutex mutex_;
  std::deque<v1::GenerateEvent> queue_;
  v1::GenerateEvent current_;
  grpc::Status status_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::GenerateEvent>* MakeGenerateReactor(supervisor::JobDesk* desk,
                                                                 const v1::GenerateRequest& request,
                                                                 const std::string& client) {
  const auto reactor = std::make_shared<JobReactor>(desk);
  reactor->set_self(reactor);
  desk->Generate(request, client, reactor);
  return reactor.get();
}

grpc::ServerWriteReactor<v1::GenerateEvent>* MakeWatchReactor(supervisor::JobDesk* desk,
                                                              const std::string& job_id) {
  const auto reactor = std::make_shared<JobReactor>(desk);
  reactor->set_self(reactor);
  if (const absl::Status status = CheckId("job_id", job_id); !status.ok()) {
    reactor->OnEnd(status);
  } else {
    desk->Watch(job_id, reactor);
  }
  return reactor.get();
}

}  // namespace continuo::service
