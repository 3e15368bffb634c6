// SPDX-License-Identifier: Apache-2.0
// gain_gru of a Continuo file: a compressor. Once in a while, a small GRU hears how loud
// the input was and says the gain that the next frames go to.
//
// With a key, what it hears is the second row of its input: the gain of one sound by another.
//
// Double precision throughout: a stream lasts hours, and one step costs a microsecond or
// two in 32 frames. Blocks are counted from the stream's first frame, so that the result does
// not depend on how the signal is cut. The equations: models/opto/network.py.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "daemon/executor/fused/continuo_file.h"
#include "daemon/executor/fused/film_tcn_parts.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kMaximumHidden = 64, kInputs = 2;
constexpr std::size_t kParameters = 3;            // reduction, limit, level
constexpr double kDecibel = 0.11512925464970228;  // ln 10 / 20

struct Config {
  std::uint32_t hidden = 0, block_frames = 0;
  double floor = 0;
  // The level at the detector in dB, for the first knob.
  double detector_db_at_0 = 0, detector_db_a_unit = 0;
  double knob_maximum = 0;  // of both knobs, from 0
  double level_minimum = 0, level_maximum = 0;
};

absl::StatusOr<Config> ReadConfig(const ContinuoFile& file) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  Config config;
  const auto number = [&](const char* name, double minimum, double maximum) {
    return ReadNumber(fields, file.config, name, minimum, maximum);
  };
  config.hidden = fields.Count("hidden", 1, kMaximumHidden);
  config.block_frames = fields.Count("block_frames", 1, 4096);
  config.floor = number("floor", 1e-12, 1);
  config.detector_db_at_0 = number("detector_db_at_0", -200, 200);
  config.detector_db_a_unit = number("detector_db_a_unit", -100, 100);
  config.knob_maximum = number("knob_maximum", 1e-3, 1e3);
  config.level_minimum = number("level_minimum", -200, 200);
  config.level_maximum = number("level_maximum", -200, 200);
  if (config.level_maximum < config.level_minimum) {
    fields.Fail("level_maximum", absl::StrCat(config.level_maximum), "at least level_minimum");
  }
  fields.NoOthers();
  if (status.ok() && file.parameters.size() != kParameters) {
    status =
        absl::InvalidArgumentError(absl::StrCat("parameters: is a list of ", file.parameters.size(),
                                                ", expected 3: reduction, limit, level in dB"));
  }
  if (!status.ok()) return status;
  return config;
}

class GainGru final : public Network {
 public:
  GainGru(const Config& config, bool has_key, const std::vector<float>& weights)
      : config_(config), heard_row_(has_key ? 1 : 0), weights_(weights.begin(), weights.end()) {}

  // W_ih[3H][2], W_hh[3H][H], b_ih[3H], b_hh[3H] (gates r, z, n as in PyTorch), head[H], bias.
  static std::size_t WeightCount(std::size_t h) { return 3 * h * (kInputs + h + 2) + h + 1; }

  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{AlignedFloats(sizeof(Kept) / sizeof(float) + 1), {}, {}};
    Kept kept{};
    kept.gain_from = kept.gain_to = 1;  // nothing has been heard yet
    std::memcpy(memory.floats.data(), &kept, sizeof kept);
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    Kept kept;
    std::memcpy(&kept, memory.floats.data(), sizeof kept);
    for (std::uint32_t i = 0; i < block.frames; ++i) {
      const float x = Cleaned(block.in[0][i]);
      const float heard = Cleaned(block.in[heard_row_][i]);
      kept.energy += double{heard} * heard;
      ++kept.frame;
      const double travelled = static_cast<double>(kept.frame) * inverse_block_;
      const double gain = kept.gain_from + (kept.gain_to - kept.gain_from) * travelled;
      if (const float level = block.parameters[2][i]; !kept.level_made || level != kept.level_db) {
        kept.level_made = true;
        kept.level_db = level;
        kept.level =
            std::exp(kDecibel * Within(level, config_.level_minimum, config_.level_maximum));
      }
      block.out[0][i] = static_cast<float>(x * gain * kept.level);
      if (kept.frame == config_.block_frames) {
        Step(kept, block.parameters[0][i], block.parameters[1][i]);
      }
    }
    std::memcpy(memory.floats.data(), &kept, sizeof kept);
  }

 private:
  struct Kept {
    double hidden[kMaximumHidden];
    double energy;  // of this block so far
    double gain_from, gain_to;
    double level;
    float level_db;
    bool level_made;
    std::uint32_t frame;  // of this block, done
  };

  void Step(Kept& kept, float first, float second) const noexcept {
    const std::uint32_t h = config_.hidden;
    const double top = config_.knob_maximum;
    const double db = config_.detector_db_at_0 + config_.detector_db_a_unit * Within(first, 0, top);
    const double power = kept.energy / config_.block_frames * std::exp(2 * kDecibel * db);
    const double in[kInputs] = {std::log(power + config_.floor) / 4,
                                Within(second, 0, top) * 2 / top - 1};
    const double* const by_input = weights_.data();
    const double* const by_hidden = by_input + std::size_t{3} * h * kInputs;
    const double* const input_bias = by_hidden + std::size_t{3} * h * h;
    const double* const hidden_bias = input_bias + std::size_t{3} * h;
    const double* const head = hidden_bias + std::size_t{3} * h;
    double from_input[3 * kMaximumHidden], from_hidden[3 * kMaximumHidden];
    for (std::uint32_t row = 0; row < 3 * h; ++row) {
      from_input[row] = input_bias[row] + by_input[row * 2] * in[0] + by_input[row * 2 + 1] * in[1];
      double sum = hidden_bias[row];
      for (std::uint32_t i = 0; i < h; ++i) sum += by_hidden[row * h + i] * kept.hidden[i];
      from_hidden[row] = sum;
    }
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    double sum = head[h];
    for (std::uint32_t i = 0; i < h; ++i) {
      const double r = sigmoid(from_input[i] + from_hidden[i]);
      const double z = sigmoid(from_input[h + i] + from_hidden[h + i]);
      const double n = std::tanh(from_input[2 * h + i] + r * from_hidden[2 * h + i]);
      kept.hidden[i] = n + z * (kept.hidden[i] - n);
      sum += head[i] * kept.hidden[i];
    }
    kept.gain_from = kept.gain_to;
    // exp(-softplus(sum))
    kept.gain_to = 1 / (1 + std::exp(sum));
    kept.energy = 0;
    kept.frame = 0;
  }

  const Config config_;
  const std::size_t heard_row_;
  const double inverse_block_ = 1.0 / config_.block_frames;
  const std::vector<double> weights_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeGainGru(const ContinuoFile& file) {
  const auto config = ReadConfig(file);
  if (!config.ok()) return config.status();
  if (auto status = CheckWeightCount(file, GainGru::WeightCount(config->hidden)); !status.ok()) {
    return status;
  }
  return std::make_unique<GainGru>(*config, file.has_key, file.weights);
}

}  // namespace continuo::executor::fused
