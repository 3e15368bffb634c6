// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/repository_install_reactor.h"

#include <atomic>
#include <memory>

#include "daemon/service/limits.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// A client that does not read gets the last state of a download, not all of them.
constexpr std::size_t kMaxQueued = 16;

class RepositoryInstallReactor : public QueuedWriter<v1::InstallFromRepositoryResponse> {
 public:
  void Start(const std::shared_ptr<RepositoryInstallReactor>& self,
             repository::Repository* repository, base::BackgroundWorker* worker,
             const v1::InstallFromRepositoryRequest& request) {
    Hold(self);
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

  void OnCancel() override { cancelled_ = true; }

 private:
  void OnProgress(const v1::RepositoryProgress& progress) {
    Change([&](Queue* queue) {
      if (queue->size() >= kMaxQueued) queue->pop_back();
      *queue->emplace_back().mutable_progress() = progress;
    });
  }

  void OnEnd(const absl::StatusOr<v1::InstalledFromRepository>& result) {
    End(ToGrpc(result.status()), [&](Queue* queue) {
      if (!result.ok()) return queue->clear();
      *queue->emplace_back().mutable_result() = *result;
    });
  }

  std::atomic<bool> cancelled_{false};
};

}  // namespace

grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse>* MakeRepositoryInstallReactor(
    repository::Repository* repository, base::BackgroundWorker* worker,
    const v1::InstallFromRepositoryRequest& request) {
  const auto reactor = std::make_shared<RepositoryInstallReactor>();
  reactor->Start(reactor, repository, worker, request);
  return reactor.get();
}

}  // namespace continuo::service
