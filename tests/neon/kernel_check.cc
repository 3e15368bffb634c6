// SPDX-License-Identifier: Apache-2.0
// The recurrent kernels of the baseline against double precision: a program of its own,
// of plain C++, so that it can be compiled for another processor and run under emulation
// (packaging/check-neon). Prints what is wrong; the exit code says whether anything is.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/executor/fused/recurrent_pack.h"
#include "tests/neon/draw.h"

namespace continuo::executor::fused {

extern const Kernels kKernelsBaseline;

namespace {

constexpr double kTolerance = 1e-6, kInt16Tolerance = 3e-4;

NetLayer RandomLayer(LayerKind kind, std::uint32_t inputs, std::uint32_t outputs, Draw& draw) {
  NetLayer layer;
  layer.kind = kind;
  layer.inputs = inputs;
  layer.outputs = outputs;
  if (kind == LayerKind::kConvolution) layer.taps = 3;
  layer.dilation = outputs;
  const std::size_t rows = std::size_t{GateCount(kind)} * outputs;
  const std::size_t columns = kind == LayerKind::kScale ? 1 : std::size_t{layer.taps} * inputs;
  const double bound = 1 / std::sqrt(double(HasHidden(kind) ? outputs : columns));
  layer.input_weights = draw(rows * columns, bound);
  layer.bias = draw(rows, bound);
  if (kind == LayerKind::kScale) layer.slopes = draw(rows, bound);
  if (!HasHidden(kind)) return layer;
  layer.hidden_weights = draw(rows * outputs, bound);
  layer.hidden_bias = draw(rows, bound);
  return layer;
}

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One layer in double precision, frame after frame.
class Reference {
 public:
  explicit Reference(const NetLayer& net) : net_(net), h_(net.outputs), c_(net.outputs) {}
  std::vector<double> Next(const std::vector<double>& x) {
    const auto a =
        net_.kind == LayerKind::kScale ? Scaled(x) : Times(net_.input_weights, Seen(x), net_.bias);
    if (!HasHidden(net_.kind)) return Activated(a);
    const auto b = Times(net_.hidden_weights, h_, net_.hidden_bias);
    const std::size_t n = net_.outputs;
    for (std::size_t k = 0; k < n; ++k) {
      const auto sum = [&](std::size_t gate) { return a[gate * n + k] + b[gate * n + k]; };
      if (net_.kind == LayerKind::kLstm) {
        c_[k] = Sigmoid(sum(1)) * c_[k] + Sigmoid(sum(0)) * std::tanh(sum(2));
        h_[k] = Sigmoid(sum(3)) * std::tanh(c_[k]);
      } else {
        const double candidate = std::tanh(a[2 * n + k] + Sigmoid(sum(0)) * b[2 * n + k]);
        h_[k] = candidate + Sigmoid(sum(1)) * (h_[k] - candidate);
      }
    }
    return h_;
  }

 private:
  static std::vector<double> Times(const std::vector<float>& matrix, const std::vector<double>& x,
                                   const std::vector<float>& bias) {
    std::vector<double> sums(bias.begin(), bias.end());
    for (std::size_t r = 0; r < sums.size(); ++r) {
      for (std::size_t i = 0; i < x.size(); ++i) sums[r] += double{matrix[r * x.size() + i]} * x[i];
    }
    return sums;
  }
  [[nodiscard]] std::vector<double> Scaled(const std::vector<double>& x) const {
    std::vector<double> y(net_.bias.begin(), net_.bias.end());
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += net_.input_weights[i] * x[i];
    return y;
  }
  // What the taps see, the oldest first.
  std::vector<double> Seen(const std::vector<double>& x) {
    past_.push_back(x);
    std::vector<double> seen;
    for (std::size_t tap = 0; tap < net_.taps; ++tap) {
      const std::size_t back = (net_.taps - 1 - tap) * net_.dilation;
      const bool was = back < past_.size();
      const auto then = was ? past_[past_.size() - 1 - back] : std::vector<double>(x.size());
      seen.insert(seen.end(), then.begin(), then.end());
    }
    return seen;
  }
  [[nodiscard]] std::vector<double> Activated(std::vector<double> y) const {
    double powers = 0;
    for (const double value : y) powers += std::exp(value);
    for (std::size_t i = 0; i < y.size(); ++i) {
      double& value = y[i];
      if (net_.activation == DenseActivation::kPrelu && value < 0) value *= net_.slopes[i];
      if (net_.activation == DenseActivation::kElu && value < 0) value = std::expm1(value);
      if (net_.activation == DenseActivation::kSoftmax) value = std::exp(value) / powers;
      if (net_.activation == DenseActivation::kTanh) value = std::tanh(value);
      if (net_.activation == DenseActivation::kSigmoid) value = Sigmoid(value);
      if (net_.activation == DenseActivation::kRelu) value = std::max(value, 0.0);
    }
    return y;
  }

