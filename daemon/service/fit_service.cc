// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/fit_service.h"

#include <atomic>
#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/service/limits.h"
#include "daemon/service/model_info.h"
#include "daemon/service/on_worker.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr int kMaxNames = 256, kMinCompared = 2, kMaxCompared = 8;
constexpr int kMaxWords = 16, kMaxPrecisions = 8, kMaxPrunes = 8;
constexpr std::size_t kMaxWordBytes = 128;
constexpr std::size_t kMaxWaiting = 16;

absl::Status CheckCount(const char* field, int count, int least, int most) {
  if (count >= least && count <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::StrCat(field, " has ", count, " entries, the limit is ", least, " to ", most));
}

absl::Status CheckNames(const google::protobuf::RepeatedPtrField<v1::ModelName>& names, int least,
                        int most) {
  absl::Status status = CheckCount("models", names.size(), least, most);
  for (const v1::ModelName& name : names) {
    if (status.ok()) status = CheckModel(name.id(), name.version());
    if (status.ok()) status = CheckText("source", name.source(), kMaxIdBytes);
  }
  return status;
}

absl::Status Check(const v1::RecommendModelsRequest& request) {
  absl::Status status = CheckId("task", request.task());
  status.Update(CheckCount("words", request.words_size(), 0, kMaxWords));
  for (const std::string& word : request.words()) {
    status.Update(CheckText("words", word, kMaxWordBytes));
  }
  return status;
}

absl::Status Check(const v1::OptimizeModelRequest& request) {
  absl::Status status = CheckModel(request.id(), request.version());
  status.Update(CheckCount("precisions", request.precisions_size(), 0, kMaxPrecisions));
  status.Update(CheckCount("prune", request.prune_size(), 0, kMaxPrunes));
  for (const int precision : request.precisions()) {
    if (precision >= v1::PRECISION_FP32 && precision <= v1::PRECISION_INT8) continue;
    status.Update(absl::InvalidArgumentError(
        base::StrCat("precisions has ", precision, ", which is none of fp32, fp16, bf16, int8")));
  }
  for (const double share : request.prune()) {
    if (share > 0 && share <= 0.9) continue;
    status.Update(absl::InvalidArgumentError(
        base::StrCat("prune has ", share, ", expected more than 0, at most 0.9")));
  }
  return status;
}

absl::Status Check(const v1::MeasureModelRequest& request) {
  return CheckModel(request.id(), request.version());
}

// One call that tells of its steps. `Work` makes the result.
template <typename Response, typename Result>
class BenchReactor : public QueuedWriter<Response> {
 public:
  using Work = std::function<absl::StatusOr<Result>(const fit::Watcher&)>;

  void Start(const std::shared_ptr<BenchReactor>& self, base::BackgroundWorker* worker,
             const absl::Status& checked, Work work) {
    this->Hold(self);
    if (!checked.ok()) return OnEnd(checked);
    v1::FitProgress waiting;
    waiting.set_step("waiting");
    OnProgress(waiting);
    worker->Run([self, work = std::move(work)] {
      self->OnEnd(work({[&self](const v1::FitProgress& progress) { self->OnProgress(progress); },
                        [&self] { return self->cancelled_.load(); }}));
    });
  }
  void OnCancel() override { cancelled_ = true; }

 private:
  using Queue = typename QueuedWriter<Response>::Queue;

  void OnProgress(const v1::FitProgress& progress) {
    this->Change([&](Queue* queue) {
      if (queue->size() >= kMaxWaiting) queue->pop_back();
      *queue->emplace_back().mutable_progress() = progress;
    });
  }
  void OnEnd(const absl::StatusOr<Result>& result) {
    this->End(ToGrpc(result.status()), [&](Queue* queue) {
      if (!result.ok()) return queue->clear();
      *queue->emplace_back().mutable_result() = *result;
    });
  }

  std::atomic<bool> cancelled_{false};
};

template <typename Response, typename Result, typename Work>
grpc::ServerWriteReactor<Response>* OnBench(base::BackgroundWorker* worker,
                                            const absl::Status& checked, Work work) {
  const auto reactor = std::make_shared<BenchReactor<Response, Result>>();
  reactor->Start(reactor, worker, checked, std::move(work));
  return reactor.get();
}

}  // namespace

grpc::ServerUnaryReactor* FitService::GetMachine(grpc::CallbackServerContext* context,
                                                 const v1::GetMachineRequest* request,
                                                 v1::Machine* response) {
  return OnWorker(&adviser_, context, absl::OkStatus(), response,
                  [this, request](const fit::Cancelled& cancelled) -> absl::StatusOr<v1::Machine> {
                    if (request->only_if_known()) return tools_.figures->KnownMachine();
                    return tools_.figures->Machine(request->measure_again(), cancelled);
                  });
}

grpc::ServerUnaryReactor* FitService::AssessModels(grpc::CallbackServerContext* context,
                                                   const v1::AssessModelsRequest* request,
                                                   v1::AssessModelsResponse* response) {
  return OnWorker(&adviser_, context, CheckNames(request->models(), 0, kMaxNames), response,
                  [this, request](const fit::Cancelled& cancelled) {
                    return tools_.advisor->Assess(*request, cancelled);
                  });
}

grpc::ServerWriteReactor<v1::MeasureModelResponse>* FitService::MeasureModel(
    grpc::CallbackServerContext*, const v1::MeasureModelRequest* request) {
  return OnBench<v1::MeasureModelResponse, v1::MeasuredModel>(
      &bench_, Check(*request), [this, request = *request](const fit::Watcher& watcher) {
        return tools_.workbench->Measure(request, watcher);
      });
}

grpc::ServerUnaryReactor* FitService::CompareModels(grpc::CallbackServerContext* context,
                                                    const v1::CompareModelsRequest* request,
                                                    v1::CompareModelsResponse* response) {
  return OnWorker(&adviser_, context, CheckNames(request->models(), kMinCompared, kMaxCompared),
                  response, [this, request](const fit::Cancelled& cancelled) {
                    return tools_.advisor->Compare(*request, cancelled);
                  });
}

grpc::ServerUnaryReactor* FitService::RecommendModels(grpc::CallbackServerContext* context,
                                                      const v1::RecommendModelsRequest* request,
                                                      v1::RecommendModelsResponse* response) {
  return OnWorker(&adviser_, context, Check(*request), response,
                  [this, request](const fit::Cancelled& cancelled) {
                    return tools_.advisor->Recommend(*request, cancelled);
                  });
}

grpc::ServerWriteReactor<v1::OptimizeModelResponse>* FitService::OptimizeModel(
    grpc::CallbackServerContext*, const v1::OptimizeModelRequest* request) {
  return OnBench<v1::OptimizeModelResponse, v1::OptimizedModel>(
      &bench_, Check(*request), [this, request = *request](const fit::Watcher& watcher) {
        return tools_.workbench->Optimize(request, watcher);
      });
}

grpc::ServerUnaryReactor* FitService::ChooseVariant(grpc::CallbackServerContext* context,
                                                    const v1::ChooseVariantRequest* request,
                                                    v1::ChooseVariantResponse* response) {
  absl::Status status = CheckModel(request->id(), request->version());
  status.Update(CheckText("variant", request->variant(), kMaxIdBytes));
  return OnWorker(&adviser_, context, status, response, [this, request](const fit::Cancelled&) {
    return tools_.advisor->Choose(*request);
  });
}

}  // namespace continuo::service
