// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/wavenet_config.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <utility>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaximumArrays = 8, kMaximumLayers = 64, kMaximumChannels = 128;
constexpr std::uint32_t kMaximumTaps = 64, kMaximumDilation = 1U << 16, kMaximumHeads = 8;

constexpr const char* kFilmNames[kFilmCount] = {
    "conv_pre_film",       "conv_post_film",       "input_mixin_pre_film", "input_mixin_post_film",
    "activation_pre_film", "activation_post_film", "layer1x1_post_film",   "head1x1_post_film"};

// Groups that divide both ends of a convolution.
std::uint32_t ReadGroups(FieldReader& fields, const char* name, std::uint32_t outputs,
                         std::uint32_t inputs) {
  const std::uint32_t groups = fields.Count(name, 1, kMaximumChannels, 1);
  if (outputs % groups == 0 && inputs % groups == 0) return groups;
  fields.Fail(name, absl::StrCat(groups), absl::StrCat("a divisor of ", inputs, " and ", outputs));
  return 1;
}

// A field that is one value for all layers, or a list of one a layer: read(value, name)
// for the layer.
const json* OfLayer(FieldReader& fields, const char* name, std::size_t layer, std::size_t count,
                    std::string* path) {
  const json* value = fields.Optional(name);
  *path = fields.Path(name);
  if (value == nullptr || !value->is_array()) return value;
  if (value->size() != count) {
    fields.Fail(name, absl::StrCat("a list of ", value->size()), absl::StrCat(count));
    return nullptr;
  }
  *path = absl::StrCat(fields.Path(name), "[", layer, "]");
  return (*value)[layer].is_null() ? nullptr : &(*value)[layer];
}

std::uint32_t ReadCount(const json& value, FieldReader& fields, const std::string& name,
                        std::uint32_t maximum) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 &&
      value.get<std::uint64_t>() <= maximum) {
    return value.get<std::uint32_t>();
  }
  fields.Fail(name, Shown(value), absl::StrCat("1 to ", maximum));
  return 1;
}

Action ReadGating(FieldReader& fields, std::size_t layer, std::size_t count) {
  if (!fields.Has("gating_mode")) {
    return fields.Flag("gated", false) ? Action::kGate : Action::kActivate;
  }
  fields.Unused("gated");
  std::string path;
  const json* mode = OfLayer(fields, "gating_mode", layer, count, &path);
  const std::string name = mode != nullptr && mode->is_string() ? mode->get<std::string>() : "";
  if (name == "gated") return Action::kGate;
  if (name == "blended") return Action::kBlend;
  if (name != "none") {
    fields.Fail("gating_mode", mode == nullptr ? "missing" : Shown(*mode),
                "none, gated or blended");
  }
  return Action::kActivate;
}

WaveNetLayer ReadLayer(FieldReader& fields, const json& dilations, std::size_t l,
                       std::uint32_t bottleneck, absl::Status& status) {
  const std::size_t count = dilations.size();
  WaveNetLayer layer;
  layer.dilation =
      ReadCount(dilations[l], fields, absl::StrCat("dilations[", l, "]"), kMaximumDilation);
  std::string path;
  if (fields.Has("kernel_sizes")) {
    const json& sizes = fields.List("kernel_sizes", kMaximumLayers);
    if (sizes.size() != count) {
      fields.Fail("kernel_sizes", absl::StrCat("a list of ", sizes.size()), absl::StrCat(count));
      return layer;
    }
    layer.taps = ReadCount(sizes[l], fields, absl::StrCat("kernel_sizes[", l, "]"), kMaximumTaps);
  } else {
    layer.taps = fields.Count("kernel_size", 1, kMaximumTaps);
  }
  layer.gating = ReadGating(fields, l, count);
  const json* activation = OfLayer(fields, "activation", l, count, &path);
  static const json kMissing;
  layer.activation =
      ReadActivation(activation == nullptr ? kMissing : *activation, path, bottleneck, status);
  const json* second = OfLayer(fields, "secondary_activation", l, count, &path);
  if (layer.gating == Action::kActivate) return layer;
  layer.second = second == nullptr ? ActivationConfig{Activation::kSigmoid, {}}
                                   : ReadActivation(*second, path, bottleneck, status);
  return layer;
}