  const NetLayer& net_;
  std::vector<double> h_, c_;
  std::vector<std::vector<double>> past_;
};

bool Check(const RecurrentNet& net, Precision precision, const char* what) {
  const double tolerance = precision == Precision::kInt16 ? kInt16Tolerance : kTolerance;
  constexpr std::uint32_t kFrames = 600;
  Draw draw;
  std::vector<std::vector<float>> in;
  for (std::uint32_t i = 0; i < net.inputs(); ++i) in.push_back(draw(kFrames, 0.7));
  const PackedRecurrent packed = PackRecurrent(net, kKernelsBaseline.lanes, precision);
  std::vector<const float*> knobs;
  for (const auto& row : in) knobs.push_back(row.data());
  // Two states at once, the second also cut in blocks, alone: all three must agree.
  std::vector<float> out[3];
  AlignedFloats memory[3];
  std::uint32_t turn[3] = {};
  std::vector<std::uint32_t> positions[3];
  std::vector<RecurrentRun> runs;
  for (int s = 0; s < 3; ++s) {
    out[s].resize(kFrames);
    memory[s] = AlignedFloats(packed.start.size());
    std::copy_n(packed.start.data(), packed.start.size(), memory[s].data());
    positions[s].resize(packed.plan.ring_count);
    runs.push_back({memory[s].data(), &turn[s], positions[s].data(), in[0].data(), knobs.data() + 1,
                    out[s].data()});
  }
  kKernelsBaseline.recurrent(packed.plan, runs.data(), 2, kFrames);
  for (std::uint32_t done = 0; done < kFrames; done += 7) {
    std::vector<const float*> from;
    for (const auto& row : in) from.push_back(row.data() + done);
    const RecurrentRun part = {memory[2].data(), &turn[2],        positions[2].data(),
                               from[0],          from.data() + 1, out[2].data() + done};
    kKernelsBaseline.recurrent(packed.plan, &part, 1, std::min(7U, kFrames - done));
  }
  std::vector<Reference> layers(net.layers.begin(), net.layers.end());
  double largest = 0;
  for (std::uint32_t t = 0; t < kFrames; ++t) {
    std::vector<double> x;
    for (const auto& row : in) x.push_back(row[t]);
    for (Reference& layer : layers) x = layer.Next(x);
    largest = std::max(largest, std::abs(x[0] - out[0][t]));
  }
  const bool alike = out[0] == out[1] && out[0] == out[2];
  if (largest <= tolerance && alike) return true;
  std::printf("%s: error %.3g, expected at most %.0e; states and cuts %s\n", what, largest,
              tolerance, alike ? "agree" : "differ");
  return false;
}

bool CheckTanh() {
  std::vector<float> x, y;
  for (int i = -100000; i <= 100000; ++i) x.push_back(static_cast<float>(i) * 1e-4F);
  y.resize(x.size());
  kKernelsBaseline.tanh(x.data(), y.data(), x.size());
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(y[i] - std::tanh(double{x[i]})));
  }
  if (largest <= 3.5e-7) return true;
  std::printf("tanh: error %.3g, expected at most 3.5e-7\n", largest);
  return false;
}

int Main() {
  Draw draw;
  bool good = CheckTanh();
  int nets = 1;
  for (const LayerKind kind : {LayerKind::kLstm, LayerKind::kGru}) {
    for (const std::uint32_t units : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 20, 27, 40, 65}) {
      RecurrentNet net;
      const std::uint32_t inputs = 1 + units % 4;
      net.layers.push_back(RandomLayer(kind, inputs, units, draw));
      net.layers.push_back(RandomLayer(kind, units, units + 3, draw));
      for (const auto activation : {DenseActivation::kTanh, DenseActivation::kRelu,
                                    DenseActivation::kSigmoid, DenseActivation::kLinear}) {
        net.layers.push_back(RandomLayer(LayerKind::kDense, net.layers.back().outputs,
                                         activation == DenseActivation::kLinear ? 1 : 5, draw));
        net.layers.back().activation = activation;
      }
      const std::string what =
          (kind == LayerKind::kLstm ? "LSTM-" : "GRU-") + std::to_string(units);
      good = Check(net, Precision::kFloat32, what.c_str()) && good;
      good = Check(net, Precision::kInt16, (what + " int16").c_str()) && good;
      nets += 2;
    }
  }
  for (const std::uint32_t channels : {1, 2, 3, 4, 5, 8, 13, 16, 31}) {
    for (const auto activation :
         {DenseActivation::kPrelu, DenseActivation::kElu, DenseActivation::kSoftmax}) {
      RecurrentNet net;
      net.layers.push_back(RandomLayer(LayerKind::kConvolution, 1 + channels % 4, channels, draw));
      net.layers.push_back(RandomLayer(LayerKind::kScale, channels, channels, draw));
      net.layers.back().activation = activation;
      net.layers.push_back(RandomLayer(LayerKind::kConvolution, channels, channels + 2, draw));
      net.layers.back().activation = DenseActivation::kTanh;
      net.layers.push_back(RandomLayer(LayerKind::kLstm, channels + 2, 3, draw));
      net.layers.push_back(RandomLayer(LayerKind::kConvolution, 3, 1, draw));
      const std::string what = "convolutions of " + std::to_string(channels);
      good = Check(net, Precision::kFloat32, what.c_str()) && good;
      ++nets;
    }
  }
  std::printf("%s, %u lanes: %d checks %s\n", kKernelsBaseline.name, kKernelsBaseline.lanes, nets,
              good ? "passed" : "done, some failed");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace continuo::executor::fused

int main() { return continuo::executor::fused::Main(); }
