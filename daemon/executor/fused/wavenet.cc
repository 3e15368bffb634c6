// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/wavenet.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/executor/fused/convnet.h"
#include "daemon/executor/fused/wavenet_config.h"

namespace continuo::executor::fused {
namespace {

// The steps of one array. Tiles are shared by its layers.
class ArraySteps {
 public:
  ArraySteps(const WaveNetArray& array, const Rows& condition, WeightReader& weights,
             ProgramBuilder& builder)
      : array_(array), condition_(condition), weights_(weights), builder_(builder) {}

  // `head`: the sum of the layers, begun by the first of them where `begins`. Layers write their
  // output over their input.
  Rows Run(const Rows& input, const Rows& head, bool begins, bool is_last) {
    const Rows x = film(kBeforeConv).active ? builder_.AddTile(array_.channels)
                                            : builder_.AddSource(array_.channels);
    ProgramStep rechannel =
        builder_.Convolution({array_.channels, array_.inputs, 1, 1, 1, /*bias=*/false}, weights_);
    rechannel.source = input;
    rechannel.target = x;
    builder_.Add(rechannel);
    for (std::size_t l = 0; l < array_.layers.size(); ++l) {
      const bool is_end = l + 1 == array_.layers.size();
      Layer(array_.layers[l], x, !(is_end && is_last), head, begins && l == 0);
    }
    return x;
  }

 private:
  [[nodiscard]] const FilmConfig& film(Film which) const { return array_.films[which]; }

  // Made when it is first used: two parts of the widest rows.
  Rows Scratch(Rows& tile, std::uint32_t rows) {
    if (tile.at == kNowhere) tile = builder_.AddTile(rows);
    return tile;
  }
  [[nodiscard]] std::uint32_t widest() const {
    return 2 * ProgramBuilder::Filled(std::max(
                   {array_.channels, array_.bottleneck, array_.head_rows, array_.condition}));
  }

  // The weights of a modulation come last in a layer, and those of one after the other.
  struct Modulation {
    bool active = false;
    ProgramStep scales, step;
  };
  Modulation ReadFilm(Film which, std::uint32_t rows, std::uint32_t parts) {
    Modulation film;
    const FilmConfig& config = array_.films[which];
    film.active = config.active;
    if (!config.active) return film;
    film.scales = builder_.Convolution(
        {rows, array_.condition, parts * (config.shift ? 2 : 1), 1, config.groups, true}, weights_);
    film.scales.source = condition_;
    film.scales.target = Scratch(scales_, 2 * widest());
    film.step.action = Action::kModulate;
    film.step.fours = parts * ProgramBuilder::Filled(rows) / 4;
    film.step.scales = true;
    film.step.shifts = config.shift;
    film.step.condition = film.scales.target;
    return film;
  }
  ProgramStep& AddFilm(const Modulation& film, const Rows& source, const Rows& target) {
    builder_.Add(film.scales);
    ProgramStep& step = builder_.Add(film.step);
    step.source = source;
    step.target = target;
    return step;
  }

