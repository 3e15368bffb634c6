// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/import_reactor.h"

#include <grpcpp/server_context.h>

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/import_manifest.h"
#include "daemon/service/limits.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr int kMaxUnits = 64;
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxAttributionBytes = 1024;

absl::Status CheckTexts(const v1::ImportModelRequest& request) {
  absl::Status status = CheckText("id", request.id(), kMaxIdBytes);
  status.Update(CheckText("name", request.name(), kMaxNameBytes));
  status.Update(CheckText("attribution", request.attribution(), kMaxAttributionBytes));
  if (request.parameter_units_size() > kMaxUnits) {
    status.Update(absl::InvalidArgumentError(base::StrCat("parameter_units has ",
                                                          request.parameter_units_size(),
                                                          " entries, the limit is ", kMaxUnits)));
  }
  for (const auto& [id, unit] : request.parameter_units()) {
    status.Update(CheckText("parameter_units' key", id, kMaxIdBytes));
    status.Update(CheckText("parameter_units' value", unit, kMaxNameBytes));
  }
  if (request.methods_size() > kMaxUnits) {
    status.Update(absl::InvalidArgumentError(base::StrCat("methods has ", request.methods_size(),
                                                          " entries, the limit is ", kMaxUnits)));
  }
  for (const std::string& method : request.methods()) {
    status.Update(CheckText("methods", method, kMaxNameBytes));
  }
  return status;
}

bool AsksForLicense(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) &&
         base::MessageOf(status).rfind(model::kNoLicense, 0) == 0;
}

class ImportReactor : public grpc::ServerWriteReactor<v1::ImportModelResponse>,
                      public supervisor::ImportClient {
 public:
  ImportReactor(supervisor::Supervisor* supervisor, grpc::CallbackServerContext* context)
      : supervisor_(supervisor), context_(context) {}

  void Start(const std::shared_ptr<ImportReactor>& self, const v1::ImportModelRequest& request) {
    self_ = self;
    if (absl::Status status = CheckTexts(request); !status.ok()) return OnEnd(status);
    supervisor_->ImportModel(request, self);
  }

  // --- gRPC
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }
  void OnCancel() override { supervisor_->CancelImport(self_); }
  void OnDone() override { self_.reset(); }

  // --- the importer
  void OnProgress(const std::string& step) override {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back().set_progress(step);
    WriteNext();
  }
  void OnEnd(const absl::StatusOr<v1::ImportResult>& result) override {
    const std::lock_guard lock(mutex_);
    if (result.ok()) {
      *queue_.emplace_back().mutable_result() = *result;
    } else {
      queue_.clear();
      if (AsksForLicense(result.status())) {
        context_->AddTrailingMetadata("continuo-missing", "license");
      }
    }
    status_ = ToGrpc(result.status());
    ending_ = true;
    WriteNext();
  }

 private:
  // Few and small messages: the steps of one import.
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

  supervisor::Supervisor* const supervisor_;
  grpc::CallbackServerContext* const context_;  // lives until the last OnDone
  std::shared_ptr<ImportReactor> self_;

  std::mutex mutex_;
  std::deque<v1::ImportModelResponse> queue_;
  v1::ImportModelResponse current_;
  grpc::Status status_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::ImportModelResponse>* MakeImportReactor(
    supervisor::Supervisor* supervisor, grpc::CallbackServerContext* context,
    const v1::ImportModelRequest& request) {
  const auto reactor = std::make_shared<ImportReactor>(supervisor, context);
  reactor->Start(reactor, request);
  return reactor.get();
}

}  // namespace continuo::service
