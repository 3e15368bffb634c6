// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_slim.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "daemon/executor/fused/wavenet_config.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumAllowed = 128;
constexpr std::uint64_t kMaximumCondition = 128;
constexpr char kMethod[] = "slice_channels_uniform";

std::string ArrayPath(std::size_t a) { return absl::StrCat("config.layers[", a, "]"); }

const json* SlimmableOf(const json& array) {
  const auto found = array.is_object() ? array.find("slimmable") : array.end();
  return found == array.end() || !found->is_object() ? nullptr : &*found;
}

absl::StatusOr<WaveNetConfig> ConfigOf(const NamFile& file) {
  const auto layers = file.config.find("layers");
  std::uint32_t condition = 1;
  if (layers != file.config.end() && layers->is_array() && !layers->empty() &&
      layers->front().is_object()) {
    const auto size = layers->front().find("condition_size");
    if (size != layers->front().end() && size->is_number_unsigned() &&
        size->get<std::uint64_t>() <= kMaximumCondition) {
      condition = size->get<std::uint32_t>();
    }
  }
  return ReadWaveNetConfig(file.config, "config", condition);
}

bool CanBeCut(const WaveNetConfig& config) {
  return config.heads.empty() &&
         std::all_of(config.arrays.begin(), config.arrays.end(), [](const WaveNetArray& array) {
           const auto in_groups = [](const FilmConfig& film) { return film.groups != 1; };
           return array.output_taps == 1 && array.conv_groups == 1 && array.mix_groups == 1 &&
                  array.join_groups == 1 && array.head_groups == 1 &&
                  std::none_of(array.films.begin(), array.films.end(), in_groups);
         });
}

// Ascending, the last the array's own; {own} where it is not slimmable.
std::vector<std::uint32_t> AllowedChannels(const json& array, std::size_t a, std::uint32_t own,
                                           absl::Status& status) {
  const json* slimmable = SlimmableOf(array);
  if (slimmable == nullptr) return {own};
  const std::string path = ArrayPath(a) + ".slimmable.kwargs";
  const auto kwargs = slimmable->find("kwargs");
  std::vector<std::uint32_t> allowed;
  if (kwargs == slimmable->end() || !kwargs->is_object() || !kwargs->contains("allowed_channels")) {
    for (std::uint32_t channels = 1; channels <= own; ++channels) allowed.push_back(channels);
    return allowed;
  }
  FieldReader fields(*kwargs, path, status);
  for (const json& channels : fields.List("allowed_channels", kMaximumAllowed)) {
    const std::uint32_t before = allowed.empty() ? 0 : allowed.back();
    if (!channels.is_number_unsigned() || channels.get<std::uint64_t>() <= before ||
        channels.get<std::uint64_t>() > own) {
      fields.Fail(absl::StrCat("allowed_channels[", allowed.size(), "]"), Shown(channels),
                  absl::StrCat(before + 1, " to ", own));
      return {own};
    }
    allowed.push_back(channels.get<std::uint32_t>());
  }
  if (status.ok() && allowed.back() != own) {
    fields.Fail("allowed_channels", absl::StrCat("ended by ", allowed.back()),
                absl::StrCat(own, ", the channels of the array, at its end"));
  }
  fields.NoOthers();
  return allowed;
}

// Of n sizes an array plays the k-th from k / n on.
std::vector<SlimSize> SizesOf(const std::vector<std::vector<std::uint32_t>>& allowed) {
  std::vector<double> limits;
  for (const auto& channels : allowed) {
    for (std::size_t i = 1; i <= channels.size(); ++i) {
      limits.push_back(static_cast<double>(i) / static_cast<double>(channels.size()));
    }
  }
  std::sort(limits.begin(), limits.end());
  constexpr double kSame = 1e-9;
  limits.erase(
      std::unique(limits.begin(), limits.end(), [](double a, double b) { return b - a < kSame; }),
      limits.end());
  std::vector<SlimSize> sizes;
  double from = 0;
  for (const double to : limits) {
    SlimSize size{to, {}};
    for (const auto& channels : allowed) {
      const double place = (from + to) / 2 * static_cast<double>(channels.size());
      size.channels.push_back(channels[static_cast<std::size_t>(place)]);
    }
    sizes.push_back(std::move(size));
    from = to;
  }
  const std::size_t count = std::min(sizes.size(), kMaximumSlimSizes);
  std::vector<SlimSize> chosen;
  for (std::size_t i = 1; i <= count; ++i) chosen.push_back(sizes[i * sizes.size() / count - 1]);
  return chosen;
}

