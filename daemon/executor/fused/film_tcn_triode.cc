// SPDX-License-Identifier: Apache-2.0
// A triode stage before the network: its capacitors' voltages, one step a frame, and its
// curves. The voltages are double precision, as differences of tens of volts are heard.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "daemon/executor/fused/continuo_file.h"
#include "daemon/executor/fused/film_tcn_parts.h"

namespace continuo::executor::fused {
namespace {

constexpr std::size_t kMaximumPoints = 4096;

struct Point {
  double grid, cathode, plate;  // two currents and a voltage
};

class TriodeFront final : public Front {
 public:
  struct Constants {
    InterpolatingTaps taps;
    double volts_at_0, volts_ratio;  // of the gain knob's travel
    double ohm_at_0, ohm_ratio;      // of the bias knob's
    double grid_low, grid_step, cathode_high;
    std::size_t points;
    std::vector<double> grid, cathode, plate, rest;  // two rows each of cathode and plate
    double leak, coupling_charge, cathode_charge;    // a frame's step over Rl Cc, Cc, Ck
    double plate_gain, cathode_gain, coupling_gain;  // of the features
  };
  TriodeFront(Constants constants, const std::vector<KnobRange>& knobs)
      : c_(std::move(constants)), knobs_(knobs) {}
  [[nodiscard]] std::uint32_t features() const override { return kPhases + 2; }
  [[nodiscard]] std::size_t state_bytes() const override { return sizeof(Kept); }

  void Run(void* state, const FrontTile& tile) const noexcept override {
    Kept kept;
    std::memcpy(&kept, state, sizeof kept);
    float signal[kPhasePast + kTileFrames];
    std::copy_n(kept.past, kPhasePast, signal);
    for (std::uint32_t i = 0; i < tile.frames; ++i) signal[kPhasePast + i] = Cleaned(tile.in[i]);
    std::copy_n(signal + tile.frames, kPhasePast, kept.past);
    for (std::uint32_t i = 0; i < tile.frames; ++i) {
      Turn(kept, tile.knobs[0][i], tile.knobs[1][i]);
      tile.knob_rows[i] = kept.gain_feature;
      tile.knob_rows[kTileFrames + i] = kept.bias_feature;
      Step(kept, signal + i, tile.features + i);
    }
    std::memcpy(state, &kept, sizeof kept);
  }

 private:
  struct Kept {
    double coupling, cathode;            // volts, from rest
    double last_coupling, last_cathode;  // their change in the frame before
    float past[kPhasePast];
    bool started;
    float gain, bias;  // the knobs for which these hold
    float gain_feature, bias_feature;
    double volts, inverse_ohm, cathode_rest;
    Point rest;
  };

  [[nodiscard]] Point At(double grid, double cathode) const noexcept {
    const double place = (grid - c_.grid_low) / c_.grid_step;
    const double last = static_cast<double>(c_.points - 2);
    const auto i = static_cast<std::size_t>(Within(place, 0, last));
    const double f = place - static_cast<double>(i);
    const auto line = [&](const double* curve) { return curve[i] + f * (curve[i + 1] - curve[i]); };
    const double w = cathode / c_.cathode_high;
    const auto between = [&](const std::vector<double>& rows) {
      const double low = line(rows.data());
      return low + w * (line(rows.data() + c_.points) - low);
    };
    return {line(c_.grid.data()), between(c_.cathode), between(c_.plate)};
  }

  void Turn(Kept& kept, float gain, float bias) const noexcept {
    if (kept.started && gain == kept.gain && bias == kept.bias) return;
    kept.started = true;
    kept.gain = gain;
    kept.bias = bias;
    kept.gain_feature = Centred(knobs_[0], gain);
    kept.bias_feature = Centred(knobs_[1], bias);
    const auto travel = [](const KnobRange& knob, float value) {
      return (Within(value, knob.minimum, knob.maximum) - knob.minimum) /
             (knob.maximum - knob.minimum);
    };
    kept.volts = c_.volts_at_0 * std::pow(c_.volts_ratio, travel(knobs_[0], gain));
    kept.inverse_ohm = 1 / (c_.ohm_at_0 * std::pow(c_.ohm_ratio, travel(knobs_[1], bias)));
    const double place = travel(knobs_[1], bias) * static_cast<double>(c_.rest.size() - 1);
    const auto i = std::min(static_cast<std::size_t>(place), c_.rest.size() - 2);
    kept.cathode_rest =
        c_.rest[i] + (place - static_cast<double>(i)) * (c_.rest[i + 1] - c_.rest[i]);
    kept.rest = At(-kept.cathode_rest, kept.cathode_rest);
  }

