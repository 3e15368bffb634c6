// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/transformer_layer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace continuo::executor::fused {

AlignedFloats Padded(const std::vector<float>& floats) {
  AlignedFloats padded(RoundUp(floats.size(), kPanel));
  std::copy(floats.begin(), floats.end(), padded.data());
  return padded;
}

KeysAndValues::KeysAndValues(const LayerShape& shape, std::uint32_t cells)
    : shape_(shape),
      cells_(cells),
      panels_(static_cast<std::uint32_t>(RoundUp(cells, kPanel) / kPanel)),
      keys_(std::size_t{panels_} * kPanel * shape.width),
      values_(std::size_t{cells} * shape.width + kPanel) {}

void KeysAndValues::Write(std::uint32_t cell, const float* key, const float* value) {
  const std::uint32_t size = shape_.head_size();
  for (std::uint32_t head = 0; head < shape_.heads; ++head, key += size, value += size) {
    float* keys = keys_.data() + (std::size_t{head} * panels_ + cell / kPanel) * size * kPanel +
                  cell % kPanel;
    for (std::uint32_t i = 0; i < size; ++i) keys[std::size_t{i} * kPanel] = key[i];
    std::copy_n(value, size, values_.data() + (std::size_t{head} * cells_ + cell) * size);
  }
}

void KeysAndValues::CopyFrom(const KeysAndValues& other, std::uint32_t count) {
  const std::size_t size = shape_.head_size();
  for (std::size_t head = 0; head < shape_.heads; ++head) {
    const std::size_t keys_at = head * panels_ * kPanel * size;
    std::copy_n(other.keys_.data() + keys_at, RoundUp(count, kPanel) * size,
                keys_.data() + keys_at);
    const std::size_t values_at = head * cells_ * size;
    std::copy_n(other.values_.data() + values_at, count * size, values_.data() + values_at);
  }
}

Attention KeysAndValues::View() const {
  Attention view;
  view.keys = keys_.data();
  view.values = values_.data();
  view.heads = shape_.heads;
  view.size = shape_.head_size();
  view.panels = panels_;
  view.cells = cells_;
  return view;
}

std::vector<double> RotaryRates(std::uint32_t head_size) {
  std::vector<double> rates(head_size / 2);
  const auto half = static_cast<double>(rates.size());
  for (std::size_t i = 0; i < rates.size(); ++i) {
    rates[i] = std::pow(10000.0, -(static_cast<double>(i) / half));
  }
  return rates;
}

Rotation::Rotation(const std::vector<double>& rates, std::uint32_t heads, std::uint32_t position)
    : heads_(heads), cosines_(rates.size()), sines_(rates.size()) {
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double angle = position * rates[i];
    cosines_[i] = static_cast<float>(std::cos(angle));
    sines_[i] = static_cast<float>(std::sin(angle));
  }
}

void Rotation::Turn(float* heads, float scale) const {
  const std::size_t half = cosines_.size();
  for (std::uint32_t head = 0; head < heads_; ++head, heads += 2 * half) {
    for (std::size_t i = 0; i < half; ++i) {
      const float a = heads[i], b = heads[i + half];
      heads[i] = (a * cosines_[i] - b * sines_[i]) * scale;
      heads[i + half] = (b * cosines_[i] + a * sines_[i]) * scale;
    }
  }
}

LayerRun::LayerRun(const LayerShape& shape, const TransformerKernels& kernels, std::uint32_t rows,
                   std::uint32_t cells)
    : shape_(shape),
      kernels_(kernels),
      normal_(rows * StrideOf(shape.width)),
      projected_(rows * StrideOf(3 * shape.width)),
      attended_(rows * StrideOf(shape.width)),
      hidden_(rows * StrideOf(shape.hidden)),
      scores_(RoundUp(cells, kPanel) + kPanel),
      whole_scales_(rows),
      whole_(rows * StrideOf(std::max(shape.width, shape.hidden)) / 2) {}

void LayerRun::Multiply(const PackedMatrix& matrix, const AlignedFloats& in, std::size_t in_stride,
                        std::uint32_t rows, float* out, std::size_t out_stride, Then then) {
  Product product;
  product.in = in.data();
  product.out = out;
  product.in_stride = in_stride;
  product.out_stride = out_stride;
  product.rows = rows;
  product.then = then;
  product.whole = reinterpret_cast<std::int16_t*>(whole_.data());
  product.whole_scales = whole_scales_.data();
  kernels_.product(matrix.matrix, product);
}

void LayerRun::Project(const PackedLayer& layer, const float* x, std::uint32_t rows) {
  const std::size_t stride = StrideOf(shape_.width);
  kernels_.normalise(x, layer.attention_gain.data(), shape_.width, stride, rows, normal_.data());
  Multiply(layer.qkv, normal_, stride, rows, projected_.data(), StrideOf(3 * shape_.width),
           Then::kStore);
}

float* LayerRun::Projected(std::uint32_t part, std::uint32_t row) {
  return projected_.data() + row * StrideOf(3 * shape_.width) + std::size_t{part} * shape_.width;
}

const float* LayerRun::Query(std::uint32_t row, const Rotation& rotation) {
  // Scores as powers of 2, over the root of the head's size.
  const double scale = std::numbers::log2e / std::sqrt(static_cast<double>(shape_.head_size()));
  float* const query = Projected(0, row);
  rotation.Turn(query, static_cast<float>(scale));
  return query;
}

const float* LayerRun::Key(std::uint32_t row, const Rotation& rotation) {
  float* const key = Projected(1, row);
  rotation.Turn(key, 1);
  return key;
}

const float* LayerRun::Value(std::uint32_t row) { return Projected(2, row); }

void LayerRun::Attend(const float* query, const KeysAndValues& cells, std::uint32_t first,
                      std::uint32_t end, std::uint32_t row) {
  Attention attention = cells.View();
  attention.query = query;
  attention.scores = scores_.data();
  attention.out = attended_.data() + row * StrideOf(shape_.width);
  attention.first = first;
  attention.end = end;
  kernels_.attend(attention);
}

void LayerRun::Finish(const PackedLayer& layer, float* x, std::uint32_t rows) {
  const std::size_t stride = StrideOf(shape_.width), hidden_stride = StrideOf(shape_.hidden);
  Multiply(layer.out, attended_, stride, rows, x, stride, Then::kAdd);
  kernels_.normalise(x, layer.mlp_gain.data(), shape_.width, stride, rows, normal_.data());
  Multiply(layer.up, normal_, stride, rows, hidden_.data(), hidden_stride, Then::kSquaredRelu);
  Multiply(layer.down, hidden_, hidden_stride, rows, x, stride, Then::kAdd);
}

void LayerRun::Output(const PackedMatrix& matrix, const AlignedFloats& gain, const float* x,
                      std::uint32_t rows, float* out) {
  const std::size_t stride = StrideOf(shape_.width);
  kernels_.normalise(x, gain.data(), shape_.width, stride, rows, normal_.data());
  Multiply(matrix, normal_, stride, rows, out, StrideOf(matrix.matrix.count * kPanel),
           Then::kStore);
}

}  // namespace continuo::executor::fused
