// SPDX-License-Identifier: Apache-2.0
// The network of models/common/grid_transformer.py, as its file has it.
//
// Layout: a matrix is [output][input], half precision as the file's bytes, which need not be
// aligned; gains are floats.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/mapped_file.h"

namespace continuo::executor::fused {

struct HalfMatrix {
  std::uint32_t outputs = 0, inputs = 0;
  absl::string_view halves;
};

struct TransformerLayer {
  std::vector<float> attention_gain, mlp_gain;
  HalfMatrix qkv, out, up, down;
};

struct TransformerNet {
  std::uint32_t width = 0, heads = 0, hidden = 0, vocabulary = 0;
  std::uint32_t grid_window = 0, token_window = 0;
  std::vector<std::vector<float>> grid, token;  // a field's rows, [value][width]
  std::vector<TransformerLayer> encoder, decoder;
  std::vector<float> output_gain;
  HalfMatrix output;
  std::uint64_t parameter_count = 0;
  std::map<std::string, std::string> metadata;  // without the configuration
  // Halves of what the file stores in other numbers.
  std::vector<std::unique_ptr<const std::string>> widened;
};

// Its matrices point into `file`, or into `widened` where the file stores other numbers than halves
// (stored_numbers.h): those are rounded to halves. INVALID_ARGUMENT names the tensor or field, what
// it is and what is expected. Where `file` is of `mapped`, pages that were read are given back.
[[nodiscard]] absl::StatusOr<TransformerNet> ReadTransformer(
    absl::string_view file, const base::MappedFile* mapped = nullptr);

// IEEE 754 binary16, little-endian; exact.
[[nodiscard]] inline std::uint16_t HalfAt(absl::string_view halves, std::size_t index) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(halves[at]); };
  return static_cast<std::uint16_t>(byte(2 * index) | byte(2 * index + 1) << 8);
}
[[nodiscard]] inline float HalfToFloat(std::uint16_t half) {
  // The half's exponent and fraction, moved up, are a float 2^112 times too small; multiplying
  // also makes a half's subnormal numbers normal.
  const std::uint32_t magnitude = std::uint32_t{half} << 13 & 0x0fffe000U;
  const std::uint32_t sign = std::uint32_t{half} << 16 & 0x80000000U;
  return std::bit_cast<float>(
      sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112F));
}

}  // namespace continuo::executor::fused
