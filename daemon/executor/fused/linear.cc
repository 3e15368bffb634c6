// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/linear.h"

#include <absl/strings/str_cat.h>

#include <vector>

#include "daemon/executor/fused/linear_pack.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kMaximumTaps = 1U << 21;  // 43 s at 48 kHz

class LinearNetwork final : public Network {
 public:
  LinearNetwork(const float* taps, std::uint32_t count, float bias, const Kernels& kernels)
      : taps_(count), linear_(PackLinear(taps, count, bias)), kernels_(kernels) {}
  // All of a state at rest is zero.
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }
  [[nodiscard]] std::uint32_t tail_frames() const override { return taps_; }
  [[nodiscard]] Memory AtStart() const override {
    return {AlignedFloats(linear_.memory_floats), std::vector<std::uint32_t>(kLinearWords, 0), {}};
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    kernels_.linear(linear_.plan, memory.floats.data(), memory.words.data(), block.in[0],
                    block.out[0], block.frames);
  }

 private:
  const std::uint32_t taps_;
  const PackedLinear linear_;
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
