// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/transformer_pack.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace continuo::executor::fused {
namespace {

constexpr int kLargestInt8 = 127;
constexpr std::int64_t kLargestInput = 16383;  // more would show in no result

// The largest whole number of an input that no sum of 32 bits can overflow with.
std::uint32_t InputRange(std::uint32_t inputs) {
  const std::int64_t safe =
      std::numeric_limits<std::int32_t>::max() / (std::int64_t{kLargestInt8} * inputs);
  return static_cast<std::uint32_t>(std::min(kLargestInput, safe));
}

// put(place in elements, output, input) for each weight; `step` inputs lie side by side.
template <typename Put>
void EachPlace(const HalfMatrix& from, std::uint32_t step, const Put& put) {
  const std::size_t steps = RoundUp(from.inputs, step) / step;
  for (std::uint32_t output = 0; output < from.outputs; ++output) {
    const std::size_t panel = output / kPanel, lane = output % kPanel;
    for (std::uint32_t input = 0; input < from.inputs; ++input) {
      put(((panel * steps + input / step) * kPanel + lane) * step + input % step, output, input);
    }
  }
}

float WeightOf(const HalfMatrix& from, std::uint32_t output, std::uint32_t input) {
  return HalfToFloat(HalfAt(from.halves, std::size_t{output} * from.inputs + input));
}

}  // namespace

PackedMatrix Pack(const HalfMatrix& from, Storage storage) {
  PackedMatrix packed;
  Panels& matrix = packed.matrix;
  matrix.storage = storage;
  matrix.inputs = from.inputs;
  matrix.count = static_cast<std::uint32_t>(RoundUp(from.outputs, kPanel) / kPanel);
  const std::size_t count = RoundUp(from.inputs, 2) * matrix.count * kPanel;
  const auto bytes_each = std::size_t{storage == Storage::kFloat  ? 4U
                                      : storage == Storage::kHalf ? 2U
                                                                  : 1U};
  packed.weights = AlignedFloats(count * bytes_each / sizeof(float));
  matrix.weights = packed.weights.data();
  if (storage == Storage::kFloat) {
    EachPlace(from, 1, [&](std::size_t at, std::uint32_t output, std::uint32_t input) {
      packed.weights.data()[at] = WeightOf(from, output, input);
    });
  } else if (storage == Storage::kHalf) {
    auto* to = reinterpret_cast<std::uint16_t*>(packed.weights.data());
    EachPlace(from, 1, [&](std::size_t at, std::uint32_t output, std::uint32_t input) {
      to[at] = HalfAt(from.halves, std::size_t{output} * from.inputs + input);
    });
  } else {
    matrix.range = InputRange(from.inputs);
    packed.scales = AlignedFloats(std::size_t{matrix.count} * kPanel);
    float* scales = packed.scales.data();
    matrix.scales = scales;
    for (std::uint32_t output = 0; output < from.outputs; ++output) {
      float largest = 0;
      for (std::uint32_t i = 0; i < from.inputs; ++i) {
        largest = std::max(largest, std::abs(WeightOf(from, output, i)));
      }
      scales[output] = largest / kLargestInt8;
    }
    auto* to = reinterpret_cast<std::int8_t*>(packed.weights.data());
    EachPlace(from, 2, [&](std::size_t at, std::uint32_t output, std::uint32_t input) {
      if (scales[output] == 0) return;
      to[at] =
          static_cast<std::int8_t>(std::lround(WeightOf(from, output, input) / scales[output]));
    });
  }
  return packed;
}

}  // namespace continuo::executor::fused