// An object with "active"; absent, null or false: not active.
const json* Active(FieldReader& fields, const char* name) {
  const json* value = fields.Optional(name);
  return value == nullptr || (value->is_boolean() && !value->get<bool>()) ? nullptr : value;
}

void ReadOneByOnes(FieldReader& fields, WaveNetArray& array, absl::Status& status) {
  if (const json* object = fields.Optional("layer1x1"); object != nullptr) {
    FieldReader join(*object, fields.Path("layer1x1"), status);
    array.has_join = join.Flag("active", true);
    array.join_groups = ReadGroups(join, "groups", array.channels, array.bottleneck);
    join.NoOthers();
  }
  if (!array.has_join && array.bottleneck != array.channels) {
    fields.Fail("bottleneck", absl::StrCat(array.bottleneck),
                absl::StrCat(array.channels, ", as there is no layer1x1"));
  }
  array.head_rows = array.bottleneck;
  if (const json* object = fields.Optional("head1x1"); object != nullptr) {
    FieldReader head(*object, fields.Path("head1x1"), status);
    array.has_head = head.Flag("active", true);
    const std::uint32_t rows = head.Count("out_channels", 1, kMaximumChannels, array.channels);
    if (array.has_head) {
      array.head_rows = rows;
      array.head_groups = ReadGroups(head, "groups", rows, array.bottleneck);
    } else {
      head.Unused("groups");
    }
    head.NoOthers();
  }
}

void ReadFilms(FieldReader& fields, WaveNetArray& array, absl::Status& status) {
  for (int f = 0; f < kFilmCount; ++f) {
    const json* object = Active(fields, kFilmNames[f]);
    if (object == nullptr) continue;
    FieldReader film(*object, fields.Path(kFilmNames[f]), status);
    FilmConfig& config = array.films[static_cast<std::size_t>(f)];
    config.active = film.Flag("active", true);
    config.shift = film.Flag("shift", true);
    config.groups = film.Count("groups", 1, kMaximumChannels, 1);
    film.NoOthers();
    const bool is_homeless =
        (f == kAfterJoin && !array.has_join) || (f == kAfterHead && !array.has_head);
    if (config.active && is_homeless) {
      fields.Fail(kFilmNames[f], "active", "inactive, as what it comes after is inactive");
    }
    for (const WaveNetLayer& layer : array.layers) {
      std::uint32_t rows = layer.parts() * array.bottleneck;
      if (f == kBeforeConv || f == kAfterJoin) rows = array.channels;
      if (f == kBeforeMix) rows = array.condition;
      if (f == kAfterActivation) rows = array.bottleneck;
      if (f == kAfterHead) rows = array.head_rows;
      const std::uint32_t outputs = rows * (config.shift ? 2 : 1);
      if (!config.active ||
          (outputs % config.groups == 0 && array.condition % config.groups == 0)) {
        continue;
      }
      film.Fail("groups", absl::StrCat(config.groups),
                absl::StrCat("a divisor of ", array.condition, " and ", outputs));
    }
  }
}

void ReadOutput(FieldReader& fields, WaveNetArray& array, absl::Status& status) {
  const json* object = fields.Optional("head");
  if (object == nullptr) {
    array.outputs = fields.Count("head_size", 1, kMaximumChannels);
    array.output_bias = fields.Flag("head_bias", false);
    return;
  }
  FieldReader head(*object, fields.Path("head"), status);
  array.outputs = head.Count("out_channels", 1, kMaximumChannels);
  array.output_taps = head.Count("kernel_size", 1, kMaximumTaps);
  array.output_dilation = head.Count("head_dilation", 1, kMaximumDilation, 1);
  array.output_bias = head.Flag("bias", false);
  head.NoOthers();
  fields.Unused("head_size");
  fields.Unused("head_bias");
}

