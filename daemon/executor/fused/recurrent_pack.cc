// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/recurrent_pack.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace continuo::executor::fused {
namespace {

RecurrentLayer Shape(const NetLayer& net, std::uint32_t lanes, Precision precision) {
  RecurrentLayer layer{};
  layer.int16 = precision == Precision::kInt16 && HasHidden(net.kind);
  layer.kind = net.kind;
  layer.activation = net.activation;
  layer.inputs = net.inputs;
  layer.outputs = net.outputs;
  layer.taps = net.taps;
  layer.dilation = net.dilation;
  if (!HasHidden(net.kind)) {
    const bool is_row =
        net.kind == LayerKind::kScale || (net.kind == LayerKind::kDense && net.outputs == 1);
    layer.groups = is_row ? 0 : (net.outputs + lanes - 1) / lanes;
    return layer;
  }
  layer.groups = net.outputs / lanes;
  const std::uint32_t rest = net.outputs % lanes;
  if (rest > lanes / 2) {
    ++layer.groups;
  } else if (rest > 0) {
    layer.rest_vectors = rest > lanes / 4 ? 2 : 1;
  }
  return layer;
}

// Where the gates of the units from `first` on lie in a pass: in lanes from the
// beginning of the bias row, and of the others.
struct GroupShape {
  std::uint32_t first, units;
  std::uint32_t bias_at, row_at;
  std::uint32_t part;      // lanes from one gate to the next
  bool hidden_n_is_third;  // a GRU's whole groups; else fourth, as in the bias row
};

struct PassShape {
  std::vector<GroupShape> groups;
  std::uint32_t bias_lanes = 0, row_lanes = 0;
};

std::vector<PassShape> Passes(const RecurrentLayer& layer, std::uint32_t lanes) {
  const bool gru = layer.kind == LayerKind::kGru, hidden = HasHidden(layer.kind);
  const std::uint32_t pass_groups = hidden ? kPassGroups : 1;
  std::vector<PassShape> passes;
  for (std::uint32_t g = 0; g < layer.groups; ++g) {
    if (g % pass_groups == 0) passes.emplace_back();
    PassShape& pass = passes.back();
    const std::uint32_t first = g * lanes, units = std::min(lanes, layer.outputs - first);
    pass.groups.push_back({first, units, pass.bias_lanes, pass.row_lanes, lanes, gru});
    pass.bias_lanes += (hidden ? 4 : 1) * lanes;
    pass.row_lanes += GateCount(layer.kind) * lanes;
  }
  if (const std::uint32_t rest_lanes = layer.rest_vectors * lanes; rest_lanes != 0) {
    if (passes.empty()) passes.emplace_back();
    PassShape& pass = passes.back();
    const std::uint32_t first = layer.groups * lanes;
    pass.groups.push_back(
        {first, layer.outputs - first, pass.bias_lanes, pass.row_lanes, rest_lanes / 4, false});
    pass.bias_lanes += rest_lanes;
    pass.row_lanes += rest_lanes;
  }
  return passes;
}

// Of the hidden values, the row of factors among them; a whole number of fours of pairs.
std::size_t HiddenRows(const RecurrentLayer& layer) {
  if (!HasHidden(layer.kind)) return 0;
  return layer.int16 ? 1 + RoundUp(layer.outputs, 8) / 2 : layer.outputs;
}

std::size_t Rows(const RecurrentLayer& layer) {
  return std::size_t{layer.taps} * layer.inputs + HiddenRows(layer);
}

std::size_t WeightFloats(const RecurrentLayer& layer, std::uint32_t lanes) {
  if (layer.groups == 0 && layer.rest_vectors == 0) {
    return layer.slopes_at + RoundUp(layer.outputs, kMaximumLanes);
  }
  std::size_t floats = 0;
  for (const PassShape& pass : Passes(layer, lanes)) {
    floats += pass.bias_lanes + Rows(layer) * pass.row_lanes;
  }
  return floats;
}

// That of kSigmoidScale or kTanhScale, to the last digit.
double ScaleOf(LayerKind kind, std::uint32_t gate) {
  if (!HasHidden(kind)) return 1;
  const double sigmoid = -1 / std::log(2.0);
  return gate == 2 ? 2 * sigmoid : sigmoid;
}

// One lane of the rows of the hidden values, `stride` floats apart.
void PackHidden(const std::vector<float>& weights, float* lane, std::size_t stride) {
  for (std::size_t i = 0; i < weights.size(); ++i) lane[i * stride] = weights[i];
}

// The same as pairs of 16 bits: each times kPairScale times a hidden value of at most 1,
// summed up, stays within 31 bits.
void PackPairs(const std::vector<float>& weights, float* lane, std::size_t stride) {
  double largest = 1e-30, sum = 1e-30;
  for (const float weight : weights) {
    largest = std::max(largest, std::abs(double{weight}));
    sum += std::abs(double{weight});
  }
  const double room = 65535.0 - static_cast<double>(weights.size());  // less for the rounding
  const double scale = std::min(32767.0 / largest, room / sum);
  *lane = static_cast<float>(1 / (scale * kPairScale));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto rounded = static_cast<std::int16_t>(std::lround(weights[i] * scale));
    std::memcpy(reinterpret_cast<char*>(lane + (1 + i / 2) * stride) + i % 2 * sizeof rounded,
                &rounded, sizeof rounded);
  }
}