  void Layer(const WaveNetLayer& layer, const Rows& x, bool joins, const Rows& head, bool begins) {
    const std::uint32_t b = array_.bottleneck, c = array_.channels, parts = layer.parts();
    ProgramStep conv =
        builder_.Convolution({b, c, parts, layer.taps, array_.conv_groups, true}, weights_);
    const Matrix mix = {b, array_.condition, parts, 1, array_.mix_groups, false};
    const bool mixes_at_once = !film(kAfterConv).active && !film(kAfterMix).active;
    ProgramStep mixing;
    if (mixes_at_once) {
      builder_.AddMix(conv, mix, weights_, condition_);
    } else {
      mixing = builder_.Convolution(mix, weights_);
    }
    ProgramStep join, to_head;
    if (array_.has_join)
      join = builder_.Convolution({c, b, 1, 1, array_.join_groups, true}, weights_);
    if (array_.has_head) {
      to_head =
          builder_.Convolution({array_.head_rows, b, 1, 1, array_.head_groups, true}, weights_);
    }
    const Modulation before_conv = ReadFilm(kBeforeConv, c, 1);
    const Modulation after_conv = ReadFilm(kAfterConv, b, parts);
    const Modulation before_mix = ReadFilm(kBeforeMix, array_.condition, 1);
    const Modulation after_mix = ReadFilm(kAfterMix, b, parts);
    const Modulation before_activation = ReadFilm(kBeforeActivation, b, parts);
    const Modulation after_activation = ReadFilm(kAfterActivation, b, 1);
    const Modulation after_join = ReadFilm(kAfterJoin, c, 1);
    const Modulation after_head = ReadFilm(kAfterHead, array_.head_rows, 1);

    const Rows z = Scratch(z_, widest());
    Rows condition = condition_;
    if (before_mix.active) {
      condition = Scratch(mixed_condition_, array_.condition);
      AddFilm(before_mix, condition_, condition);
    }
    if (before_conv.active) {
      if (modulated_.at == kNowhere) modulated_ = builder_.AddSource(c);
      AddFilm(before_conv, x, modulated_);
    }
    builder_.LookBack(conv, before_conv.active ? modulated_ : x, layer.dilation);
    conv.target = z;
    if (mixes_at_once) conv.condition = condition;
    builder_.Add(conv);
    if (after_conv.active) AddFilm(after_conv, z, z);
    if (!mixes_at_once) AddMixing(mixing, after_mix, condition, z);
    if (before_activation.active) AddFilm(before_activation, z, z);
    AddActivation(layer, z);
    if (after_activation.active) AddFilm(after_activation, z, z);

    ProgramStep* to_sum = &builder_.last();
    if (array_.has_head) {
      to_head.source = z;
      if (after_head.active) to_head.target = Scratch(y_, widest());
      to_sum = &builder_.Add(to_head);
      if (after_head.active) to_sum = &AddFilm(after_head, to_head.target, Rows{});
    }
    to_sum->sum = head;
    to_sum->begins_sum = begins;
    if (joins) AddJoin(join, after_join, z, x);
  }

  void AddMixing(ProgramStep& mixing, const Modulation& after_mix, const Rows& condition,
                 const Rows& z) {
    mixing.source = condition;
    if (!after_mix.active) {
      mixing.before = z;
      mixing.target = z;
      builder_.Add(mixing);
      return;
    }
    mixing.target = Scratch(y_, widest());
    builder_.Add(mixing);
    AddFilm(after_mix, mixing.target, z).before = z;
  }

  // Where nothing is in between, the convolution activates what it has in registers.
  void AddActivation(const WaveNetLayer& layer, const Rows& z) {
    const std::uint32_t filled = ProgramBuilder::Filled(array_.bottleneck);
    const ActivationAt activation = PlaceActivation(layer.activation, filled, builder_);
    ProgramStep& last = builder_.last();
    if (layer.gating == Action::kActivate && last.action == Action::kConvolve &&
        activation.kind <= Activation::kLeaky) {
      last.activation = activation;
      return;
    }
    ProgramStep step;
    step.action = layer.gating;
    step.activation = activation;
    step.second = PlaceActivation(layer.second, filled, builder_);
    step.fours = filled / 4;
    step.source = z;
    step.target = z;
    builder_.Add(step);
  }

  void AddJoin(ProgramStep& join, const Modulation& after_join, const Rows& z, const Rows& x) {
    if (!array_.has_join) {
      ProgramStep& step = builder_.Add({});
      step.action = Action::kModulate;
      step.fours = ProgramBuilder::Filled(array_.channels) / 4;
      step.source = z;
      step.before = x;
      step.target = x;
      return;
    }
    join.source = z;
    if (!after_join.active) {
      join.before = x;
      join.target = x;
      builder_.Add(join);
      return;
    }
    join.target = Scratch(y_, widest());
    builder_.Add(join);
    AddFilm(after_join, join.target, x).before = x;
  }

