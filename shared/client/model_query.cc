// SPDX-License-Identifier: Apache-2.0
#include "shared/client/model_query.h"

#include <chrono>
#include <map>
#include <utility>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "continuo/v1/model_service.grpc.pb.h"
#include "shared/client/connection.h"
#include "shared/client/errand.h"

namespace continuo::client {
namespace {

constexpr double kConnectSeconds = 3.0;
constexpr std::chrono::milliseconds kListTime{2000};
constexpr std::chrono::milliseconds kFitTime{30'000};

ModelSummary Summarise(const v1::ModelInfo& model) {
  const v1::ModelManifest& manifest = model.manifest();
  ModelSummary summary;
  summary.id = manifest.id();
  summary.version = manifest.version();
  summary.name = manifest.name();
  summary.summary = manifest.summary();
  summary.license = manifest.license();
  summary.attribution = manifest.attribution();
  summary.latency_frames = manifest.audio().latency_frames();
  if (manifest.variants_size() > 0) summary.sample_rate_hz = manifest.variants(0).sample_rate_hz();
  summary.used = model.used();
  for (const v1::Preset& preset : manifest.presets()) {
    summary.presets.push_back(
        {preset.id(), preset.name(), {preset.values().begin(), preset.values().end()}});
  }
  return summary;
}

}  // namespace

class ModelQuery::Impl {
 public:
  std::string client_name;
  std::shared_ptr<grpc::Channel> channel;
  Errand errand;
};

ModelQuery::ModelQuery(std::string client_name) : impl_(std::make_unique<Impl>()) {
  impl_->client_name = std::move(client_name);
}

ModelQuery::~ModelQuery() = default;

void ModelQuery::Cancel() { impl_->errand.Cancel(); }

ModelAnswer ModelQuery::Run() {
  ConnectOptions options;
  options.timeout_s = kConnectSeconds;
  options.client_name = impl_->client_name;
  options.errand = &impl_->errand;
  Connected connected;
  if (const grpc::Status status = Connect(options, &connected); !status.ok()) {
    return {{}, Describe(status)};
  }
  impl_->channel = connected.channel;
  v1::ListModelsRequest request;
  request.set_task(v1::TASK_AUDIO_EFFECT);
  v1::ListModelsResponse response;
  const grpc::Status status = impl_->errand.Run(kListTime, [&](grpc::ClientContext& context) {
    return v1::ModelService::NewStub(impl_->channel)->ListModels(&context, request, &response);
  });
  if (!status.ok()) return {{}, Describe(status)};
  ModelAnswer answer;
  for (const v1::ModelInfo& model : response.models()) answer.models.push_back(Summarise(model));
  return answer;
}

void ModelQuery::AddFit(ModelAnswer* answer) {
  v1::AssessModelsResponse response;
  const grpc::Status status = impl_->errand.Run(kFitTime, [&](grpc::ClientContext& context) {
    return v1::FitService::NewStub(impl_->channel)
        ->AssessModels(&context, v1::AssessModelsRequest(), &response);
  });
  if (!status.ok()) return;
  std::map<std::pair<std::string, std::string>, std::string> reasons;
  for (const v1::AssessedModel& model : response.models()) {
    if (model.assessment().verdict() == v1::VERDICT_UNSPECIFIED) continue;
    reasons[{model.id(), model.version()}] = model.assessment().reason();
  }
  for (ModelSummary& model : answer->models) {
    const auto found = reasons.find({model.id, model.version});
    if (found != reasons.end()) model.fit = found->second;
  }
}

}  // namespace continuo::client