// What is left of an array.
struct Widths {
  std::uint32_t inputs, channels, bottleneck, head_rows, outputs;
};

std::vector<Widths> WidthsOf(const WaveNetConfig& config,
                             const std::vector<std::uint32_t>& channels) {
  std::vector<Widths> widths;
  for (std::size_t a = 0; a < config.arrays.size(); ++a) {
    const WaveNetArray& array = config.arrays[a];
    const std::uint32_t bottleneck =
        array.has_join ? std::max(1U, array.bottleneck * channels[a] / array.channels)
                       : channels[a];
    widths.push_back({a == 0 ? array.inputs : channels[a - 1], channels[a], bottleneck,
                      array.has_head ? array.head_rows : bottleneck, array.outputs});
    // Where the sum of the next array's layers begins.
    if (a > 0) widths[a - 1].outputs = widths[a].head_rows;
  }
  return widths;
}

// Goes through the weights of the whole in their order, and keeps the first rows and columns.
class Cutter {
 public:
  explicit Cutter(const std::vector<float>& whole) : whole_(whole) {}

  struct Ends {
    std::uint32_t outputs, inputs;
  };
  // [output][input][tap], then the bias.
  void Matrix(Ends whole, Ends kept, std::uint32_t taps, bool bias) {
    if (taken_ > whole_.size()) return;  // too few in the file: no need to count on
    for (std::uint32_t o = 0; o < whole.outputs; ++o) {
      for (std::uint32_t i = 0; i < whole.inputs; ++i) {
        for (std::uint32_t k = 0; k < taps; ++k) Take(o < kept.outputs && i < kept.inputs);
      }
    }
    for (std::uint32_t o = 0; bias && o < whole.outputs; ++o) Take(o < kept.outputs);
  }
  void Take(bool keep) {
    const float weight = taken_ < whole_.size() ? whole_[taken_] : 0;
    ++taken_;
    if (keep) kept_.push_back(weight);
  }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  std::vector<float> kept() && { return std::move(kept_); }

 private:
  const std::vector<float>& whole_;
  std::size_t taken_ = 0;
  std::vector<float> kept_;
};

std::uint32_t RowsOf(Film film, const Widths& widths, std::uint32_t parts,
                     std::uint32_t condition) {
  switch (film) {
    case kBeforeConv:
    case kAfterJoin:
      return widths.channels;
    case kBeforeMix:
      return condition;
    case kAfterActivation:
      return widths.bottleneck;
    case kAfterHead:
      return widths.head_rows;
    default:
      return parts * widths.bottleneck;
  }
}

void CutLayer(const WaveNetArray& array, const WaveNetLayer& layer, const Widths& all,
              const Widths& left, Cutter& cutter) {
  const std::uint32_t parts = layer.parts(), n = array.condition;
  const std::uint32_t rows = parts * all.bottleneck, kept = parts * left.bottleneck;
  cutter.Matrix({rows, all.channels}, {kept, left.channels}, layer.taps, true);
  cutter.Matrix({rows, n}, {kept, n}, 1, false);
  if (array.has_join) {
    cutter.Matrix({all.channels, all.bottleneck}, {left.channels, left.bottleneck}, 1, true);
  }
  if (array.has_head) {
    cutter.Matrix({all.head_rows, all.bottleneck}, {left.head_rows, left.bottleneck}, 1, true);
  }
  for (int f = 0; f < kFilmCount; ++f) {
    const FilmConfig& film = array.films[static_cast<std::size_t>(f)];
    if (!film.active) continue;
    const std::uint32_t both = film.shift ? 2 : 1;
    cutter.Matrix({both * RowsOf(static_cast<Film>(f), all, parts, n), n},
                  {both * RowsOf(static_cast<Film>(f), left, parts, n), n}, 1, true);
  }
}

