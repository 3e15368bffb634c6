// SPDX-License-Identifier: Apache-2.0
// film_tcn of a Continuo file: front, network with knobs as gains, output filter, level.
// Source: models/common/tcn.py, models/drive/network.py.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "daemon/executor/fused/continuo_file.h"
#include "daemon/executor/fused/film_tcn_front.h"
#include "daemon/executor/fused/film_tcn_parts.h"
#include "daemon/executor/fused/film_tcn_plan.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaximumChannels = 128, kMaximumLayers = 32, kMaximumHidden = 64;
constexpr std::uint32_t kMaximumTaps = 64, kMaximumDilation = 65536, kMaximumPoles = 4;
constexpr std::size_t kMaximumStateFloats = std::size_t{1} << 22;
constexpr double kDecibel = 0.11512925464970228;  // ln 10 / 20

// Linear sections with common poles: y = direct x + Σ residue · mode, mode = x + pole · mode.
struct OutputFilter {
  std::vector<double> poles, residues;
  double direct = 1;
};

struct Config {
  std::vector<KnobRange> knobs;
  KnobRange level{};
  std::uint32_t hidden = 0, channels = 0;
  std::vector<FilmTcnLayer> layers;
  OutputFilter output;
};

KnobRange ReadRange(const json& object, const std::string& path, absl::Status& status) {
  FieldReader fields(object, path, status);
  KnobRange range{};
  range.minimum = ReadNumber(fields, object, "minimum", -1e6, 1e6);
  range.maximum = ReadNumber(fields, object, "maximum", -1e6, 1e6);
  fields.NoOthers();
  if (!(range.minimum < range.maximum)) {
    fields.Fail("maximum", absl::StrCat(range.maximum), "more than minimum");
  }
  return range;
}

const json& Member(const json& object, const char* name) {
  static const json kNone;
  return object.is_object() && object.contains(name) ? object[name] : kNone;
}

FilmTcnLayer ReadLayer(const json& object, const std::string& path, absl::Status& status) {
  FieldReader fields(object, path, status);
  FilmTcnLayer layer{};
  layer.taps = fields.Count("taps", 1, kMaximumTaps);
  layer.dilation = fields.Count("dilation", 1, kMaximumDilation);
  const std::string activation = fields.Text("activation");
  layer.linear = activation == "Linear";
  if (!layer.linear && activation != "Tanh") {
    fields.Fail("activation", Shown(activation), "Tanh or Linear");
  }
  fields.NoOthers();
  return layer;
}

OutputFilter ReadOutput(const json& object, absl::Status& status) {
  FieldReader fields(object, "config.output", status);
  OutputFilter output;
  const std::size_t count = fields.List("poles", kMaximumPoles).size();
  output.poles = ReadNumbers(fields, object, "poles", count, 0.9999999);
  output.residues = ReadNumbers(fields, object, "residues", count, 1e6);
  output.direct = ReadNumber(fields, object, "direct", -1e6, 1e6);
  fields.NoOthers();
  return output;
}

absl::StatusOr<Config> ReadConfig(const ContinuoFile& file) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  Config config;
  fields.Unused("front");
  const json& knobs = fields.List("knobs", kMaximumKnobs);
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    config.knobs.push_back(ReadRange(knobs[i], absl::StrCat("config.knobs[", i, "]"), status));
  }
  fields.Unused("level");
  config.level = ReadRange(Member(file.config, "level"), "config.level", status);
  config.hidden = 4 * fields.Count("hidden_fours", 1, kMaximumHidden / 4);
  config.channels = 4 * fields.Count("channel_fours", 1, kMaximumChannels / 4);
  const json& layers = fields.List("layers", kMaximumLayers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    config.layers.push_back(ReadLayer(layers[i], absl::StrCat("config.layers[", i, "]"), status));
  }
  fields.Unused("output");
  config.output = ReadOutput(Member(file.config, "output"), status);
  fields.NoOthers();
  if (status.ok() && file.parameters.size() != config.knobs.size() + 1) {
    status = absl::InvalidArgumentError(
        absl::StrCat("parameters: is a list of ", file.parameters.size(), ", expected ",
                     config.knobs.size() + 1, ": the knobs, then the level in dB"));
  }
  if (!status.ok()) return status;
  return config;
}

