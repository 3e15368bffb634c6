// SPDX-License-Identifier: Apache-2.0
// A layer of a transformer, some rows at a time, and the keys and values that it looks at.
//
// Layout: rows are StrideOf(width) floats apart and zero behind their width
// (transformer_plan.h).
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/transformer_net.h"
#include "daemon/executor/fused/transformer_pack.h"
#include "daemon/executor/fused/transformer_plan.h"

namespace continuo::executor::fused {

struct LayerShape {
  std::uint32_t width = 0, heads = 0, hidden = 0;
  [[nodiscard]] std::uint32_t head_size() const { return width / heads; }
};

// Whole panels, and room for what is written too far.
[[nodiscard]] constexpr std::size_t StrideOf(std::uint32_t width) {
  return RoundUp(width, kPanel) + kPanel;
}
[[nodiscard]] AlignedFloats Padded(const std::vector<float>& floats);

struct PackedLayer {
  AlignedFloats attention_gain, mlp_gain;
  PackedMatrix qkv, out, up, down;
};

// Keys and values of one layer, with room for `cells` (Attention has their layout).
class KeysAndValues {
 public:
  KeysAndValues(const LayerShape& shape, std::uint32_t cells);
  // `key` and `value`: [head][size].
  void Write(std::uint32_t cell, const float* key, const float* value);
  // The first `count` cells of `other`, of the same shape.
  void CopyFrom(const KeysAndValues& other, std::uint32_t count);
  // All but the query, the range and where to write.
  [[nodiscard]] Attention View() const;

 private:
  LayerShape shape_;
  std::uint32_t cells_, panels_;
  AlignedFloats keys_, values_;
};

// How far each pair of a head turns with a position.
[[nodiscard]] std::vector<double> RotaryRates(std::uint32_t head_size);

// The rotary embedding at one position: angles in double precision, rounded then.
class Rotation {
 public:
  Rotation(const std::vector<double>& rates, std::uint32_t heads, std::uint32_t position);
  // heads: [head][size], in place; times `scale`.
  void Turn(float* heads, float scale) const;

 private:
  std::uint32_t heads_;
  std::vector<float> cosines_, sines_;
};

// What up to `rows` rows need on their way through a layer.
class LayerRun {
 public:
  LayerRun(const LayerShape& shape, const TransformerKernels& kernels, std::uint32_t rows,
           std::uint32_t cells);
  // Queries, keys and values of rows x.
  void Project(const PackedLayer& layer, const float* x, std::uint32_t rows);
  // Of a row after Project, [head][size], turned; queries ready for Attend.
  [[nodiscard]] const float* Query(std::uint32_t row, const Rotation& rotation);
  [[nodiscard]] const float* Key(std::uint32_t row, const Rotation& rotation);
  [[nodiscard]] const float* Value(std::uint32_t row);
  void Attend(const float* query, const KeysAndValues& cells, std::uint32_t first,
              std::uint32_t end, std::uint32_t row);
  // What was attended to, and the rest of the layer, added to rows x.
  void Finish(const PackedLayer& layer, float* x, std::uint32_t rows);
  // out = W rms(x; gain), StrideOf(W's outputs) apart.
  void Output(const PackedMatrix& matrix, const AlignedFloats& gain, const float* x,
              std::uint32_t rows, float* out);

 private:
  void Multiply(const PackedMatrix& matrix, const AlignedFloats& in, std::size_t in_stride,
                std::uint32_t rows, float* out, std::size_t out_stride, Then then);
  float* Projected(std::uint32_t part, std::uint32_t row);

  const LayerShape shape_;
  const TransformerKernels& kernels_;
  AlignedFloats normal_, projected_, attended_, hidden_, scores_, whole_scales_;
  AlignedFloats whole_;  // std::int16_t, two in each
};

}  // namespace continuo::executor::fused