// An activation may have a slope for each row.
void CutSlopes(json& activation, std::uint32_t rows) {
  if (activation.is_array()) {
    for (json& one : activation) CutSlopes(one, rows);
  } else if (activation.is_object() && activation.contains("negative_slopes")) {
    json& slopes = activation["negative_slopes"];
    if (slopes.is_array() && slopes.size() > rows) {
      slopes.erase(slopes.begin() + rows, slopes.end());
    }
  }
}

void CutConfig(const WaveNetArray& array, const Widths& left, json& object) {
  object.erase("slimmable");
  object["input_size"] = left.inputs;
  object["channels"] = left.channels;
  object["bottleneck"] = left.bottleneck;
  if (object.contains("head") && object["head"].is_object()) {
    object["head"]["out_channels"] = left.outputs;
  } else {
    object["head_size"] = left.outputs;
  }
  if (array.has_head) object["head1x1"]["out_channels"] = left.head_rows;
  for (const char* name : {"activation", "secondary_activation"}) {
    if (object.contains(name)) CutSlopes(object[name], left.bottleneck);
  }
}

}  // namespace

absl::StatusOr<std::vector<SlimSize>> SlimSizesOf(const NamFile& file) {
  if (file.architecture != "WaveNet") return std::vector<SlimSize>();
  const auto layers = file.config.find("layers");
  if (layers == file.config.end() || !layers->is_array()) return std::vector<SlimSize>();
  std::size_t slimmable = 0;
  for (const json& array : *layers) {
    const json* slim = SlimmableOf(array);
    if (slim == nullptr) continue;
    const auto method = slim->find("method");
    if (method == slim->end() || *method != kMethod) return std::vector<SlimSize>();
    ++slimmable;
  }
  if (slimmable == 0) return std::vector<SlimSize>();
  const auto config = ConfigOf(file);
  if (!config.ok()) return config.status();
  if (!CanBeCut(*config)) return std::vector<SlimSize>();
  absl::Status status;
  std::vector<std::vector<std::uint32_t>> allowed;
  for (std::size_t a = 0; a < config->arrays.size(); ++a) {
    allowed.push_back(AllowedChannels((*layers)[a], a, config->arrays[a].channels, status));
  }
  if (!status.ok()) return status;
  return SizesOf(allowed);
}

absl::StatusOr<NamFile> Slimmed(const NamFile& file, const SlimSize& size) {
  const auto config = ConfigOf(file);
  if (!config.ok()) return config.status();
  std::vector<std::uint32_t> own;
  for (const WaveNetArray& array : config->arrays) own.push_back(array.channels);
  const std::vector<Widths> whole = WidthsOf(*config, own), left = WidthsOf(*config, size.channels);
  NamFile slim = file;
  Cutter cutter(file.weights);
  for (std::size_t a = 0; a < config->arrays.size(); ++a) {
    const WaveNetArray& array = config->arrays[a];
    cutter.Matrix({whole[a].channels, whole[a].inputs}, {left[a].channels, left[a].inputs}, 1,
                  false);
    for (const WaveNetLayer& layer : array.layers) {
      CutLayer(array, layer, whole[a], left[a], cutter);
    }
    cutter.Matrix({whole[a].outputs, whole[a].head_rows}, {left[a].outputs, left[a].head_rows}, 1,
                  array.output_bias);
    CutConfig(array, left[a], slim.config["layers"][a]);
  }
  cutter.Take(true);  // the scale
  if (cutter.taken() != file.weights.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights: is a list of ", file.weights.size(), ", expected ",
                     cutter.taken() > file.weights.size() ? "more" : "fewer"));
  }
  slim.weights = std::move(cutter).kept();
  return slim;
}

}  // namespace continuo::executor::fused
