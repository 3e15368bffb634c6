// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/film_tcn_front.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "daemon/executor/fused/continuo_file.h"
#include "daemon/executor/fused/film_tcn_parts.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

// The samples as they are.
class PlainFront final : public Front {
 public:
  explicit PlainFront(const std::vector<KnobRange>& knobs) : knobs_(knobs) {}
  [[nodiscard]] std::uint32_t features() const override { return 1; }
  [[nodiscard]] std::size_t state_bytes() const override { return 0; }
  void Run(void*, const FrontTile& tile) const noexcept override {
    for (std::uint32_t i = 0; i < tile.frames; ++i) tile.features[i] = Cleaned(tile.in[i]);
    for (std::size_t k = 0; k < knobs_.size(); ++k) {
      for (std::uint32_t i = 0; i < tile.frames; ++i) {
        tile.knob_rows[k * kTileFrames + i] = Centred(knobs_[k], tile.knobs[k][i]);
      }
    }
  }

 private:
  const std::vector<KnobRange> knobs_;
};

// models/drive: couplings and the clipping stage's high-pass, then its diodes.
class DiodeFront final : public Front {
 public:
  struct Constants {
    double poles[3], direct[2], residues[6];
    InterpolatingTaps taps;
    DiodeCurve curve;
    double taper, resistance_scale, resistance_span;
  };
  DiodeFront(const Constants& constants, const std::vector<KnobRange>& knobs,
             const Kernels& kernels)
      : constants_(constants), knobs_(knobs), kernels_(kernels) {}
  [[nodiscard]] std::uint32_t features() const override { return 2 + kPhases; }
  [[nodiscard]] std::size_t state_bytes() const override { return sizeof(Kept); }

  void Run(void* state, const FrontTile& tile) const noexcept override {
    Kept kept;
    std::memcpy(&kept, state, sizeof kept);
    float current[kPhasePast + kTileFrames];  // the clipping stage's
    std::copy_n(kept.past, kPhasePast, current);
    Couple(kept, tile, current + kPhasePast);
    std::copy_n(current + tile.frames, kPhasePast, kept.past);
    float* const phases = tile.features + std::size_t{2} * kTileFrames;
    for (std::uint32_t p = 0; p < kPhases; ++p) {
      for (std::uint32_t i = 0; i < tile.frames; ++i) {
        phases[p * kTileFrames + i] = static_cast<float>(constants_.taps.At(p, current + i));
      }
    }
    float resistance[kTileFrames] = {};
    TurnKnobs(kept, tile, resistance);
    kernels_.diodes(constants_.curve, resistance, phases, kPhases, kTileFrames, tile.frames);
    std::memcpy(state, &kept, sizeof kept);
  }

 private:
  struct Kept {
    double modes[3];
    float past[kPhasePast];
    bool started;
    float drive;  // the knob for which these two hold
    float resistance, drive_feature;
  };

  void Couple(Kept& kept, const FrontTile& tile, float* current) const noexcept {
    const Constants& c = constants_;
    for (std::uint32_t i = 0; i < tile.frames; ++i) {
      const double x = Cleaned(tile.in[i]);
      double u = c.direct[0] * x, v = c.direct[1] * x;
      for (int m = 0; m < 3; ++m) {
        kept.modes[m] = x + c.poles[m] * kept.modes[m];
        u += c.residues[m] * kept.modes[m];
        v += c.residues[3 + m] * kept.modes[m];
      }
      tile.features[i] = static_cast<float>(u);
      tile.features[kTileFrames + i] = current[i] = static_cast<float>(v);
    }
  }

  void TurnKnobs(Kept& kept, const FrontTile& tile, float* resistance) const noexcept {
    const Constants& c = constants_;
    for (std::uint32_t i = 0; i < tile.frames; ++i) {
      const float drive = tile.knobs[0][i];
      if (!kept.started || drive != kept.drive) {
        kept.started = true;
        kept.drive = drive;
        const double travel = Within(drive, knobs_[0].minimum, knobs_[0].maximum);
        const double r = std::expm1(travel * c.taper) * c.resistance_scale + 1;
        kept.resistance = static_cast<float>(r);
        kept.drive_feature = static_cast<float>(std::log(r) * c.resistance_span - 1);
      }
      resistance[i] = kept.resistance;
      tile.knob_rows[i] = kept.drive_feature;
      tile.knob_rows[kTileFrames + i] = Centred(knobs_[1], tile.knobs[1][i]);
    }
  }

  const Constants constants_;
  const std::vector<KnobRange> knobs_;
  const Kernels& kernels_;
};

DiodeFront::Constants ReadDiodes(FieldReader& fields, const json& front) {
  DiodeFront::Constants c{};
  const auto copy = [&](const char* name, auto& to, double maximum) {
    const auto numbers = ReadNumbers(fields, front, name, std::size(to), maximum);
    std::copy(numbers.begin(), numbers.end(), std::begin(to));
  };
  copy("poles", c.poles, 0.9999999);
  copy("direct", c.direct, 1e6);
  copy("residues", c.residues, 1e6);
  c.taps = InterpolatingTaps::Read(fields, front);
  const auto number = [&](const char* name, double minimum, double maximum) {
    return ReadNumber(fields, front, name, minimum, maximum);
  };
  c.curve.resistor_gain = static_cast<float>(number("resistor_gain", 1e-9, 1e9));
  c.curve.diode_gain = static_cast<float>(number("diode_gain", 1e-9, 1e9));
  c.curve.diode_epsilon = static_cast<float>(number("diode_epsilon", 1e-30, 1));
  c.curve.diode_volts = static_cast<float>(number("diode_volts", 1e-6, 1e3));
  c.taper = number("taper", 0, 10);
  c.resistance_scale = number("resistance_scale", 0, 1e6);
  c.resistance_span = number("resistance_span", 0, 1e3);
  return c;
}

}  // namespace

float Cleaned(float sample) {
  if (!std::isfinite(sample)) return 0;
  return std::clamp(sample, -8.0F, 8.0F);
}

float Centred(const KnobRange& range, float value) {
  const double v = Within(value, range.minimum, range.maximum);
  return static_cast<float>((v - range.minimum) * 2 / (range.maximum - range.minimum) - 1);
}

InterpolatingTaps InterpolatingTaps::Read(FieldReader& fields, const json& front) {
  InterpolatingTaps read{};
  const auto numbers = ReadNumbers(fields, front, "phase_taps", std::size(read.taps), 16);
  std::copy(numbers.begin(), numbers.end(), std::begin(read.taps));
  return read;
}

absl::StatusOr<std::unique_ptr<Front>> MakeFront(const json& front,
                                                 const std::vector<KnobRange>& knobs,
                                                 const Kernels& kernels) {
  absl::Status status;
  FieldReader fields(front, "config.front", status);
  const std::string type = fields.Text("type");
  std::unique_ptr<Front> made;
  if (type == "plain") {
    made = std::make_unique<PlainFront>(knobs);
  } else if (type == "diode_clipper") {
    made = std::make_unique<DiodeFront>(ReadDiodes(fields, front), knobs, kernels);
  } else if (type == "triode") {
    made = MakeTriodeFront(fields, front, knobs);
  } else {
    fields.Fail("type", Shown(type), "plain, diode_clipper or triode");
  }
  if (type != "plain" && knobs.size() != 2) {
    fields.Fail("type", Shown(type), "2 knobs for this front");
  }
  fields.NoOthers();
  if (!status.ok()) return status;
  return made;
}

}  // namespace continuo::executor::fused
