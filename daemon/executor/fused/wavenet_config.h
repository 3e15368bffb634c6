// SPDX-License-Identifier: Apache-2.0
// The shape of a NAM WaveNet, as "config" of a .nam file states it, versions 0.5 to 0.7.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "daemon/executor/fused/nam_activation.h"

namespace continuo::executor::fused {

// Feature-wise linear modulation: rows × scale + shift, both linear in the condition.
struct FilmConfig {
  bool active = false, shift = true;
  std::uint32_t groups = 1;
};
// In the order of their weights.
enum Film : std::uint8_t {
  kBeforeConv,
  kAfterConv,
  kBeforeMix,
  kAfterMix,
  kBeforeActivation,
  kAfterActivation,
  kAfterJoin,
  kAfterHead,
  kFilmCount,
};

struct WaveNetLayer {
  std::uint32_t taps = 1, dilation = 1;
  Action gating = Action::kActivate;  // or kGate, kBlend: twice the convolution's rows
  ActivationConfig activation, second;

  [[nodiscard]] std::uint32_t parts() const { return gating == Action::kActivate ? 1 : 2; }
};

struct WaveNetArray {
  std::uint32_t inputs = 1, condition = 1, channels = 1, bottleneck = 1;
  std::uint32_t conv_groups = 1, mix_groups = 1, join_groups = 1, head_groups = 1;
  bool has_join = true, has_head = false;  // the 1×1 convolutions of a layer
  std::uint32_t head_rows = 1;             // what its layers add up to
  std::uint32_t outputs = 1, output_taps = 1, output_dilation = 1;
  bool output_bias = false;
  std::array<FilmConfig, kFilmCount> films;
  std::vector<WaveNetLayer> layers;
};

// One of the convolutions after all arrays, an activation before it.
struct WaveNetHead {
  ActivationConfig activation;
  std::uint32_t inputs = 1, outputs = 1, taps = 1;
};

struct WaveNetConfig {
  std::vector<WaveNetArray> arrays;
  std::vector<WaveNetHead> heads;

  [[nodiscard]] std::uint32_t outputs() const {
    return heads.empty() ? arrays.back().outputs : heads.back().outputs;
  }
};

// `condition`: the rows of the condition; `path`: of the object, for messages.
[[nodiscard]] absl::StatusOr<WaveNetConfig> ReadWaveNetConfig(const nlohmann::json& config,
                                                              const std::string& path,
                                                              std::uint32_t condition);

}  // namespace continuo::executor::fused