  const WaveNetArray& array_;
  const Rows condition_;
  WeightReader& weights_;
  ProgramBuilder& builder_;
  Rows z_, y_, scales_, mixed_condition_, modulated_;
};

// The sum of an array's layers, convolved; `scale` on top.
Rows AddOutput(const WaveNetArray& array, const Rows& head, double scale, WeightReader& weights,
               ProgramBuilder& builder) {
  ProgramStep output = builder.Convolution(
      {array.outputs, array.head_rows, 1, array.output_taps, 1, array.output_bias}, weights,
      std::vector<double>(array.outputs, scale));
  builder.LookBack(output, head, array.output_dilation);
  output.target = builder.AddSource(array.outputs);
  builder.Add(output);
  return output.target;
}

Rows AddHead(const WaveNetHead& head, const Rows& rows, WeightReader& weights,
             ProgramBuilder& builder) {
  ProgramStep activation;
  activation.action = Action::kActivate;
  activation.activation =
      PlaceActivation(head.activation, ProgramBuilder::Filled(head.inputs), builder);
  activation.fours = ProgramBuilder::Filled(head.inputs) / 4;
  activation.source = rows;
  activation.target = builder.AddSource(head.inputs);
  builder.Add(activation);
  ProgramStep conv =
      builder.Convolution({head.outputs, head.inputs, 1, head.taps, 1, true}, weights);
  builder.LookBack(conv, activation.target, 1);
  conv.target = builder.AddTile(head.outputs);
  builder.Add(conv);
  return conv.target;
}

// The condition: what config.condition_dsp makes of the input, or the input.
absl::StatusOr<Output> AddCondition(const NamFile& file, const std::string& path,
                                    ProgramBuilder& builder) {
  const auto found = file.config.find("condition_dsp");
  if (found == file.config.end() || found->is_null()) return Output{builder.input(), 1};
  const std::string inner = absl::StrCat(path, "config.condition_dsp.");
  const auto condition = ReadNamFile(*found, inner);
  if (!condition.ok()) return condition.status();
  if (condition->sample_rate_hz != file.sample_rate_hz) {
    return absl::InvalidArgumentError(absl::StrCat(
        inner, "sample_rate: is ", condition->sample_rate_hz, ", expected ", file.sample_rate_hz));
  }
  if (condition->architecture == "WaveNet") return AddWaveNet(*condition, inner, builder);
  if (condition->architecture == "ConvNet") return AddConvNet(*condition, inner, builder);
  return absl::InvalidArgumentError(absl::StrCat(
      inner, "architecture: is ", condition->architecture, ", expected WaveNet or ConvNet"));
}

}  // namespace

absl::StatusOr<Output> AddWaveNet(const NamFile& file, const std::string& path,
                                  ProgramBuilder& builder) {
  const auto condition = AddCondition(file, path, builder);
  if (!condition.ok()) return condition.status();
  const auto config =
      ReadWaveNetConfig(file.config, absl::StrCat(path, "config"), condition->count);
  if (!config.ok()) return config.status();
  WeightReader weights(file.weights);
  const double scale = file.weights.empty() ? 0 : file.weights.back();
  Rows x = builder.input(), head;
  for (std::size_t a = 0; a < config->arrays.size(); ++a) {
    const WaveNetArray& array = config->arrays[a];
    const bool is_last = a + 1 == config->arrays.size();
    if (a == 0) head = builder.AddSource(array.head_rows);
    x = ArraySteps(array, condition->rows, weights, builder).Run(x, head, a == 0, is_last);
    head = AddOutput(array, head, is_last ? scale : 1.0, weights, builder);
  }
  for (const WaveNetHead& post : config->heads) head = AddHead(post, head, weights, builder);
  weights.Take(1);  // the scale
  if (auto status = weights.CheckAllTaken(); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, status.message()));
  }
  return Output{head, config->outputs()};
}

absl::StatusOr<std::unique_ptr<Network>> MakeWaveNet(const NamFile& file, const Kernels& kernels) {
  ProgramBuilder builder;
  const auto output = AddWaveNet(file, "", builder);
  if (!output.ok()) return output.status();
  if (output->count != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("config: has ", output->count, " outputs, expected 1"));
  }
  return builder.Finish(*output, "config.layers", kernels);
}

}  // namespace continuo::executor::fused
