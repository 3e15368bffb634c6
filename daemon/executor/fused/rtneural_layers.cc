// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/rtneural_layers.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "daemon/executor/fused/recurrent_file.h"
#include "daemon/executor/fused/rtneural_weights.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumLayers = 128;
constexpr std::uint32_t kMaximumTaps = 4096, kMaximumDilation = 65536;
// Of all convolutions of a net: the past bounds how long a model takes to begin; its floats are
// what each stream has of its own.
constexpr std::uint64_t kMaximumPastFrames = 1U << 17;
// A few numbers in many groups become many weights, and the half second before a net with LSTMs
// multiplies those too.
constexpr std::uint64_t kMaximumPastFloats = 1U << 22, kMaximumKernelFloats = 1U << 20;
constexpr double kMaximumEpsilon = 1e6;

DenseActivation ActivationOf(const json& from, FieldReader& fields) {
  static constexpr std::pair<const char*, DenseActivation> kNames[] = {
      {"", DenseActivation::kLinear},         {"linear", DenseActivation::kLinear},
      {"tanh", DenseActivation::kTanh},       {"relu", DenseActivation::kRelu},
      {"sigmoid", DenseActivation::kSigmoid}, {"elu", DenseActivation::kElu},
      {"softmax", DenseActivation::kSoftmax}};
  if (Member(&from, "activation") == nullptr) return DenseActivation::kLinear;
  const std::string name = fields.Text("activation");
  const auto* const found = std::find_if(std::begin(kNames), std::end(kNames),
                                         [&](const auto& named) { return named.first == name; });
  if (found != std::end(kNames)) return found->second;
  fields.Fail("activation", Shown(name), "none, tanh, relu, sigmoid, elu or softmax");
  return DenseActivation::kLinear;
}

// Of a layer whose equations have theirs, or that has none.
void ExpectActivation(const json& from, const char* own, FieldReader& fields) {
  if (Member(&from, "activation") == nullptr) return;
  const std::string name = fields.Text("activation");
  if (!name.empty() && name != own) {
    fields.Fail("activation", Shown(name), *own == '\0' ? "none" : own);
  }
}

class LayersReader {
 public:
  LayersReader(std::uint32_t inputs, absl::Status& status) : inputs_(inputs), status_(status) {}

  void Read(const json& from, const std::string& path) {
    FieldReader fields(from, path, status_);
    const auto weights = [&](std::size_t most) {
      return WeightsAt{&fields.List("weights", most), fields.Path("weights")};
    };
    const std::string type = fields.Text("type");
    const std::uint32_t outputs = LastCount(from, "shape", kMaximumUnits, fields);
    if (type == "lstm" || type == "gru") {
      ExpectActivation(from, "tanh", fields);
      NetLayer& layer = Add(type == "gru" ? LayerKind::kGru : LayerKind::kLstm, outputs);
      ReadRecurrent(weights(3), status_, layer);
    } else if (type == "dense" || type == "time-distributed-dense") {
      ReadDense(weights(2), status_, Add(LayerKind::kDense, outputs));
      Activate(ActivationOf(from, fields), {});
    } else if (type == "conv1d") {
      ReadConvolutionLayer(from, outputs, weights(2), fields);
      Activate(ActivationOf(from, fields), {});
    } else if (type == "batchnorm") {
      ExpectAsBefore(outputs, fields);
      ExpectActivation(from, "", fields);
      ReadBatchNormLayer(weights(4), fields);
    } else if (type == "prelu") {
      ExpectAsBefore(outputs, fields);
      ExpectActivation(from, "", fields);
      Activate(DenseActivation::kPrelu, ReadSlopes(weights(1), inputs_, status_));
    } else if (type == "activation") {
      ExpectAsBefore(outputs, fields);
      Activate(ActivationOf(from, fields), {});
    } else {
      fields.Fail("type", Shown(type),
                  "lstm, gru, dense, time-distributed-dense, conv1d, batchnorm, prelu or "
                  "activation");
    }
  }

  [[nodiscard]] std::vector<NetLayer> Take() { return std::move(layers_); }
  [[nodiscard]] std::uint32_t outputs() const { return inputs_; }

 private:
  NetLayer& Add(LayerKind kind, std::uint32_t outputs) {
    NetLayer& layer = layers_.emplace_back();
    layer.kind = kind;
    layer.inputs = std::exchange(inputs_, outputs);
    layer.outputs = outputs;
    return layer;
  }

  NetLayer& AddUnchanged() {
    NetLayer& layer = Add(LayerKind::kScale, inputs_);
    layer.input_weights.assign(inputs_, 1);
    layer.bias.assign(inputs_, 0);
    return layer;
  }

