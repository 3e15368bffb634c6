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

// Panels of one input after the other, 16 by 16 weights at a time: these are turned around as they
// are, and then become numbers side by side. Streamed weights are packed for each cell.
template <typename Number, typename Convert>
void PackPanels(const HalfMatrix& from, Number* to, const Convert& convert) {
  for (std::uint32_t first = 0; first < from.outputs; first += kPanel) {
    const std::uint32_t lanes = std::min(kPanel, from.outputs - first);
    std::uint16_t block[kPanel * kPanel] = {};  // what is missing to a whole panel is zero
    for (std::uint32_t input = 0; input < from.inputs; input += kPanel) {
      const std::uint32_t count = std::min(kPanel, from.inputs - input);
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        const std::size_t row = std::size_t{first + lane} * from.inputs + input;
        for (std::uint32_t i = 0; i < count; ++i) {
          block[i * kPanel + lane] = HalfAt(from.halves, row + i);
        }
      }
      for (std::uint32_t i = 0; i < count * kPanel; ++i) to[i] = convert(block[i]);
      to += std::size_t{count} * kPanel;
    }
  }
}

// put(place in elements, output, input) for each weight; two inputs lie side by side.
template <typename Put>
void EachPairedPlace(const HalfMatrix& from, const Put& put) {
  const std::size_t pairs = RoundUp(from.inputs, 2) / 2;
  for (std::uint32_t output = 0; output < from.outputs; ++output) {
    const std::size_t panel = output / kPanel, lane = output % kPanel;
    for (std::uint32_t input = 0; input < from.inputs; ++input) {
      put(((panel * pairs + input / 2) * kPanel + lane) * 2 + input % 2, output, input);
    }
  }
}

float WeightOf(const HalfMatrix& from, std::uint32_t output, std::uint32_t input) {
  return HalfToFloat(HalfAt(from.halves, std::size_t{output} * from.inputs + input));
}

}  // namespace

PackedMatrix Pack(const HalfMatrix& from, Storage storage) {
  PackedMatrix packed;
  PackInto(from, storage, &packed);
  return packed;
}

void PackInto(const HalfMatrix& from, Storage storage, PackedMatrix* to) {
  PackedMatrix& packed = *to;
  Panels& matrix = packed.matrix;
  const bool fits = matrix.storage == storage && matrix.inputs == from.inputs &&
                    matrix.count == RoundUp(from.outputs, kPanel) / kPanel;
  matrix.storage = storage;
  matrix.inputs = from.inputs;
  matrix.count = static_cast<std::uint32_t>(RoundUp(from.outputs, kPanel) / kPanel);
  const std::size_t count = RoundUp(from.inputs, 2) * matrix.count * kPanel;
  const auto bytes_each = std::size_t{storage == Storage::kFloat  ? 4U
                                      : storage == Storage::kHalf ? 2U
                                                                  : 1U};
  // What is missing to whole panels stays zero.
  if (!fits) packed.weights = AlignedFloats(count * bytes_each / sizeof(float));
  matrix.weights = packed.weights.data();
  if (storage == Storage::kFloat) {
    PackPanels(from, packed.weights.data(), [](std::uint16_t half) { return HalfToFloat(half); });
  } else if (storage == Storage::kHalf) {
    PackPanels(from, reinterpret_cast<std::uint16_t*>(packed.weights.data()),
               [](std::uint16_t half) { return half; });
  } else {
    matrix.range = InputRange(from.inputs);
    if (!fits) packed.scales = AlignedFloats(std::size_t{matrix.count} * kPanel);
    float* scales = packed.scales.data();
    matrix.scales = scales;
    for (std::uint32_t output = 0; output < from.outputs; ++output) {
      float largest = 0;
      for (std::uint32_t i = 0; i < from.inputs; ++i) {
        largest = std::max(largest, std::abs(WeightOf(from, output, i)));
      }
      scales[output] = largest / kLargestInt8;
    }
    auto* whole = reinterpret_cast<std::int8_t*>(packed.weights.data());
    EachPairedPlace(from, [&](std::size_t at, std::uint32_t output, std::uint32_t input) {
      const float scale = scales[output];
      whole[at] =
          scale == 0 ? std::int8_t{0}
                     : static_cast<std::int8_t>(std::lround(WeightOf(from, output, input) / scale));
    });
  }
}

}  // namespace continuo::executor::fused
