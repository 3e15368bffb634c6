// SPDX-License-Identifier: Apache-2.0
#include "shared/client/model_query.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "continuo/v1/model_service.grpc.pb.h"
#include "shared/client/connection.h"

namespace continuo::client {
namespace {

constexpr double kConnectSeconds = 3.0;
constexpr std::chrono::seconds kListSeconds{2};

}  // namespace

class ModelQuery::Impl {
 public:
  std::string client_name;
  grpc::ClientContext context;
};

ModelQuery::ModelQuery(std::string client_name) : impl_(std::make_unique<Impl>()) {
  impl_->client_name = std::move(client_name);
}

ModelQuery::~ModelQuery() = default;

void ModelQuery::Cancel() { impl_->context.TryCancel(); }

ModelAnswer ModelQuery::Run() {
  ConnectOptions options;
  options.timeout_s = kConnectSeconds;
  options.client_name = impl_->client_name;
  Connected connected;
  if (const grpc::Status status = Connect(options, &connected); !status.ok()) {
    return {{}, Describe(status)};
  }
  v1::ListModelsRequest request;
  request.set_task(v1::TASK_AUDIO_EFFECT);
  v1::ListModelsResponse response;
  impl_->context.set_deadline(std::chrono::system_clock::now() + kListSeconds);
  const grpc::Status status =
      v1::ModelService::NewStub(connected.channel)->ListModels(&impl_->context, request, &response);
  if (!status.ok()) return {{}, Describe(status)};
  ModelAnswer answer;
  for (const v1::ModelInfo& model : response.models()) {
    const v1::ModelManifest& manifest = model.manifest();
    ModelSummary& summary = answer.models.emplace_back();
    summary = {manifest.id(), manifest.version(), manifest.name(), manifest.summary(), {}};
    for (const v1::Preset& preset : manifest.presets()) {
      summary.presets.push_back(
          {preset.id(), preset.name(), {preset.values().begin(), preset.values().end()}});
    }
  }
  return answer;
}

}  // namespace continuo::client
