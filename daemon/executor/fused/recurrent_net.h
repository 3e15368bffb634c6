// SPDX-License-Identifier: Apache-2.0
// A net of LSTM, GRU, dense and convolution layers, as the readers of several formats give
// it. Plain C++, as is what packs it: both are also tested under emulation of other processors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {

inline constexpr std::uint32_t kMaximumRecurrentLayers = 4;
inline constexpr std::uint32_t kMaximumUnits = 512, kMaximumInputs = 4;

// Of the products with the hidden values, which are most of the work.
enum class Precision : std::uint8_t { kFloat32, kInt16 };

// Matrices are row-major, gates after each other as PyTorch has them: i, f, g, o of an
// LSTM; r, z, n of a GRU, which is n = tanh(Wx + b + r (Uh + b')), h = (1 - z) n + z h.
struct NetLayer {
  LayerKind kind = LayerKind::kDense;
  DenseActivation activation = DenseActivation::kLinear;  // not of LSTM and GRU
  std::uint32_t inputs = 0, outputs = 0;
  std::uint32_t taps = 1, dilation = 1;  // of a convolution, a causal one
  std::vector<float> input_weights;   // [gates × outputs][taps × inputs], the oldest tap first;
                                      // of kScale the factors, [outputs]
  std::vector<float> hidden_weights;  // [gates × outputs][outputs]; of LSTM and GRU
  std::vector<float> bias;            // [gates × outputs]
  std::vector<float> hidden_bias;     // b', the same; empty: zeros, but not of a GRU
  std::vector<float> hidden, cell;    // at the start; empty: zeros
  std::vector<float> slopes;          // of kPrelu, [outputs]
};

struct RecurrentNet {
  std::vector<NetLayer> layers;  // the last has one output
  bool skip = false;             // the input is added to the output
  float in_gain = 1, out_gain = 1;

  [[nodiscard]] std::uint32_t inputs() const { return layers.front().inputs; }
  // That a frame is multiplied with: those between groups of a convolution, zeros, too.
  [[nodiscard]] std::uint64_t WeightCount() const;
  [[nodiscard]] bool HasHidden() const;  // an LSTM or a GRU is among the layers
  // How far back the output knows the input without those: what all convolutions together see.
  [[nodiscard]] std::uint32_t PastFrames() const;
  // "LSTM-40", "GRU-12 + GRU-8", "Conv-16 x 10 + LSTM-8"; "Dense" where there is neither.
  [[nodiscard]] std::string Name() const;
};

[[nodiscard]] constexpr std::uint32_t GateCount(LayerKind kind) {
  return kind == LayerKind::kLstm ? 4 : kind == LayerKind::kGru ? 3 : 1;
}
[[nodiscard]] constexpr bool HasHidden(LayerKind kind) { return GateCount(kind) > 1; }

}  // namespace continuo::executor::fused
