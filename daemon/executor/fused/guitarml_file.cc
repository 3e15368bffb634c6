// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/guitarml_file.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

struct Shape {
  LayerKind kind = LayerKind::kLstm;
  std::uint32_t inputs = 1, hidden = 1, layers = 1;
  bool skip = true;
};

absl::StatusOr<Shape> ReadShape(const json& document) {
  const json* data = Member(&document, "model_data");
  if (data == nullptr) return absl::InvalidArgumentError("model_data: is missing");
  absl::Status status;
  FieldReader fields(*data, "model_data", status);
  Shape shape;
  const std::string unit = fields.Text("unit_type");
  if (unit != "LSTM" && unit != "GRU") fields.Fail("unit_type", Shown(unit), "LSTM or GRU");
  shape.kind = unit == "GRU" ? LayerKind::kGru : LayerKind::kLstm;
  shape.inputs = fields.Count("input_size", 1, kMaximumInputs);
  shape.hidden = fields.Count("hidden_size", 1, kMaximumUnits);
  if (Member(data, "output_size") != nullptr) fields.Exactly("output_size", 1);
  if (Member(data, "num_layers") != nullptr) {
    shape.layers = fields.Count("num_layers", 1, kMaximumRecurrentLayers);
  }
  if (Member(data, "skip") != nullptr) shape.skip = fields.Count("skip", 0, 1) == 1;
  if (!status.ok()) return status;
  return shape;
}

NetLayer ReadLayer(const json* tensors, const Shape& shape, std::uint32_t index,
                   absl::Status& status) {
  const std::size_t hidden = shape.hidden, rows = GateCount(shape.kind) * hidden;
  const auto named = [index](const char* name) { return absl::StrCat("rec.", name, "_l", index); };
  const auto matrix = [&](const char* name, std::size_t columns) {
    return ReadMatrix(Member(tensors, named(name)), "state_dict." + named(name), rows, columns,
                      status);
  };
  const auto numbers = [&](const char* name) {
    return ReadNumbers(Member(tensors, named(name)), "state_dict." + named(name), rows, status);
  };
  NetLayer layer;
  layer.kind = shape.kind;
  layer.inputs = index == 0 ? shape.inputs : shape.hidden;
  layer.outputs = shape.hidden;
  layer.input_weights = matrix("weight_ih", layer.inputs);
  layer.hidden_weights = matrix("weight_hh", hidden);
  layer.bias = numbers("bias_ih");
  layer.hidden_bias = numbers("bias_hh");
  return layer;
}

}  // namespace

absl::StatusOr<RecurrentFile> ReadGuitarMlFile(const json& document) {
  const auto shape = ReadShape(document);
  if (!shape.ok()) return shape.status();
  const json* tensors = Member(&document, "state_dict");
  if (tensors == nullptr) return absl::InvalidArgumentError("state_dict: is missing");
  RecurrentFile file;
  file.format = "GuitarML";
  file.sample_rate_hz = 44100;
  file.net.skip = shape->skip;
  absl::Status status;
  for (std::uint32_t l = 0; l < shape->layers && status.ok(); ++l) {
    file.net.layers.push_back(ReadLayer(tensors, *shape, l, status));
  }
  NetLayer head;
  head.inputs = shape->hidden;
  head.outputs = 1;
  head.input_weights =
      ReadMatrix(Member(tensors, "lin.weight"), "state_dict.lin.weight", 1, shape->hidden, status);
  head.bias = ReadNumbers(Member(tensors, "lin.bias"), "state_dict.lin.bias", 1, status);
  if (!status.ok()) return status;
  file.net.layers.push_back(std::move(head));
  file.weight_count = file.net.WeightCount();
  return file;
}

}  // namespace continuo::executor::fused
