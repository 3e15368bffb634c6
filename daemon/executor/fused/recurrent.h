// SPDX-License-Identifier: Apache-2.0
// Nets of LSTM, GRU and dense layers, as the readers of several formats give them,
// and the network made of one.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/network.h"

namespace continuo::executor::fused {

inline constexpr std::uint32_t kMaximumRecurrentLayers = 4, kMaximumDenseLayers = 8;
inline constexpr std::uint32_t kMaximumUnits = 512, kMaximumInputs = 4;

// Matrices are row-major, gates after each other as PyTorch has them: i, f, g, o of an
// LSTM; r, z, n of a GRU, which is n = tanh(Wx + b + r (Uh + b')), h = (1 - z) n + z h.
struct NetLayer {
  LayerKind kind = LayerKind::kDense;
  DenseActivation activation = DenseActivation::kLinear;  // of dense
  std::uint32_t inputs = 0, outputs = 0;
  std::vector<float> input_weights;   // [gates × outputs][inputs]
  std::vector<float> hidden_weights;  // [gates × outputs][outputs]; not of dense
  std::vector<float> bias;            // [gates × outputs]
  std::vector<float> hidden_bias;     // b', the same; empty: zeros, but not of a GRU
  std::vector<float> hidden, cell;    // at the start; empty: zeros
};

struct RecurrentNet {
  std::vector<NetLayer> layers;  // the last has one output
  bool skip = false;             // the input is added to the output
  float in_gain = 1, out_gain = 1;

  [[nodiscard]] std::uint32_t inputs() const { return layers.front().inputs; }
  [[nodiscard]] std::uint64_t WeightCount() const;
  // "LSTM-40", "GRU-12 + GRU-8".
  [[nodiscard]] std::string Name() const;
};

[[nodiscard]] constexpr std::uint32_t GateCount(LayerKind kind) {
  return kind == LayerKind::kLstm ? 4 : kind == LayerKind::kGru ? 3 : 1;
}

// `net` fits together: the readers see to that. `warm_up_frames` of silence, the
// parameters at 0, come before a stream begins.
[[nodiscard]] std::unique_ptr<Network> MakeRecurrent(const RecurrentNet& net,
                                                     const Kernels& kernels,
                                                     std::uint32_t warm_up_frames);

// The net's output for `in` from its start, without the silence; the parameters at 0.
[[nodiscard]] std::vector<float> RunFromStart(const Network& network, const std::vector<float>& in,
                                              std::uint32_t parameters);

}  // namespace continuo::executor::fused
