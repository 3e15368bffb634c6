// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/lstm.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kMaximumLayers = 4, kMaximumHidden = 512;

struct Config {
  std::uint32_t hidden = 0, layers = 0;

  [[nodiscard]] std::size_t WeightCount() const {
    const std::size_t h = hidden;
    std::size_t count = h + 1;
    for (std::uint32_t l = 0; l < layers; ++l) count += 4 * h * ((l == 0 ? 1 : h) + h) + 6 * h;
    return count;
  }
};

absl::StatusOr<Config> ReadConfig(const NamFile& file) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  Config config;
  fields.Exactly("input_size", 1);
  config.hidden = fields.Count("hidden_size", 1, kMaximumHidden);
  config.layers = fields.Count("num_layers", 1, kMaximumLayers);
  fields.NoOthers();
  if (!status.ok()) return status;
  if (file.weights.size() != config.WeightCount()) {
    return absl::InvalidArgumentError(absl::StrCat("weights: is a list of ", file.weights.size(),
                                                   ", expected ", config.WeightCount()));
  }
  return config;
}

// Where gate `gate` of unit `unit` lies among a layer's vectors.
struct Lane {
  std::uint32_t group;    // the rest is the last group
  std::uint32_t vectors;  // of that group
  std::uint32_t at;       // in its row
};

Lane LaneOf(const LstmLayer& layer, std::uint32_t lanes, std::uint32_t gate, std::uint32_t unit) {
  const std::uint32_t group = unit / lanes, lane = unit % lanes;
  if (group < layer.groups) return {group, 4, gate * lanes + lane};
  const std::uint32_t part = layer.rest_vectors * lanes / 4;
  return {layer.groups, layer.rest_vectors, gate * part + lane};
}

LstmLayer Shape(std::uint32_t inputs, std::uint32_t hidden, std::uint32_t lanes) {
  LstmLayer layer{};
  layer.inputs = inputs;
  layer.hidden = hidden;
  layer.groups = hidden / lanes;
  const std::uint32_t rest = hidden % lanes;
  if (rest > lanes / 2) {
    ++layer.groups;
  } else if (rest > 0) {
    layer.rest_vectors = rest > lanes / 4 ? 2 : 1;
  }
  return layer;
}

void PackLayer(const LstmLayer& layer, std::uint32_t lanes, const float* matrix, const float* bias,
               float* packed) {
  const std::uint32_t columns = layer.inputs + layer.hidden;
  for (std::uint32_t gate = 0; gate < 4; ++gate) {
    const float scale = gate == 2 ? 1.0F : 0.5F;
    for (std::uint32_t unit = 0; unit < layer.hidden; ++unit) {
      const Lane lane = LaneOf(layer, lanes, gate, unit);
      const std::size_t stride = std::size_t{lane.vectors} * lanes;
      float* const column = packed + std::size_t{lane.group} * (1 + columns) * 4 * lanes + lane.at;
      const std::uint32_t row = gate * layer.hidden + unit;
      column[0] = bias[row] * scale;
      for (std::uint32_t i = 0; i < columns; ++i) {
        column[(1 + i) * stride] = matrix[std::size_t{row} * columns + i] * scale;
      }
    }
  }
}

absl::StatusOr<Lstm> Pack(const NamFile& file, std::uint32_t lanes) {
  const auto config = ReadConfig(file);
  if (!config.ok()) return config.status();
  const std::uint32_t hidden = config->hidden;
  Lstm net;
  Arrangement weights, memory;
  for (std::uint32_t l = 0; l < config->layers; ++l) {
    LstmLayer layer = Shape(l == 0 ? 1 : hidden, hidden, lanes);
    const std::size_t vectors = layer.groups * 4 + layer.rest_vectors;
    layer.weights_at = weights.Place((1 + layer.inputs + hidden) * vectors * lanes);
    for (std::size_t* at : {&layer.cell_at, &layer.hidden_at[0], &layer.hidden_at[1]}) {
      *at = memory.Place(RoundUp(hidden, kMaximumLanes));
    }
    net.layers.push_back(layer);
  }
  net.plan.head_at = weights.Place(RoundUp(hidden, kMaximumLanes));
  net.weights = AlignedFloats(weights.size());
  net.rest = AlignedFloats(memory.size());

  WeightCursor cursor(file.weights);
  for (const LstmLayer& layer : net.layers) {
    const float* matrix = cursor.Take(std::size_t{4} * hidden * (layer.inputs + hidden));
    const float* bias = cursor.Take(std::size_t{4} * hidden);
    PackLayer(layer, lanes, matrix, bias, net.weights.data() + layer.weights_at);
    std::copy_n(cursor.Take(hidden), hidden, net.rest.data() + layer.hidden_at[0]);
    std::copy_n(cursor.Take(hidden), hidden, net.rest.data() + layer.cell_at);
  }
  std::copy_n(cursor.Take(hidden), hidden, net.weights.data() + net.plan.head_at);
  net.plan.head_bias = *cursor.Take(1);
  net.plan.layers = net.layers.data();
  net.plan.layer_count = config->layers;
  net.plan.weights = net.weights.data();
  return net;
}

class LstmNetwork final : public Network {
 public:
  LstmNetwork(Lstm net, const Kernels& kernels, std::uint32_t warm_up_frames)
      : net_(std::move(net)), kernels_(kernels), warm_up_frames_(warm_up_frames) {}
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return warm_up_frames_; }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{AlignedFloats(net_.rest.size()), {0}, {}};
    std::copy_n(net_.rest.data(), net_.rest.size(), memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    kernels_.lstm(net_.plan, memory.floats.data(), memory.words.data(), block.in[0], block.out[0],
                  block.frames);
  }

 private:
  Lstm net_;
  const Kernels& kernels_;
  std::uint32_t warm_up_frames_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeLstm(const NamFile& file, const Kernels& kernels) {
  auto net = Pack(file, kernels.lanes);
  if (!net.ok()) return net.status();
  return std::make_unique<LstmNetwork>(*std::move(net), kernels, file.sample_rate_hz / 2);
}

}  // namespace continuo::executor::fused
