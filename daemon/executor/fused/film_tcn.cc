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
#include "daemon/executor/fused/film_tcn_pack.h"
#include "daemon/executor/fused/film_tcn_parts.h"

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
  FilmTcnShape shape;
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
  config.shape.hidden = 4 * fields.Count("hidden_fours", 1, kMaximumHidden / 4);
  config.shape.channels = 4 * fields.Count("channel_fours", 1, kMaximumChannels / 4);
  const json& layers = fields.List("layers", kMaximumLayers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    config.shape.layers.push_back(
        ReadLayer(layers[i], absl::StrCat("config.layers[", i, "]"), status));
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
  config.shape.knobs = static_cast<std::uint32_t>(config.knobs.size());
  return config;
}

class FilmTcn final : public Network {
 public:
  FilmTcn(const Config& config, PackedFilmTcn net, std::unique_ptr<Front> front,
          const Kernels& kernels)
      : output_(config.output),
        level_(config.level),
        net_(std::move(net)),
        front_(std::move(front)),
        kernels_(kernels),
        plan_(net_.plan),
        front_at_(net_.memory.Place(front_->state_bytes() / sizeof(float) + 1)),
        kept_at_(net_.memory.Place(sizeof(Kept) / sizeof(float) + 1)) {}

  [[nodiscard]] std::size_t memory_floats() const { return net_.memory.size(); }

  // Silence gives silence from the first frame on.
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }
  [[nodiscard]] Memory AtStart() const override {
    return {AlignedFloats(memory_floats()), std::vector<std::uint32_t>(plan_.layer_count, 0), {}};
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

  const OutputFilter output_;
  const KnobRange level_;
  PackedFilmTcn net_;
  const std::unique_ptr<Front> front_;
  const Kernels& kernels_;
  const FilmTcnPlan& plan_;
  const std::size_t front_at_, kept_at_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeFilmTcn(const ContinuoFile& file,
                                                     const Kernels& kernels) {
  auto config = ReadConfig(file);
  if (!config.ok()) return config.status();
  auto front = MakeFront(Member(file.config, "front"), config->knobs, kernels);
  if (!front.ok()) return front.status();
  config->shape.features = (*front)->features();
  if (auto status = CheckWeightCount(file, config->shape.WeightCount()); !status.ok()) {
    return status;
  }
  auto network = std::make_unique<FilmTcn>(*config, PackFilmTcn(config->shape, file.weights.data()),
                                           *std::move(front), kernels);
  if (network->memory_floats() > kMaximumStateFloats) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.layers: a stream would need ", network->memory_floats(),
                     " floats, expected at most ", kMaximumStateFloats));
  }
  return network;
}

}  // namespace continuo::executor::fused