// W[out][in][tap] → taps, each in fours [out / 4][in][4].
void PackFours(const float* from, std::uint32_t outputs, std::uint32_t inputs, std::uint32_t taps,
               float* to) {
  for (std::uint32_t tap = 0; tap < taps; ++tap) {
    for (std::uint32_t o = 0; o < outputs; ++o) {
      for (std::uint32_t i = 0; i < inputs; ++i) {
        const std::size_t at = (std::size_t{o / 4} * inputs + i) * 4 + o % 4;
        to[std::size_t{tap} * outputs * inputs + at] =
            from[(std::size_t{o} * inputs + i) * taps + tap];
      }
    }
  }
}

class FilmTcn final : public Network {
 public:
  FilmTcn(const Config& config, std::unique_ptr<Front> front, const std::vector<float>& weights,
          const Kernels& kernels)
      : layers_(config.layers),
        output_(config.output),
        level_(config.level),
        front_(std::move(front)),
        kernels_(kernels) {
    plan_.channels = config.channels;
    plan_.hidden = config.hidden;
    plan_.knobs = static_cast<std::uint32_t>(config.knobs.size());
    plan_.layer_count = static_cast<std::uint32_t>(layers_.size());
    ArrangeMemory();
    Pack(weights.data());
    plan_.layers = layers_.data();
    plan_.weights = weights_.data();
  }

  static std::size_t WeightCount(const Config& config, std::uint32_t features) {
    const std::size_t c = config.channels, h = config.hidden, l = config.layers.size();
    std::size_t count = h * config.knobs.size() + h + 2 * l * c * (h + 1);
    for (std::size_t i = 0; i < l; ++i) {
      count += c * (i == 0 ? features : c) * config.layers[i].taps;
    }
    return count;
  }
  [[nodiscard]] std::size_t memory_floats() const { return memory_floats_; }

