// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/import_reactor.h"

#include <grpcpp/server_context.h>

#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/import_manifest.h"
#include "daemon/service/limits.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr int kMaxUnits = 64;
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxAttributionBytes = 1024;

absl::Status CheckTexts(const v1::ImportModelRequest& request) {
  absl::Status status = CheckText("id", request.id(), kMaxIdBytes);
  status.Update(CheckText("version", request.version(), kMaxIdBytes));
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

class ImportReactor : public QueuedWriter<v1::ImportModelResponse>,
                      public supervisor::ImportClient,
                      public std::enable_shared_from_this<ImportReactor> {
 public:
  ImportReactor(supervisor::Supervisor* supervisor, grpc::CallbackServerContext* context)
      : supervisor_(supervisor), context_(context) {}

  void Start(const v1::ImportModelRequest& request) {
    Hold(shared_from_this());
    if (absl::Status status = CheckTexts(request); !status.ok()) return OnEnd(status);
    supervisor_->ImportModel(request, shared_from_this());
  }

  void OnCancel() override { supervisor_->CancelImport(shared_from_this()); }

  // --- the importer
  void OnProgress(const std::string& step) override {
    // Few and small messages: the steps of one import.
    Change([&](Queue* queue) { queue->emplace_back().set_progress(step); });
  }
  void OnEnd(const absl::StatusOr<v1::ImportResult>& result) override {
    if (AsksForLicense(result.status())) {
      context_->AddTrailingMetadata("continuo-missing", "license");
    }
    End(ToGrpc(result.status()), [&](Queue* queue) {
      if (!result.ok()) return queue->clear();
      *queue->emplace_back().mutable_result() = *result;
    });
  }

 private:
  supervisor::Supervisor* const supervisor_;
  grpc::CallbackServerContext* const context_;  // lives until the last OnDone
};

}  // namespace

grpc::ServerWriteReactor<v1::ImportModelResponse>* MakeImportReactor(
    supervisor::Supervisor* supervisor, grpc::CallbackServerContext* context,
    const v1::ImportModelRequest& request) {
  const auto reactor = std::make_shared<ImportReactor>(supervisor, context);
  reactor->Start(request);
  return reactor.get();
}

}  // namespace continuo::service
