// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/native_model.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

class NativeState final : public State {
 public:
  NativeState(const torch::jit::Method& forward, const Description& description,
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
      auto result = forward_({ToTensor(block.in, description_.input_channels, frames),
                              ToTensor(block.parameters, parameter_count_, frames), state_});
      const auto& elements = result.toTupleRef().elements();
      if (elements.size() != 2) return ProcessError::kFailed;
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
  torch::jit::Method forward_;
  const Description description_;
  const std::uint32_t parameter_count_;
  const torch::jit::IValue rest_;  // never written: a forward returns new tensors
  torch::jit::IValue state_;
};

class NativeModel final : public Model {
 public:
  NativeModel(torch::jit::Module module, const LoadRequest& request)
      : module_(std::move(module)),
        description_(request.description),
        parameter_count_(static_cast<std::uint32_t>(request.parameter_ids.size())) {}

  [[nodiscard]] const Description& description() const override { return description_; }

  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    try {
      const c10::InferenceMode inference;
      return std::make_unique<NativeState>(module_.get_method("forward"), description_,
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

}  // namespace

absl::StatusOr<std::unique_ptr<Model>> MakeNativeModel(torch::jit::Module module,
                                                       const LoadRequest& request) {
  for (const char* method : {"forward", "initial_state"}) {
    if (!module.find_method(method)) {
      return absl::InvalidArgumentError(
          absl::StrCat(request.weights_path, ": the module has no method '", method, "'"));
    }
  }
  return std::make_unique<NativeModel>(std::move(module), request);
}

}  // namespace continuo::executor
