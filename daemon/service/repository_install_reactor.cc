// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/repository_install_reactor.h"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/service/limits.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// A client that does not read gets the last state of a download, not all of them.
constexpr std::size_t kMaxQueued = 16;

class InstallReactor : public grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse> {
 public:
  void Start(const std::shared_ptr<InstallReactor>& self, repository::Repository* repository,
             supervisor::BackgroundWorker* worker,
             const v1::InstallFromRepositoryRequest& request) {
    self_ = self;
    absl::Status status = CheckId("id", request.id());
    status.Update(CheckText("version", request.version(), kMaxIdBytes));
    status.Update(CheckText("source", request.source(), kMaxIdBytes));
    if (!status.ok()) return OnEnd(status);
    worker->Run([self, repository, request] {
      self->OnEnd(repository->Install(
          request, [&self](const v1::RepositoryProgress& progress) { self->OnProgress(progress); },
          [&self] { return self->cancelled_.load(); }));
    });
  }

  // --- gRPC
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { self_.reset(); }

 private:
  void OnProgress(const v1::RepositoryProgress& progress) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueued) queue_.pop_back();
    *queue_.emplace_back().mutable_progress() = progress;
    WriteNext();
  }

  void OnEnd(const absl::StatusOr<v1::InstalledFromRepository>& result) {
    const std::lock_guard lock(mutex_);
    if (result.ok()) {
      *queue_.emplace_back().mutable_result() = *result;
    } else {
      queue_.clear();
    }
    status_ = ToGrpc(result.status());
    ending_ = true;
    WriteNext();
  }

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

  std::shared_ptr<InstallReactor> self_;
  std::atomic<bool> cancelled_{false};

  std::mutex mutex_;
  std::deque<v1::InstallFromRepositoryResponse> queue_;
  v1::InstallFromRepositoryResponse current_;
  grpc::Status status_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse>* MakeRepositoryInstallReactor(
    repository::Repository* repository, supervisor::BackgroundWorker* worker,
    const v1::InstallFromRepositoryRequest& request) {
  const auto reactor = std::make_shared<InstallReactor>();
  reactor->Start(reactor, repository, worker, request);
  return reactor.get();
}

}  // namespace continuo::service
