// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/rtneural_layers.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/recurrent_file.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

// [rows][columns] → [columns][rows]; empty stays so: an error came before.
std::vector<float> Transposed(const std::vector<float>& matrix, std::size_t rows,
                              std::size_t columns) {
  std::vector<float> result(matrix.size());
  if (matrix.empty()) return result;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix[r * columns + c];
  }
  return result;
}

// Keras has a GRU's gates as z, r, h.
std::vector<float> ResetFirst(const std::vector<float>& rows, std::size_t columns,
                              std::size_t units) {
  std::vector<float> result(rows);
  const auto gate = static_cast<std::ptrdiff_t>(units * columns);
  std::swap_ranges(result.begin(), result.begin() + gate, result.begin() + gate);
  return result;
}

LayerKind KindOf(FieldReader& fields) {
  const std::string type = fields.Text("type");
  if (type == "lstm") return LayerKind::kLstm;
  if (type == "gru") return LayerKind::kGru;
  if (type != "dense" && type != "time-distributed-dense") {
    fields.Fail("type", Shown(type), "lstm, gru, dense or time-distributed-dense");
  }
  return LayerKind::kDense;
}

DenseActivation ActivationOf(FieldReader& fields, const json& from, LayerKind kind) {
  const std::string name = Member(&from, "activation") == nullptr ? "" : fields.Text("activation");
  if (kind != LayerKind::kDense) {
    if (!name.empty() && name != "tanh") fields.Fail("activation", Shown(name), "tanh");
    return DenseActivation::kLinear;
  }
  if (name == "tanh") return DenseActivation::kTanh;
  if (name == "relu") return DenseActivation::kRelu;
  if (name == "sigmoid") return DenseActivation::kSigmoid;
  if (!name.empty() && name != "linear") {
    fields.Fail("activation", Shown(name), "none, tanh, relu or sigmoid");
  }
  return DenseActivation::kLinear;
}

std::uint32_t OutputsOf(FieldReader& fields, const json& from) {
  const json* shape = Member(&from, "shape");
  const json* last =
      shape != nullptr && shape->is_array() && !shape->empty() ? &shape->back() : nullptr;
  if (last != nullptr && last->is_number_unsigned() && last->get<std::uint64_t>() >= 1 &&
      last->get<std::uint64_t>() <= kMaximumUnits) {
    return last->get<std::uint32_t>();
  }
  fields.Fail("shape", shape == nullptr ? "missing" : Shown(*shape),
              absl::StrCat("a list that ends with 1 to ", kMaximumUnits));
  return 1;
}

NetLayer ReadLayer(const json& from, const std::string& path, std::uint32_t inputs,
                   absl::Status& status) {
  FieldReader fields(from, path, status);
  NetLayer layer;
  layer.kind = KindOf(fields);
  layer.activation = ActivationOf(fields, from, layer.kind);
  layer.inputs = inputs;
  layer.outputs = OutputsOf(fields, from);
  const std::size_t units = layer.outputs, columns = GateCount(layer.kind) * units;
  const bool dense = layer.kind == LayerKind::kDense, gru = layer.kind == LayerKind::kGru;
  const json& weights = fields.List("weights", dense ? 2 : 3);
  const auto part = [&](std::size_t i) { return i < weights.size() ? &weights[i] : nullptr; };
  const auto name = [&](std::size_t i) { return absl::StrCat(path, ".weights[", i, "]"); };
  const auto by_output = [&](std::size_t i, std::size_t rows) {
    return Transposed(ReadMatrix(part(i), name(i), rows, columns, status), rows, columns);
  };
  layer.input_weights = by_output(0, inputs);
  if (dense) {
    layer.bias = ReadNumbers(part(1), name(1), units, status);
    return layer;
  }
  layer.hidden_weights = by_output(1, units);
  if (!gru) {
    layer.bias = ReadNumbers(part(2), name(2), columns, status);
    return layer;
  }
  const auto both = ReadMatrix(part(2), name(2), 2, columns, status);
  if (!status.ok()) return layer;
  const auto middle = both.begin() + static_cast<std::ptrdiff_t>(columns);
  layer.bias = ResetFirst({both.begin(), middle}, 1, units);
  layer.hidden_bias = ResetFirst({middle, both.end()}, 1, units);
  layer.input_weights = ResetFirst(layer.input_weights, inputs, units);
  layer.hidden_weights = ResetFirst(layer.hidden_weights, units, units);
  return layer;
}

}  // namespace

std::vector<NetLayer> ReadRtNeuralLayers(const json& document, std::uint32_t inputs,
                                         absl::Status& status) {
  FieldReader fields(document, "", status);
  std::vector<NetLayer> layers;
  std::uint32_t recurrent = 0;
  for (const json& from : fields.List("layers", kMaximumRecurrentLayers + kMaximumDenseLayers)) {
    const std::string path = absl::StrCat("layers[", layers.size(), "]");
    layers.push_back(ReadLayer(from, path, inputs, status));
    if (!status.ok()) return layers;
    inputs = layers.back().outputs;
    if (layers.back().kind != LayerKind::kDense) ++recurrent;
  }
  if (recurrent < 1 || recurrent > kMaximumRecurrentLayers) {
    fields.Fail("layers", absl::StrCat("with ", recurrent, " lstm or gru"),
                absl::StrCat("1 to ", kMaximumRecurrentLayers, " of them"));
  }
  if (inputs != 1) {
    fields.Fail("layers", absl::StrCat("with ", inputs, " outputs at the end"), "1");
  }
  return layers;
}

}  // namespace continuo::executor::fused
