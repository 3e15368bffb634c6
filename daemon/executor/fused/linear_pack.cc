// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/linear_pack.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "daemon/executor/fused/placing.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kLongestDirect = 1024;  // measured: docs/performance-fused.md

// Longer blocks read less memory a frame, and multiply out more taps.
std::uint32_t BlockFrames(std::size_t taps) {
  if (taps <= kLongestDirect) return 0;
  if (taps <= 16384) return 256;
  return taps <= 131072 ? 512 : 1024;
}

using Complex = std::complex<double>;

// For the packing alone: in double precision, of a power of two.
void Transform(std::vector<Complex>& values) {
  const std::size_t size = values.size();
  if (size == 1) return;
  std::vector<Complex> even(size / 2), odd(size / 2);
  for (std::size_t i = 0; i < size / 2; ++i) {
    even[i] = values[2 * i];
    odd[i] = values[2 * i + 1];
  }
  Transform(even);
  Transform(odd);
  for (std::size_t i = 0; i < size / 2; ++i) {
    const double turn =
        -2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size);
    const Complex turned = std::polar(1.0, turn) * odd[i];
    values[i] = even[i] + turned;
    values[i + size / 2] = even[i] - turned;
  }
}

void PackWeights(const float* taps, std::uint32_t count, PackedLinear& linear) {
  LinearPlan& plan = linear.plan;
  const std::size_t block = plan.block_frames, bins = plan.bins;
  Arrangement places;
  const std::size_t taps_at = places.Place(plan.direct_taps);
  const std::size_t cosines_at = places.Place(block), sines_at = places.Place(block);
  const std::size_t spectra_at = places.Place(plan.partitions * 2 * bins);
  linear.weights = AlignedFloats(places.size());
  float* const packed = linear.weights.data();
  std::copy_n(taps, plan.direct_taps, packed + taps_at);
  for (std::size_t i = 0; i < block; ++i) {
    const double turn = -std::numbers::pi * static_cast<double>(i) / static_cast<double>(block);
    packed[cosines_at + i] = static_cast<float>(std::cos(turn));
    packed[sines_at + i] = static_cast<float>(std::sin(turn));
  }
  for (std::uint32_t p = 0; p < plan.partitions; ++p) {
    const std::size_t first = (p + 1) * block;
    std::vector<Complex> part(2 * block);
    for (std::size_t i = 0; i < std::min(block, count - first); ++i) part[i] = taps[first + i];
    Transform(part);
    float* const to = packed + spectra_at + p * 2 * bins;
    // The length by which the inverse divides is in it.
    for (std::size_t i = 0; i <= block; ++i) {
      to[i] = static_cast<float>(part[i].real() / static_cast<double>(2 * block));
      to[bins + i] = static_cast<float>(part[i].imag() / static_cast<double>(2 * block));
    }
  }
  plan.taps = packed + taps_at;
  plan.cosines = packed + cosines_at;
  plan.sines = packed + sines_at;
  plan.spectra = packed + spectra_at;
}

void ArrangeMemory(PackedLinear& linear) {
  LinearPlan& plan = linear.plan;
  Arrangement places;
  const std::size_t block = plan.block_frames;
  plan.past_frames = RoundUp(plan.direct_taps, kLineFloats);
  plan.tile_at = places.Place(plan.past_frames + kTileFrames) + plan.past_frames;
  plan.input_at = places.Place(2 * block);
  plan.tail_at = places.Place(block);
  plan.ring_at = places.Place(plan.partitions * 2 * plan.bins);
  plan.sum_at = places.Place(2 * plan.bins);
  plan.work_at = places.Place(8 * block);
  linear.memory_floats = places.size();
}

}  // namespace

PackedLinear PackLinear(const float* taps, std::uint32_t count, float bias) {
  PackedLinear linear;
  const std::uint32_t block = BlockFrames(count);
  linear.plan.block_frames = block;
  linear.plan.direct_taps = block == 0 ? count : block;
  linear.plan.partitions = block == 0 ? 0 : (count - 1) / block;
  linear.plan.bins = RoundUp(block + 1, kLineFloats);
  linear.plan.bias = bias;
  PackWeights(taps, count, linear);
  ArrangeMemory(linear);
  return linear;
}

}  // namespace continuo::executor::fused
