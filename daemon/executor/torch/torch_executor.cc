// SPDX-License-Identifier: Apache-2.0
// Runs TorchScript modules of this convention (docs/model-integration.md):
//
//   forward(x [1, C, T], parameters [1, P, T], state: List[Tensor])
//       -> (y [1, C', T], List[Tensor])
//   initial_state() -> List[Tensor]       the state at rest
//
// The module is read only: all streams of a model share its weights.
// Real time: LibTorch allocates in every call, so this executor is not real-time
// safe; its blocks are warmed up before, and it runs on one thread.
// Errors: LibTorch's exceptions stop here.
#include <ATen/Parallel.h>
#include <absl/strings/str_cat.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "daemon/executor/executor.h"

namespace continuo::executor {
namespace {

// The first line of what LibTorch says; the rest is a stack trace of its own.
std::string Reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text =
      torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

class TorchState final : public State {
 public:
  TorchState(const torch::jit::Method& forward, const Description& description,
             std::uint32_t parameter_count, torch::jit::IValue rest)
      : forward_(forward),
        description_(description),
        parameter_count_(parameter_count),
        rest_(std::move(rest)),
        state_(rest_) {}

  ProcessError Process(const Block& block) noexcept override {
    const std::uint32_t frames = block.frames;
    try {
      const c10::InferenceMode inference;
      auto result = forward_({Tensor(block.in, description_.input_channels, frames),
                              Tensor(block.parameters, parameter_count_, frames), state_});
      const auto& elements = result.toTupleRef().elements();
      const at::Tensor y = elements[0].toTensor().contiguous();
      if (y.dim() != 3 || y.size(1) != description_.output_channels || y.size(2) != frames ||
          y.scalar_type() != at::kFloat) {
        return ProcessError::kFailed;
      }
      state_ = elements[1];
      const float* samples = y.data_ptr<float>();
      for (std::uint32_t channel = 0; channel < description_.output_channels; ++channel) {
        std::copy_n(samples + std::size_t{channel} * frames, frames, block.out[channel]);
      }
      return ProcessError::kNone;
    } catch (...) {
      return ProcessError::kFailed;
    }
  }

  void Reset() noexcept override { state_ = rest_; }

 private:
  static at::Tensor Tensor(const float* const* rows, std::uint32_t count, std::uint32_t frames) {
    at::Tensor tensor = at::empty({1, count, frames}, at::kFloat);
    auto* samples = tensor.data_ptr<float>();
    for (std::uint32_t row = 0; row < count; ++row) {
      std::copy_n(rows[row], frames, samples + std::size_t{row} * frames);
    }
    return tensor;
  }

  torch::jit::Method forward_;
  const Description description_;
  const std::uint32_t parameter_count_;
  const torch::jit::IValue rest_;  // never written: a forward returns new tensors
  torch::jit::IValue state_;
};

class TorchModel final : public Model {
 public:
  TorchModel(torch::jit::Module module, const LoadRequest& request)
      : module_(std::move(module)),
        description_(request.description),
        parameter_count_(static_cast<std::uint32_t>(request.parameter_ids.size())) {}

  [[nodiscard]] const Description& description() const override { return description_; }

  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    try {
      const c10::InferenceMode inference;
      return std::make_unique<TorchState>(module_.get_method("forward"), description_,
                                          parameter_count_,
                                          module_.get_method("initial_state")({}));
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("the model's initial_state failed: ", Reason(error)));
    }
  }

 private:
  torch::jit::Module module_;
  Description description_;
  std::uint32_t parameter_count_;
};

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
    try {
      const c10::InferenceMode inference;
      torch::jit::Module module = torch::jit::load(request.weights_path, at::kCPU);
      module.eval();
      for (const char* method : {"forward", "initial_state"}) {
        if (!module.find_method(method)) {
          return absl::InvalidArgumentError(
              absl::StrCat(request.weights_path, ": the module has no method '", method, "'"));
        }
      }
      return std::make_unique<TorchModel>(std::move(module), request);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(
          request.weights_path, ": LibTorch ", TORCH_VERSION, " cannot load it: ", Reason(error)));
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