void PackGroup(const NetLayer& net, const RecurrentLayer& layer, const GroupShape& group,
               const PassShape& pass, float* packed) {
  const std::size_t stride = pass.row_lanes, outputs = net.outputs;
  const std::size_t inputs = std::size_t{net.taps} * net.inputs;
  float* const bias = packed + group.bias_at;
  float* const input_rows = packed + pass.bias_lanes + group.row_at;
  float* const hidden_rows = input_rows + inputs * stride;
  std::vector<float> own(HasHidden(net.kind) ? outputs : 0);
  for (std::uint32_t gate = 0; gate < GateCount(net.kind); ++gate) {
    const bool n = net.kind == LayerKind::kGru && gate == 2;
    const auto scaled = [scale = ScaleOf(net.kind, gate)](double weight) {
      return static_cast<float>(weight * scale);
    };
    const std::uint32_t hidden_gate = n && !group.hidden_n_is_third ? 3 : gate;
    for (std::uint32_t unit = 0; unit < group.units; ++unit) {
      const std::size_t row = std::size_t{gate} * outputs + group.first + unit;
      const std::size_t lane = gate * group.part + unit;
      const double hidden_bias = net.hidden_bias.empty() ? 0 : net.hidden_bias[row];
      bias[lane] = scaled(n ? net.bias[row] : net.bias[row] + hidden_bias);
      if (n) bias[3 * group.part + unit] = scaled(hidden_bias);
      for (std::size_t i = 0; i < inputs; ++i) {
        input_rows[i * stride + lane] = scaled(net.input_weights[row * inputs + i]);
      }
      for (std::size_t i = 0; i < own.size(); ++i) {
        own[i] = scaled(net.hidden_weights[row * outputs + i]);
      }
      float* const hidden_lane = hidden_rows + hidden_gate * group.part + unit;
      (layer.int16 ? PackPairs : PackHidden)(own, hidden_lane, stride);
    }
  }
}

void PackLayer(const NetLayer& net, const RecurrentLayer& layer, std::uint32_t lanes,
               float* packed) {
  if (layer.groups == 0 && layer.rest_vectors == 0) {
    std::copy(net.input_weights.begin(), net.input_weights.end(), packed);
    std::copy(net.bias.begin(), net.bias.end(), packed + layer.bias_at);
    std::copy(net.slopes.begin(), net.slopes.end(), packed + layer.slopes_at);
    return;
  }
  for (const PassShape& pass : Passes(layer, lanes)) {
    for (const GroupShape& group : pass.groups) PackGroup(net, layer, group, pass, packed);
    packed += pass.bias_lanes + Rows(layer) * pass.row_lanes;
  }
}

}  // namespace

PackedRecurrent PackRecurrent(const RecurrentNet& net, std::uint32_t lanes, Precision precision) {
  PackedRecurrent packed;
  Arrangement weights, memory;
  packed.plan.input_at = memory.Place(kMaximumLanes);
  for (const NetLayer& from : net.layers) {
    RecurrentLayer layer = Shape(from, lanes, precision);
    const std::size_t row = RoundUp(layer.outputs, kMaximumLanes);
    layer.bias_at = RoundUp(layer.inputs, kMaximumLanes);
    layer.slopes_at = layer.bias_at + row;
    layer.weights_at = weights.Place(WeightFloats(layer, lanes));
    layer.out_at[0] = layer.out_at[1] = memory.Place(row);
    if (HasHidden(layer.kind)) layer.out_at[1] = memory.Place(row);
    layer.cell_at = layer.kind == LayerKind::kLstm ? memory.Place(row) : layer.out_at[0];
    for (std::size_t& at : layer.pairs_at) at = layer.int16 ? memory.Place(row / 2) : 0;
    if (layer.kind == LayerKind::kConvolution) {
      layer.ring = packed.plan.ring_count++;
      layer.ring_frames = (layer.taps - 1) * layer.dilation + 1;
      layer.ring_at = memory.Place(std::size_t{layer.ring_frames} * layer.inputs);
    }
    packed.layers.push_back(layer);
  }
  packed.weights = AlignedFloats(weights.size());
  packed.start = AlignedFloats(memory.size());
  for (std::size_t l = 0; l < packed.layers.size(); ++l) {
    const NetLayer& from = net.layers[l];
    const RecurrentLayer& layer = packed.layers[l];
    PackLayer(from, layer, lanes, packed.weights.data() + layer.weights_at);
    // Turn 0 writes the first row, and so reads the second.
    std::copy(from.hidden.begin(), from.hidden.end(), packed.start.data() + layer.out_at[1]);
    if (layer.int16) {
      std::vector<std::int16_t> rounded;
      for (const float h : from.hidden) {
        rounded.push_back(
            static_cast<std::int16_t>(std::lround(std::clamp(h, -1.0F, 1.0F) * kPairScale)));
      }
      std::memcpy(packed.start.data() + layer.pairs_at[1], rounded.data(),
                  rounded.size() * sizeof(std::int16_t));
    }
    for (std::size_t i = 0; i < from.cell.size(); ++i) {
      packed.start.data()[layer.cell_at + i] = from.cell[i] * kTanhScale;
    }
  }
  packed.plan.layers = packed.layers.data();
  packed.plan.layer_count = static_cast<std::uint32_t>(packed.layers.size());
  packed.plan.inputs = net.inputs();
  packed.plan.skip = net.skip;
  packed.plan.int16 = precision == Precision::kInt16;
  packed.plan.in_gain = net.in_gain;
  packed.plan.out_gain = net.out_gain;
  packed.plan.weights = packed.weights.data();
  return packed;
}

}  // namespace continuo::executor::fused