  // By the layer before, where that has none yet and can; else by one that does nothing else.
  void Activate(DenseActivation activation, std::vector<float> slopes) {
    if (activation == DenseActivation::kLinear || !status_.ok()) return;
    const LayerKind least =
        activation <= DenseActivation::kSigmoid ? LayerKind::kDense : LayerKind::kScale;
    const bool can = !layers_.empty() && layers_.back().kind >= least &&
                     layers_.back().activation == DenseActivation::kLinear;
    NetLayer& layer = can ? layers_.back() : AddUnchanged();
    layer.activation = activation;
    layer.slopes = std::move(slopes);
  }

  void ReadConvolutionLayer(const json& from, std::uint32_t outputs, const WeightsAt& weights,
                            FieldReader& fields) {
    const std::uint32_t taps = LastCount(from, "kernel_size", kMaximumTaps, fields);
    const std::uint32_t dilation = LastCount(from, "dilation", kMaximumDilation, fields);
    const std::uint32_t groups = fields.Count("groups", 1, kMaximumUnits, 1);
    if (inputs_ % groups != 0 || outputs % groups != 0) {
      fields.Fail("groups", absl::StrCat(groups),
                  absl::StrCat("a divisor of ", inputs_, " inputs and ", outputs, " outputs"));
    }
    const std::uint64_t past = std::uint64_t{taps - 1} * dilation;
    const auto bound = [&](std::uint64_t& taken, std::uint64_t more, std::uint64_t maximum,
                           const char* what) {
      taken += more;
      if (taken <= maximum) return;
      fields.Fail(
          "kernel_size", absl::StrCat(taps, " with dilation ", dilation),
          absl::StrCat("at most ", maximum, " ", what, " of all convolutions, not ", taken));
    };
    bound(past_frames_, past, kMaximumPastFrames, "frames of past");
    bound(past_floats_, past == 0 ? 0 : (past + 1) * inputs_, kMaximumPastFloats, "floats of past");
    bound(kernel_floats_, std::uint64_t{taps} * inputs_ * RoundUp(outputs, kMaximumLanes),
          kMaximumKernelFloats, "weights");
    // What looks at one frame alone has no past to keep.
    NetLayer& layer = Add(taps > 1 ? LayerKind::kConvolution : LayerKind::kDense, outputs);
    layer.taps = taps;
    layer.dilation = dilation;
    if (status_.ok()) ReadConvolution(weights, groups, status_, layer);
  }

  void ReadBatchNormLayer(const WeightsAt& weights, FieldReader& fields) {
    if (fields.Optional("epsilon") == nullptr) {
      fields.Fail("epsilon", "missing", absl::StrCat("0 to ", kMaximumEpsilon));
    }
    const double epsilon = fields.Number("epsilon", 0, 0, kMaximumEpsilon);
    ReadBatchNorm(weights, epsilon, status_, Add(LayerKind::kScale, inputs_));
  }

  void ExpectAsBefore(std::uint32_t outputs, FieldReader& fields) const {
    if (outputs == inputs_) return;
    fields.Fail("shape", absl::StrCat("a list that ends with ", outputs),
                absl::StrCat(inputs_, ", as many as before it"));
  }

  std::vector<NetLayer> layers_;
  std::uint32_t inputs_;  // what the layer before gives
  std::uint64_t past_frames_ = 0, past_floats_ = 0, kernel_floats_ = 0;
  absl::Status& status_;
};

}  // namespace

std::uint32_t LastCount(const json& object, const char* name, std::uint32_t maximum,
                        FieldReader& fields) {
  const json* value = Member(&object, name);
  const json* last =
      value != nullptr && value->is_array() && !value->empty() ? &value->back() : value;
  if (last != nullptr && last->is_number_unsigned() && last->get<std::uint64_t>() >= 1 &&
      last->get<std::uint64_t>() <= maximum) {
    return last->get<std::uint32_t>();
  }
  fields.Fail(name, value == nullptr ? "missing" : Shown(*value),
              absl::StrCat("a list that ends with 1 to ", maximum));
  return 1;
}

std::vector<NetLayer> ReadRtNeuralLayers(const json& document, std::uint32_t inputs,
                                         absl::Status& status) {
  FieldReader fields(document, "", status);
  LayersReader reader(inputs, status);
  std::size_t index = 0;
  for (const json& from : fields.List("layers", kMaximumLayers)) {
    reader.Read(from, absl::StrCat("layers[", index++, "]"));
    if (!status.ok()) return {};
  }
  if (reader.outputs() != 1) {
    fields.Fail("layers", absl::StrCat("with ", reader.outputs(), " outputs at the end"), "1");
  }
  auto layers = reader.Take();
  if (layers.empty()) {
    fields.Fail("layers", "a list of activations that change nothing", "a net");
  }
  const auto recurrent = std::count_if(layers.begin(), layers.end(),
                                       [](const NetLayer& layer) { return HasHidden(layer.kind); });
  if (recurrent > kMaximumRecurrentLayers) {
    fields.Fail("layers", absl::StrCat("with ", recurrent, " lstm or gru"),
                absl::StrCat("at most ", kMaximumRecurrentLayers, " of them"));
  }
  return layers;
}

}  // namespace continuo::executor::fused
