// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/torch_support.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <torch/version.h>

#include <algorithm>
#include <map>

namespace continuo::executor {
namespace {

// Copying goes by storage: two tensors that lie in one, and are not the same, would become one.
bool TensorsOverlap(const torch::jit::Module& module) {
  std::map<const void*, at::Tensor> seen;
  const auto overlaps = [&seen](const at::Tensor& tensor) {
    if (!tensor.defined() || tensor.numel() == 0) return false;
    const auto [first, added] = seen.try_emplace(tensor.storage().unsafeGetStorageImpl(), tensor);
    const at::Tensor& other = first->second;
    return !added && (other.data_ptr() != tensor.data_ptr() || other.sizes() != tensor.sizes() ||
                      other.strides() != tensor.strides());
  };
  for (const at::Tensor& tensor : module.parameters()) {
    if (overlaps(tensor)) return true;
  }
  for (const at::Tensor& tensor : module.buffers()) {
    if (overlaps(tensor)) return true;
  }
  return false;
}

}  // namespace

std::string Reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  // An error inside TorchScript begins with a trace of the script; what is wrong comes last.
  constexpr char kScript[] = "RuntimeError: ";
  if (const std::size_t found = text.rfind(kScript); found != std::string::npos) {
    text.erase(0, found + sizeof kScript - 1);
  }
  return text.substr(0, text.find('\n'));
}

absl::StatusOr<torch::jit::Module> LoadModule(const std::string& path) {
  try {
    const c10::InferenceMode inference;
    torch::jit::Module module = torch::jit::load(path, at::kCPU);
    module.eval();
    return module;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": LibTorch ", TORCH_VERSION, " cannot load it: ", Reason(error)));
  }
}

torch::jit::Module CopyForOneStream(const torch::jit::Module& module, const std::string& path) {
  if (TensorsOverlap(module)) {
    torch::jit::Module anew = torch::jit::load(path, at::kCPU);
    anew.eval();
    return anew;
  }
  c10::IValue::HashAliasedIValueMap shared;
  for (const at::Tensor& parameter : module.parameters()) {
    shared.emplace(c10::IValue(parameter), c10::IValue(parameter));
  }
  return torch::jit::Module(module._ivalue()->deepcopy(shared));
}

at::Tensor ToTensor(const float* const* rows, std::int64_t count, std::int64_t frames,
                    bool batched) {
  at::Tensor tensor = at::empty({count, frames}, at::kFloat);
  auto* samples = tensor.data_ptr<float>();
  for (std::int64_t row = 0; row < count; ++row) {
    std::copy_n(rows[row], frames, samples + row * frames);
  }
  return batched ? tensor.unsqueeze(0) : tensor;
}

std::optional<double> ToNumber(const c10::IValue& value) {
  if (value.isBool()) return value.toBool() ? 1.0 : 0.0;
  if (value.isInt()) return static_cast<double>(value.toInt());
  if (value.isDouble()) return value.toDouble();
  if (value.isTensor() && value.toTensor().defined() && value.toTensor().numel() == 1) {
    return value.toTensor().to(at::kDouble).item<double>();
  }
  return std::nullopt;
}

std::vector<std::int64_t> ToIntegers(const c10::IValue& value) {
  if (value.isIntList()) return value.toIntVector();
  if (!value.isTensor() || !value.toTensor().defined()) return {};
  const at::Tensor flat = value.toTensor().to(at::kLong).flatten().contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

std::vector<std::string> ToTexts(const c10::IValue& value) {
  std::vector<std::string> texts;
  if (!value.isList()) return texts;
  for (const c10::IValue& one : value.toListRef()) {
    if (one.isString()) texts.push_back(one.toStringRef());
  }
  return texts;
}

std::optional<double> NumberAttribute(const torch::jit::Module& module,
                                      std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!module.hasattr(name)) continue;
    if (const auto number = ToNumber(module.attr(name))) return number;
  }
  return std::nullopt;
}

std::string TextAttribute(const torch::jit::Module& module,
                          std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!module.hasattr(name)) continue;
    const c10::IValue value = module.attr(name);
    if (value.isString()) return value.toStringRef();
  }
  return {};
}

}  // namespace continuo::executor
