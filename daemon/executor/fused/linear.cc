// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/linear.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

#include "daemon/executor/fused/linear_plan.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kMaximumTaps = 1U << 21;  // 43 s at 48 kHz
constexpr std::uint32_t kLongestDirect = 1024;    // measured: docs/performance-fused.md
constexpr std::size_t kLine = kAlignmentBytes / sizeof(float);

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

class LinearNetwork final : public Network {
 public:
  LinearNetwork(const float* taps, std::uint32_t count, float bias, const Kernels& kernels)
      : taps_(count), kernels_(kernels) {
    const std::uint32_t block = BlockFrames(count);
    plan_.block_frames = block;
    plan_.direct_taps = block == 0 ? count : block;
    plan_.partitions = block == 0 ? 0 : (count - 1) / block;
    plan_.bins = RoundUp(block + 1, kLine);
    plan_.bias = bias;
    Pack(taps, count);
    ArrangeMemory();
  }
  // All of a state at rest is zero.
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }
  [[nodiscard]] std::uint32_t tail_frames() const override { return taps_; }
  [[nodiscard]] Memory AtStart() const override {
    return {AlignedFloats(memory_floats_), std::vector<std::uint32_t>(kLinearWords, 0), {}};
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    kernels_.linear(plan_, memory.floats.data(), memory.words.data(), block.in[0], block.out[0],
                    block.frames);
  }

 private:
  void Pack(const float* taps, std::uint32_t count) {
    const std::size_t block = plan_.block_frames, bins = plan_.bins;
    Arrangement places;
    const std::size_t taps_at = places.Place(plan_.direct_taps);
    const std::size_t cosines_at = places.Place(block), sines_at = places.Place(block);
    const std::size_t spectra_at = places.Place(plan_.partitions * 2 * bins);
    weights_ = AlignedFloats(places.size());
    float* const packed = weights_.data();
    std::copy_n(taps, plan_.direct_taps, packed + taps_at);
    for (std::size_t i = 0; i < block; ++i) {
      const double turn = -std::numbers::pi * static_cast<double>(i) / static_cast<double>(block);
      packed[cosines_at + i] = static_cast<float>(std::cos(turn));
      packed[sines_at + i] = static_cast<float>(std::sin(turn));
    }
    for (std::uint32_t p = 0; p < plan_.partitions; ++p) {
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
    plan_.taps = packed + taps_at;
    plan_.cosines = packed + cosines_at;
    plan_.sines = packed + sines_at;
    plan_.spectra = packed + spectra_at;
  }
  void ArrangeMemory() {
    Arrangement places;
    const std::size_t block = plan_.block_frames;
    plan_.past_frames = RoundUp(plan_.direct_taps, kLine);
    plan_.tile_at = places.Place(plan_.past_frames + kTileFrames) + plan_.past_frames;
    plan_.input_at = places.Place(2 * block);
    plan_.tail_at = places.Place(block);
    plan_.ring_at = places.Place(plan_.partitions * 2 * plan_.bins);
    plan_.sum_at = places.Place(2 * plan_.bins);
    plan_.work_at = places.Place(8 * block);
    memory_floats_ = places.size();
  }

  const std::uint32_t taps_;
  LinearPlan plan_{};
  AlignedFloats weights_;
  std::size_t memory_floats_ = 0;
  const Kernels& kernels_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeLinear(const NamFile& file, const Kernels& kernels) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  const std::uint32_t taps = fields.Count("receptive_field", 1, kMaximumTaps);
  const bool has_bias = fields.Flag("bias", false);
  fields.Count("in_channels", 1, 1, 1);
  fields.Count("out_channels", 1, 1, 1);
  fields.Unused("implementation");  // how NAM's player would do it
  fields.NoOthers();
  if (!status.ok()) return status;
  const std::size_t expected = std::size_t{taps} + (has_bias ? 1 : 0);
  if (file.weights.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights: is a list of ", file.weights.size(), ", expected ", expected));
  }
  return std::make_unique<LinearNetwork>(file.weights.data(), taps,
                                         has_bias ? file.weights.back() : 0.0F, kernels);
}

}  // namespace continuo::executor::fused
