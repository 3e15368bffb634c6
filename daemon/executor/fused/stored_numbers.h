// SPDX-License-Identifier: Apache-2.0
// Numbers as a weights file stores them, and as floats: half the bytes, a quarter, or only those
// that are not zero.
//
// Layout: a tensor NAME of dtype F32, F16 or BF16 is what it says. One of I8 has NAME.scale beside
// it, F32 [groups]: element i, in the order of the tensor, is the whole number times the scale of
// group i / ceil(elements / groups). Where there is NAME.mask, U8, a bit an element, the lowest of
// each byte first, NAME holds only the elements whose bit is set, and NAME.shape, U32, the shape.
// Errors: INVALID_ARGUMENT names the tensor, what it is and what is expected.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/executor/fused/safetensors.h"

namespace continuo::executor::fused {

enum class Numbers : std::uint8_t { kFloat32, kFloat16, kBfloat16, kInt8 };

// "fp32", "fp16", "bf16" or "int8".
[[nodiscard]] absl::StatusOr<Numbers> NumbersOf(const std::string& precision);

// IEEE 754 binary16, to the nearest, ties to even; beyond its range the largest finite one.
[[nodiscard]] std::uint16_t FloatToHalf(float value);

struct PlainTensor {
  std::vector<std::uint32_t> shape;
  std::vector<float> values;
};

// A file in the making. Its tensors lie in the order of their names, so the same content gives the
// same bytes.
struct StoredFile {
  std::map<std::string, std::string> metadata;
  struct Stored {
    std::string dtype;
    std::vector<std::uint32_t> shape;
    std::string bytes;
  };
  std::map<std::string, Stored> tensors;
};

struct Storing {
  Numbers numbers = Numbers::kFloat32;
  std::uint32_t groups = 1;  // that have a scale each, of kInt8
  bool sparse = false;       // only where it is smaller so
};

// Under `name`, with what belongs to it.
void Store(const std::string& name, const PlainTensor& tensor, const Storing& how,
           StoredFile* file);
[[nodiscard]] std::string Serialise(const StoredFile& file);

// Whether it can be a safetensors file, and no text.
[[nodiscard]] bool LooksLikeSafetensors(absl::string_view file);
// Tensors but for those that belong to others: ".scale", ".mask", ".shape" of one that is there.
[[nodiscard]] std::vector<std::string> NamesOf(const Safetensors& file);
inline constexpr std::uint64_t kMaximumElements = 1U << 28;
// Widened, all of them finite. NOT_FOUND where there is none of that name, INVALID_ARGUMENT where a
// sparse one has more elements than `maximum` with its zeros.
[[nodiscard]] absl::StatusOr<PlainTensor> Widen(const Safetensors& file, const std::string& name,
                                                std::uint64_t maximum = kMaximumElements);

}  // namespace continuo::executor::fused