  // Silence gives silence from the first frame on.
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }
  [[nodiscard]] Memory AtStart() const override {
    return {AlignedFloats(memory_floats_), std::vector<std::uint32_t>(plan_.layer_count, 0), {}};
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    float* const floats = memory.floats.data();
    Kept kept;
    std::memcpy(&kept, floats + kept_at_, sizeof kept);
    for (std::uint32_t done = 0; done < block.frames; done += kTileFrames) {
      const std::uint32_t frames = std::min(kTileFrames, block.frames - done);
      FrontTile tile{
          block.in[0] + done, {}, frames, floats + plan_.features_at, floats + plan_.knobs_at};
      for (std::uint32_t k = 0; k < plan_.knobs; ++k) tile.knobs[k] = block.parameters[k] + done;
      front_->Run(floats + front_at_, tile);
      kernels_.film_tcn(plan_, floats, memory.words.data(), Look(kept, tile), frames);
      Finish(kept, floats + plan_.result_at, block.parameters[plan_.knobs] + done,
             block.out[0] + done, frames);
    }
    std::memcpy(floats + kept_at_, &kept, sizeof kept);
  }

 private:
  struct Kept {
    double modes[kMaximumPoles];
    bool level_made, gains_made;
    float level_db, level;
    float knobs[kMaximumKnobs];  // for which the gains are made
  };

  // Whether the knobs move within the tile, and whether their gains are made.
  [[nodiscard]] FilmKnobs Look(Kept& kept, const FrontTile& tile) const noexcept {
    bool as_before = kept.gains_made;
    for (std::uint32_t k = 0; k < plan_.knobs; ++k) {
      const float first = tile.knobs[k][0];
      as_before = as_before && first == kept.knobs[k];
      for (std::uint32_t i = 1; i < tile.frames; ++i) {
        if (tile.knobs[k][i] == first) continue;
        kept.gains_made = false;
        return FilmKnobs::kMoving;
      }
    }
    if (as_before) return FilmKnobs::kStill;
    kept.gains_made = true;
    for (std::uint32_t k = 0; k < plan_.knobs; ++k) kept.knobs[k] = tile.knobs[k][0];
    return FilmKnobs::kStopped;
  }

  void Finish(Kept& kept, const float* y, const float* level, float* out,
              std::uint32_t frames) const noexcept {
    for (std::uint32_t i = 0; i < frames; ++i) {
      const double x = y[i];
      double sum = output_.direct * x;
      for (std::size_t m = 0; m < output_.poles.size(); ++m) {
        kept.modes[m] = x + output_.poles[m] * kept.modes[m];
        sum += output_.residues[m] * kept.modes[m];
      }
      if (!kept.level_made || level[i] != kept.level_db) {
        kept.level_made = true;
        kept.level_db = level[i];
        const double db = Within(level[i], level_.minimum, level_.maximum);
        kept.level = static_cast<float>(std::exp(db * kDecibel));
      }
      out[i] = static_cast<float>(sum) * kept.level;
    }
  }

  // As in wavenet.cc: room for the lanes before a row's first frame, rows an odd number of
  // cache lines apart.
  void ArrangeMemory() {
    Arrangement places;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      FilmTcnLayer& layer = layers_[l];
      layer.inputs = l == 0 ? front_->features() : plan_.channels;
      const std::uint32_t past = (layer.taps - 1) * layer.dilation;
      layer.ring_frames = static_cast<std::uint32_t>(RoundUp(past + kTileFrames, kMaximumLanes));
      std::size_t lines =
          (kMaximumLanes + layer.ring_frames + kTileFrames + kMaximumLanes) / kMaximumLanes;
      lines += 1 - lines % 2;
      layer.ring_stride = lines * kMaximumLanes;
      layer.ring_at = places.Place(layer.ring_stride * layer.inputs) + kMaximumLanes;
    }
    const std::size_t gains = std::size_t{2} * plan_.layer_count * plan_.channels;
    plan_.features_at = places.Place(std::size_t{front_->features()} * kTileFrames);
    plan_.knobs_at = places.Place(std::size_t{plan_.knobs} * kTileFrames);
    plan_.result_at = places.Place(kTileFrames);
    plan_.hidden_at = places.Place(std::size_t{plan_.hidden} * kTileFrames);
    plan_.gains_at = places.Place(gains * kTileFrames);
    plan_.still_gains_at = places.Place(gains);
    front_at_ = places.Place(front_->state_bytes() / sizeof(float) + 1);
    kept_at_ = places.Place(sizeof(Kept) / sizeof(float) + 1);
    memory_floats_ = places.size();
  }

  // The file's order: convolutions W[out][in][tap], A, a, [G; H], [g0; h0].
  void Pack(const float* from) {
    Arrangement places;
    const std::uint32_t gains = 2 * plan_.layer_count * plan_.channels;
    for (FilmTcnLayer& layer : layers_) {
      layer.conv_at = places.Place(std::size_t{plan_.channels} * layer.inputs * layer.taps);
    }
    plan_.knob_at = places.Place(std::size_t{plan_.hidden} * plan_.knobs);
    plan_.knob_bias_at = places.Place(plan_.hidden);
    plan_.film_at = places.Place(std::size_t{gains} * plan_.hidden);
    plan_.film_bias_at = places.Place(gains);
    weights_ = AlignedFloats(places.size());
    const auto take = [&](std::size_t at, std::uint32_t outputs, std::uint32_t inputs,
                          std::uint32_t taps) {
      PackFours(from, outputs, inputs, taps, weights_.data() + at);
      from += std::size_t{outputs} * inputs * taps;
    };
    for (const FilmTcnLayer& layer : layers_) {
      take(layer.conv_at, plan_.channels, layer.inputs, layer.taps);
    }
    take(plan_.knob_at, plan_.hidden, plan_.knobs, 1);
    take(plan_.knob_bias_at, plan_.hidden, 1, 1);
    take(plan_.film_at, gains, plan_.hidden, 1);
    take(plan_.film_bias_at, gains, 1, 1);
  }

  std::vector<FilmTcnLayer> layers_;
  const OutputFilter output_;
  const KnobRange level_;
  const std::unique_ptr<Front> front_;
  const Kernels& kernels_;
  FilmTcnPlan plan_{};
  AlignedFloats weights_;
  std::size_t memory_floats_ = 0, front_at_ = 0, kept_at_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeFilmTcn(const ContinuoFile& file,
                                                     const Kernels& kernels) {
  const auto config = ReadConfig(file);
  if (!config.ok()) return config.status();
  auto front = MakeFront(Member(file.config, "front"), config->knobs, kernels);
  if (!front.ok()) return front.status();
  if (auto status = CheckWeightCount(file, FilmTcn::WeightCount(*config, (*front)->features()));
      !status.ok()) {
    return status;
  }
  auto network = std::make_unique<FilmTcn>(*config, *std::move(front), file.weights, kernels);
  if (network->memory_floats() > kMaximumStateFloats) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.layers: a stream would need ", network->memory_floats(),
                     " floats, expected at most ", kMaximumStateFloats));
  }
  return network;
}

}  // namespace continuo::executor::fused
