// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/lstm.h"

#include <absl/strings/str_cat.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "daemon/executor/fused/recurrent.h"

namespace continuo::executor::fused {
namespace {

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
  config.hidden = fields.Count("hidden_size", 1, kMaximumUnits);
  config.layers = fields.Count("num_layers", 1, kMaximumRecurrentLayers);
  fields.NoOthers();
  if (!status.ok()) return status;
  if (file.weights.size() != config.WeightCount()) {
    return absl::InvalidArgumentError(absl::StrCat("weights: is a list of ", file.weights.size(),
                                                   ", expected ", config.WeightCount()));
  }
  return config;
}

std::vector<float> Take(WeightCursor& cursor, std::size_t count) {
  const float* const from = cursor.Take(count);
  return {from, from + count};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeLstm(const NamFile& file, const Kernels& kernels,
                                                  Precision precision) {
  const auto config = ReadConfig(file);
  if (!config.ok()) return config.status();
  const std::uint32_t hidden = config->hidden;
  WeightCursor cursor(file.weights);
  RecurrentNet net;
  for (std::uint32_t l = 0; l < config->layers; ++l) {
    NetLayer layer;
    layer.kind = LayerKind::kLstm;
    layer.inputs = l == 0 ? 1 : hidden;
    layer.outputs = hidden;
    for (std::uint32_t row = 0; row < 4 * hidden; ++row) {
      const float* const input = cursor.Take(layer.inputs);
      layer.input_weights.insert(layer.input_weights.end(), input, input + layer.inputs);
      const float* const own = cursor.Take(hidden);
      layer.hidden_weights.insert(layer.hidden_weights.end(), own, own + hidden);
    }
    layer.bias = Take(cursor, std::size_t{4} * hidden);
    layer.hidden = Take(cursor, hidden);
    layer.cell = Take(cursor, hidden);
    net.layers.push_back(std::move(layer));
  }
  NetLayer head;
  head.inputs = hidden;
  head.outputs = 1;
  head.input_weights = Take(cursor, hidden);
  head.bias = Take(cursor, 1);
  net.layers.push_back(std::move(head));
  return MakeRecurrent(net, kernels, file.sample_rate_hz / 2, precision);
}

}  // namespace continuo::executor::fused