// `before`: nullptr for the first array.
WaveNetArray ReadArray(const json& object, const std::string& path, const WaveNetArray* before,
                       std::uint32_t condition, absl::Status& status) {
  FieldReader fields(object, path, status);
  WaveNetArray array;
  array.inputs = fields.Exactly("input_size", before == nullptr ? 1 : before->channels);
  array.condition = fields.Exactly("condition_size", condition);
  array.channels = fields.Count("channels", 1, kMaximumChannels);
  array.bottleneck = fields.Count("bottleneck", 1, kMaximumChannels, array.channels);
  const json& dilations = fields.List("dilations", kMaximumLayers);
  for (std::size_t l = 0; l < dilations.size() && status.ok(); ++l) {
    array.layers.push_back(ReadLayer(fields, dilations, l, array.bottleneck, status));
  }
  ReadOneByOnes(fields, array, status);
  // The head of the array before is where this one's begins.
  if (before != nullptr && array.head_rows != before->outputs) {
    fields.Fail(array.has_head             ? "head1x1.out_channels"
                : fields.Has("bottleneck") ? "bottleneck"
                                           : "channels",
                absl::StrCat(array.head_rows), absl::StrCat(before->outputs));
  }
  // Two parts of a gated convolution count as one.
  for (const WaveNetLayer& layer : array.layers) {
    const std::uint32_t rows = layer.parts() * array.bottleneck;
    array.conv_groups = ReadGroups(fields, "groups_input", rows, array.channels);
    array.mix_groups = ReadGroups(fields, "groups_input_mixin", rows, condition);
  }
  ReadFilms(fields, array, status);
  ReadOutput(fields, array, status);
  fields.Unused("slimmable");  // the whole of it is the default
  fields.NoOthers();
  return array;
}

// Kernel sizes as a list, or a number of layers with one size.
void ReadHead(const json& object, const std::string& path, std::uint32_t inputs,
              std::vector<WaveNetHead>& heads, absl::Status& status) {
  FieldReader fields(object, path, status);
  fields.Count("in_channels", inputs, inputs, inputs);
  const std::uint32_t channels = fields.Count("channels", 1, kMaximumChannels);
  const std::uint32_t outputs = fields.Count("out_channels", 1, kMaximumChannels);
  std::vector<std::uint32_t> sizes;
  if (fields.Has("kernel_sizes")) {
    for (const json& size : fields.List("kernel_sizes", kMaximumHeads)) {
      sizes.push_back(
          ReadCount(size, fields, absl::StrCat("kernel_sizes[", sizes.size(), "]"), kMaximumTaps));
    }
  } else {
    sizes.resize(fields.Count("num_layers", 1, kMaximumHeads),
                 fields.Count("kernel_size", 1, kMaximumTaps, 1));
  }
  static const json kMissing;
  const json* activation = fields.Optional("activation");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    WaveNetHead head;
    head.inputs = i == 0 ? inputs : channels;
    head.outputs = i + 1 == sizes.size() ? outputs : channels;
    head.taps = sizes[i];
    head.activation = ReadActivation(activation == nullptr ? kMissing : *activation,
                                     fields.Path("activation"), head.inputs, status);
    heads.push_back(std::move(head));
  }
  fields.NoOthers();
}

}  // namespace

absl::StatusOr<WaveNetConfig> ReadWaveNetConfig(const json& config, const std::string& path,
                                                std::uint32_t condition) {
  absl::Status status;
  FieldReader fields(config, path, status);
  WaveNetConfig net;
  const json& list = fields.List("layers", kMaximumArrays);
  for (std::size_t i = 0; i < list.size() && status.ok(); ++i) {
    net.arrays.push_back(ReadArray(list[i], absl::StrCat(path, ".layers[", i, "]"),
                                   net.arrays.empty() ? nullptr : &net.arrays.back(), condition,
                                   status));
  }
  if (const json* head = fields.Optional("head"); head != nullptr && status.ok()) {
    ReadHead(*head, fields.Path("head"), net.arrays.back().outputs, net.heads, status);
  }
  fields.Count("in_channels", 1, 1, 1);
  fields.Unused("head_scale");  // the last weight overrides it
  fields.Unused("condition_dsp");
  fields.NoOthers();
  if (!status.ok()) return status;
  return net;
}

}  // namespace continuo::executor::fused
