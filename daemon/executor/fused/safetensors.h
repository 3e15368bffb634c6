// SPDX-License-Identifier: Apache-2.0
// The safetensors format: named tensors and texts in one file, read with distrust.
//
// Layout: 8 bytes, the length of what follows, little-endian; a JSON object, for each tensor its
// dtype, shape and place, and "__metadata__", texts by name; then the tensors, one after the
// other without holes.
// Errors: INVALID_ARGUMENT names the tensor or field, what it is and what is expected.
// Source: huggingface/safetensors, README "Format".
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace continuo::executor::fused {

struct Tensor {
  std::string dtype;                 // "F16"
  std::vector<std::uint32_t> shape;  // each at least 1
  absl::string_view bytes;           // as many as shape and dtype say
};

// "[3, 16]"
[[nodiscard]] std::string ShapeText(const std::vector<std::uint32_t>& shape);

struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

// Its tensors point into `file`.
[[nodiscard]] absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view file);

}  // namespace continuo::executor::fused
