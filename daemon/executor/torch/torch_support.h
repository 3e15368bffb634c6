// SPDX-License-Identifier: Apache-2.0
// What all of this executor's parts need of LibTorch.
// Errors: LibTorch's exceptions stop at these functions and at their callers' catch.
#pragma once

#include <absl/status/statusor.h>
#include <torch/script.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace continuo::executor {

// The first line of what LibTorch says; the rest is a stack trace of its own.
[[nodiscard]] std::string Reason(const std::exception& error);

// In evaluation mode, on the CPU. INVALID_ARGUMENT names the path.
[[nodiscard]] absl::StatusOr<torch::jit::Module> LoadModule(const std::string& path);

// A module of its own to write into, that shares the parameters (which nobody writes) and has
// copies of the rest. Throws. Where tensors overlap it is read anew from `path`.
[[nodiscard]] torch::jit::Module CopyForOneStream(const torch::jit::Module& module,
                                                  const std::string& path);

// Of float32: [1, rows, frames], or [rows, frames] where not `batched`.
[[nodiscard]] at::Tensor ToTensor(const float* const* rows, std::int64_t count, std::int64_t frames,
                                  bool batched = true);

// An attribute of one of these names, if it is of that kind: a number (or a tensor of one),
// a text.
[[nodiscard]] std::optional<double> NumberAttribute(const torch::jit::Module& module,
                                                    std::initializer_list<const char*> names);
[[nodiscard]] std::string TextAttribute(const torch::jit::Module& module,
                                        std::initializer_list<const char*> names);
[[nodiscard]] std::optional<double> ToNumber(const c10::IValue& value);
// A list of them; empty where it is something else.
[[nodiscard]] std::vector<std::int64_t> ToIntegers(const c10::IValue& value);
[[nodiscard]] std::vector<std::string> ToTexts(const c10::IValue& value);

}  // namespace continuo::executor
