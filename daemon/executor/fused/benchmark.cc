// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/benchmark.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/stored_numbers.h"
#include "daemon/executor/fused/transformer_decoder.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kFrames = 256, kRounds = 12;
constexpr double kRoundS = 0.008;

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Uniform between ±1/sqrt(fan_in). Not std's distribution, whose numbers are not the same
// everywhere.
class Draw {
 public:
  float operator()(std::uint32_t fan_in) {
    const double unit = static_cast<double>(engine_()) / 4294967295.0;
    return static_cast<float>((2 * unit - 1) / std::sqrt(static_cast<double>(fan_in)));
  }

 private:
  std::mt19937 engine_{808};
};

json WaveNet() {
  constexpr std::uint32_t kTaps = 3;
  Draw draw;
  json weights = json::array(), layers = json::array();
  const auto add = [&](std::uint32_t count, std::uint32_t fan_in) {
    for (std::uint32_t i = 0; i < count; ++i) weights.push_back(draw(fan_in));
  };
  const std::vector<std::uint32_t> dilations = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  struct Array {
    std::uint32_t inputs, channels, head;
    bool bias;
  };
  for (const Array& array : {Array{1, 16, 8, false}, Array{16, 8, 1, true}}) {
    const std::uint32_t c = array.channels;
    layers.push_back({{"input_size", array.inputs},
                      {"condition_size", 1U},
                      {"head_size", array.head},
                      {"channels", c},
                      {"kernel_size", kTaps},
                      {"dilations", dilations},
                      {"activation", "Tanh"},
                      {"gated", false},
                      {"head_bias", array.bias}});
    add(c * array.inputs, array.inputs);
    for (std::size_t i = 0; i < dilations.size(); ++i) {
      add(c * c * kTaps + c, c * kTaps);
      add(c, 1);
      add(c * c + c, c);
    }
    add(array.head * c + (array.bias ? array.head : 0), c);
  }
  weights.push_back(0.02);  // the head's scale
  return {{"version", "0.5.4"},
          {"architecture", "WaveNet"},
          {"sample_rate", 48000U},
          {"config", {{"layers", layers}, {"head", nullptr}, {"head_scale", 0.02}}},
          {"weights", weights}};
}

std::string Transformer() {
  constexpr std::uint32_t kWidth = 192, kHidden = 512, kLayers = 4, kVocabulary = 64;
  Draw draw;
  StoredFile file;
  const auto add = [&](const std::string& name, std::vector<std::uint32_t> shape, bool gain) {
    std::uint32_t count = 1;
    for (const std::uint32_t n : shape) count *= n;
    PlainTensor tensor{std::move(shape), {}};
    for (std::uint32_t i = 0; i < count; ++i) {
      tensor.values.push_back(gain ? 1.0F : draw(tensor.shape.back()));
    }
    Store(name, tensor, {Numbers::kFloat16, 1, false}, &file);
  };
  for (std::uint32_t i = 0; i < kLayers; ++i) {
    const std::string prefix = "decoder." + std::to_string(i) + ".";
    add(prefix + "attention_gain", {kWidth}, true);
    add(prefix + "qkv.weight", {3 * kWidth, kWidth}, false);
    add(prefix + "out.weight", {kWidth, kWidth}, false);
    add(prefix + "mlp_gain", {kWidth}, true);
    add(prefix + "up.weight", {kHidden, kWidth}, false);
    add(prefix + "down.weight", {kWidth, kHidden}, false);
  }
  add("grid.0.weight", {2, kWidth}, false);
  add("token.0.weight", {kVocabulary, kWidth}, false);
  add("output_gain", {kWidth}, true);
  add("output.weight", {kVocabulary, kWidth}, false);
  const json config = {{"width", kWidth},
                       {"heads", 6U},
                       {"hidden", kHidden},
                       {"encoder_layers", 0U},
                       {"decoder_layers", kLayers},
                       {"grid_fields", {2U}},
                       {"token_fields", {kVocabulary}},
                       {"vocabulary", kVocabulary},
                       {"grid_window", 4U},
                       {"token_window", 256U}};
  file.metadata["config"] = config.dump();
  return Serialise(file);
}

// Microseconds of one `work`, the least of several rounds. An error ends it.
template <typename Work>
absl::StatusOr<double> LeastUs(const Work& work) {
  double least = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    const double begin = ThreadSeconds();
    double now = begin;
    std::uint32_t count = 0;
    while (now - begin < kRoundS) {
      if (absl::Status status = work(); !status.ok()) return status;
      ++count;
      now = ThreadSeconds();
    }
    const double us = (now - begin) * 1e6 / count;
    if (round == 0 || us < least) least = us;
  }
  return least;
}

absl::StatusOr<double> BlockUs(const Kernels& kernels) {
  LoadRequest request;
  request.model_id = "benchmark";
  request.description.sample_rate_hz = 48000;
  const auto model = kNamFormat.load(WaveNet(), request, kernels);
  if (!model.ok()) return model.status();
  const auto state = (*model)->CreateState();
  if (!state.ok()) return state.status();
  Draw draw;
  std::vector<float> in(kFrames), out(kFrames);
  for (float& sample : in) sample = draw(4);
  const float* from = in.data();
  float* to = out.data();
  return LeastUs([&]() -> absl::Status {
    if ((*state)->Process({&from, &to, nullptr, kFrames}) == ProcessError::kNone) return {};
    return absl::InternalError("the benchmark's effect fails");
  });
}

absl::StatusOr<double> CellUs(const Kernels& kernels) {
  const auto decoder = MakeTransformerDecoder(Transformer(), {}, TransformerKernelsOf(kernels));
  if (!decoder.ok()) return decoder.status();
  const std::int32_t nothing = 0;
  const auto encoded = (*decoder)->Encode({&nothing, 1}, 1);
  if (!encoded.ok()) return encoded.status();
  const auto sequence = (*decoder)->CreateSequence();
  std::vector<float> logits((*decoder)->shape().vocabulary);
  const std::int32_t token = 0;
  std::int32_t position = 0;
  return LeastUs([&] {
    if (position == 64) {  // the cells that look back the same way in every round
      sequence->Reset();
      position = 0;
    }
    const Cell cell{sequence.get(), &token, encoded->data(), position++, logits.data()};
    return (*decoder)->Next({&cell, 1});
  });
}

}  // namespace

absl::StatusOr<Benchmark> RunBenchmark(const Kernels& kernels) {
  const auto block = BlockUs(kernels);
  if (!block.ok()) return block.status();
  const auto cell = CellUs(kernels);
  if (!cell.ok()) return cell.status();
  return Benchmark{*block, *cell};
}

}  // namespace continuo::executor::fused
