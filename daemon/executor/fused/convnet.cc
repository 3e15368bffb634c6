// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/convnet.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <utility>
#include <vector>

#include "daemon/executor/fused/nam_activation.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaximumChannels = 128, kMaximumBlocks = 64, kMaximumDilation = 1U << 16;
constexpr std::uint32_t kTaps = 2;

struct Config {
  std::uint32_t channels = 1, outputs = 1, groups = 1;
  bool batch_norm = false;
  ActivationConfig activation;
  std::vector<std::uint32_t> dilations;
};

absl::StatusOr<Config> ReadConfig(const json& object, const std::string& path) {
  absl::Status status;
  FieldReader fields(object, path, status);
  Config config;
  fields.Count("in_channels", 1, 1, 1);
  config.outputs = fields.Count("out_channels", 1, kMaximumChannels, 1);
  config.channels = fields.Count("channels", 1, kMaximumChannels);
  config.groups = fields.Count("groups", 1, 1, 1);  // the first block has one input
  config.batch_norm = fields.Flag("batchnorm", false);
  static const json kMissing;
  const json* activation = fields.Optional("activation");
  config.activation = ReadActivation(activation == nullptr ? kMissing : *activation,
                                     fields.Path("activation"), config.channels, status);
  for (const json& dilation : fields.List("dilations", kMaximumBlocks)) {
    const bool fits = dilation.is_number_unsigned() && dilation.get<std::uint64_t>() >= 1 &&
                      dilation.get<std::uint64_t>() <= kMaximumDilation;
    if (!fits) {
      fields.Fail(absl::StrCat("dilations[", config.dilations.size(), "]"), Shown(dilation),
                  absl::StrCat("1 to ", kMaximumDilation));
    }
    config.dilations.push_back(fits ? dilation.get<std::uint32_t>() : 1);
  }
  fields.NoOthers();
  if (!status.ok()) return status;
  return config;
}

// x ↦ scale × x + shift for each channel.
struct BatchNorm {
  std::vector<double> scales, shifts;
};

// The weights of a block's convolution come before those of its batch norm, which they
// are multiplied by: it is read ahead of them.
absl::StatusOr<BatchNorm> ReadBatchNorm(const float* weights, std::uint32_t channels,
                                        const std::string& path) {
  BatchNorm norm;
  const float* const mean = weights;
  const float* const variance = mean + channels;
  const float* const weight = variance + channels;
  const float* const bias = weight + channels;
  const double epsilon = bias[channels];
  for (std::uint32_t c = 0; c < channels; ++c) {
    const double sum = epsilon + variance[c];
    const double scale = weight[c] / std::sqrt(sum);
    if (!(sum > 0) || !(std::abs(scale) < 1e9)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "weights: the variance of a batch norm is ", sum,
                       ", expected a positive number that its weight can be divided by"));
    }
    norm.scales.push_back(scale);
    norm.shifts.push_back(bias[c] - scale * mean[c]);
  }
  return norm;
}

}  // namespace

absl::StatusOr<Output> AddConvNet(const NamFile& file, const std::string& path,
                                  ProgramBuilder& builder) {
  const auto config = ReadConfig(file.config, absl::StrCat(path, "config"));
  if (!config.ok()) return config.status();
  const std::uint32_t channels = config->channels;
  const std::uint32_t filled = ProgramBuilder::Filled(channels);
  WeightReader weights(file.weights);
  Rows x = builder.input(), next = builder.AddSource(channels), after = builder.AddSource(channels);
  std::uint32_t inputs = 1;
  for (std::size_t i = 0; i < config->dilations.size(); ++i) {
    const Matrix matrix = {channels, inputs, 1, kTaps, 1, !config->batch_norm};
    BatchNorm norm;
    const std::size_t norm_floats = config->batch_norm ? 4 * std::size_t{channels} + 1 : 0;
    if (config->batch_norm) {
      WeightReader ahead = weights;
      ahead.Take(std::size_t{channels} * inputs * kTaps);
      if (const float* found = ahead.Take(norm_floats); found != nullptr) {
        auto read = ReadBatchNorm(found, channels, path);
        if (!read.ok()) return read.status();
        norm = *std::move(read);
      }
    }
    ProgramStep conv = builder.Convolution(matrix, weights, norm.scales, norm.shifts);
    weights.Take(norm_floats);
    builder.LookBack(conv, x, config->dilations[i]);
    conv.target = next;
    const ActivationAt activation = PlaceActivation(config->activation, filled, builder);
    if (activation.kind <= Activation::kLeaky) {
      conv.activation = activation;
      builder.Add(conv);
    } else {
      ProgramStep step;
      step.action = Action::kActivate;
      step.activation = activation;
      step.fours = filled / 4;
      step.source = next;
      step.target = next;
      builder.Add(conv);
      builder.Add(step);
    }
    x = next;
    std::swap(next, after);
    inputs = channels;
  }
  ProgramStep head = builder.Convolution({config->outputs, channels, 1, 1, 1, true}, weights);
  head.source = x;
  head.target = builder.AddTile(config->outputs);
  builder.Add(head);
  if (auto status = weights.CheckAllTaken(); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, status.message()));
  }
  return Output{head.target, config->outputs};
}

absl::StatusOr<std::unique_ptr<Network>> MakeConvNet(const NamFile& file, const Kernels& kernels) {
  ProgramBuilder builder;
  const auto output = AddConvNet(file, "", builder);
  if (!output.ok()) return output.status();
  if (output->count != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.out_channels: is ", output->count, ", expected 1"));
  }
  return builder.Finish(*output, "config.channels", kernels);
}

}  // namespace continuo::executor::fused
