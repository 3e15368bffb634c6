// SPDX-License-Identifier: Apache-2.0
// Runs TorchScript: of Continuo's own convention (native_model.h), of nn~'s, and plain modules
// (foreign_model.h). LoadRequest's options say which: "method" for nn~, "layout" for plain.
// And what writes notes (script_decoder.h).
//
// Real time: LibTorch allocates in every call, so this executor is not real-time
// safe; its blocks are warmed up before, and it runs on one thread.
// Errors: LibTorch's exceptions stop here.
#include <ATen/Parallel.h>
#include <absl/strings/str_cat.h>
#include <torch/script.h>

#include <mutex>
#include <utility>

#include "daemon/executor/executor.h"
#include "daemon/executor/torch/foreign_model.h"
#include "daemon/executor/torch/inspect.h"
#include "daemon/executor/torch/native_model.h"
#include "daemon/executor/torch/script_decoder.h"
#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

class TorchExecutor final : public Executor {
 public:
  TorchExecutor() {
    // One thread a model is faster than two (docs/architecture.md), and streams
    // are spread over the cores already. Both settings are for the whole process.
    static std::once_flag once;
    std::call_once(once, [] {
      at::set_num_threads(1);
      at::set_num_interop_threads(1);
      // Block lengths vary: a graph specialised for each would be rebuilt in play.
      torch::jit::getProfilingMode() = false;
    });
  }

  absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) override {
    absl::StatusOr<torch::jit::Module> module = LoadModule(request.weights_path);
    if (!module.ok()) return module.status();
    try {
      const c10::InferenceMode inference;
      const bool foreign = request.options.contains("method") || request.options.contains("layout");
      return foreign ? MakeForeignModel(*std::move(module), request)
                     : MakeNativeModel(*std::move(module), request);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(request.weights_path, ": ", Reason(error)));
    }
  }

  absl::StatusOr<std::unique_ptr<Decoder>> LoadDecoder(const LoadRequest& request) override {
    absl::StatusOr<torch::jit::Module> module = LoadModule(request.weights_path);
    if (!module.ok()) return module.status();
    try {
      const c10::InferenceMode inference;
      return MakeScriptDecoder(*std::move(module), request.weights_path);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(request.weights_path, ": ", Reason(error)));
    }
  }

  absl::StatusOr<std::vector<Inspection>> Inspect(const std::string& path) override {
    absl::StatusOr<torch::jit::Module> module = LoadModule(path);
    if (!module.ok()) return module.status();
    try {
      const c10::InferenceMode inference;
      return InspectModule(*std::move(module), path);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", Reason(error)));
    }
  }
};

}  // namespace
}  // namespace continuo::executor

extern "C" __attribute__((visibility("default")))
const continuo::executor::ExecutorModule continuo_executor;
const continuo::executor::ExecutorModule continuo_executor = {
    continuo::executor::kInterfaceVersion, "torch",
    []() -> continuo::executor::Executor* { return new continuo::executor::TorchExecutor; }};