  void Step(Kept& kept, const float* signal, float* features) const noexcept {
    const double cathode = kept.cathode_rest + kept.cathode;
    double volts = 0, grid = 0, current = 0;
    for (std::uint32_t p = 0; p < kPhases; ++p) {
      const double a = c_.taps.At(p, signal) * kept.volts - kept.coupling;
      const Point point = At(a - cathode, cathode);
      features[p * kTileFrames] =
          static_cast<float>((kept.rest.plate - point.plate) * c_.plate_gain);
      volts += a / kPhases;
      grid += point.grid / kPhases;
      current += point.cathode / kPhases;
    }
    features[kPhases * kTileFrames] = static_cast<float>(kept.cathode * c_.cathode_gain);
    features[(kPhases + 1) * kTileFrames] = static_cast<float>(kept.coupling * c_.coupling_gain);
    const double coupling = volts * c_.leak + (grid - kept.rest.grid) * c_.coupling_charge;
    const double charge =
        (current - kept.rest.cathode - kept.cathode * kept.inverse_ohm) * c_.cathode_charge;
    kept.coupling += 1.5 * coupling - 0.5 * kept.last_coupling;  // two-step Adams-Bashforth
    kept.cathode += 1.5 * charge - 0.5 * kept.last_cathode;
    kept.last_coupling = coupling;
    kept.last_cathode = charge;
  }

  const Constants c_;
  const std::vector<KnobRange> knobs_;
};

}  // namespace

std::unique_ptr<Front> MakeTriodeFront(FieldReader& fields, const nlohmann::json& front,
                                       const std::vector<KnobRange>& knobs) {
  TriodeFront::Constants c{};
  c.taps = InterpolatingTaps::Read(fields, front);
  const auto number = [&](const char* name, double minimum, double maximum) {
    return ReadNumber(fields, front, name, minimum, maximum);
  };
  c.volts_at_0 = number("volts_at_0", 1e-6, 1e4);
  c.volts_ratio = number("volts_ratio", 1e-4, 1e4);
  c.ohm_at_0 = number("ohm_at_0", 1, 1e9);
  c.ohm_ratio = number("ohm_ratio", 1e-6, 1e6);
  c.grid_low = number("grid_low", -1e4, 0);
  c.grid_step = number("grid_step", 1e-4, 100);
  c.cathode_high = number("cathode_high", 1e-3, 1e3);
  c.points = fields.Count("points", 2, kMaximumPoints);
  // What is steeper than this would run away at one step a frame.
  c.grid = ReadNumbers(fields, front, "grid_current", c.points, 1);
  c.cathode = ReadNumbers(fields, front, "cathode_current", 2 * c.points, 1);
  c.plate = ReadNumbers(fields, front, "plate_volts", 2 * c.points, 1e4);
  c.rest = ReadNumbers(fields, front, "cathode_rest", fields.Count("rest_points", 2, 1024), 1e3);
  c.leak = number("leak", 0, 1);
  c.coupling_charge = number("coupling_charge", 0, 1e6);
  c.cathode_charge = number("cathode_charge", 0, 1e6);
  c.plate_gain = number("plate_gain", 0, 1e3);
  c.cathode_gain = number("cathode_gain", 0, 1e3);
  c.coupling_gain = number("coupling_gain", 0, 1e3);
  return std::make_unique<TriodeFront>(std::move(c), knobs);
}

}  // namespace continuo::executor::fused
