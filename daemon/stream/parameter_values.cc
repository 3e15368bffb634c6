// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/parameter_values.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace continuo::stream {
namespace {

// 0 at the knob's left end, 1 at its right.
double Travel(const ParameterSpec& spec, float value) noexcept {
  const double minimum = spec.minimum;
  const double maximum = spec.maximum;
  return spec.logarithmic ? std::log(value / minimum) / std::log(maximum / minimum)
                          : (value - minimum) / (maximum - minimum);
}

// Where the macro's travel leads the parameter from its default.
double Course(const ParameterSpec& macro, float value, const MacroTarget& target,
              double start) noexcept {
  const double here = Travel(macro, value);
  const double centre = Travel(macro, macro.default_value);
  if (here == centre) return start;
  const double share = here > centre ? (here - centre) / (1 - centre) : (centre - here) / centre;
  const double end = here > centre ? target.to : target.from;
  return target.logarithmic ? start * std::pow(end / start, share) : start + share * (end - start);
}

}  // namespace

ParameterValues::ParameterValues(std::vector<ParameterSpec> specs)
    : specs_(std::move(specs)), movers_(specs_.size()) {
  for (std::uint32_t i = 0; i < specs_.size(); ++i) {
    values_.push_back(specs_[i].value);
    for (const MacroTarget& target : specs_[i].targets) {
      movers_[target.parameter] = {i, target};
    }
  }
}

void ParameterValues::Set(std::uint32_t index, float value) noexcept {
  values_[index] = std::clamp(value, specs_[index].minimum, specs_[index].maximum);
}

float ParameterValues::Effective(std::uint32_t index) const noexcept {
  const Mover& mover = movers_[index];
  if (mover.macro == kNone) return values_[index];
  const ParameterSpec& spec = specs_[index];
  const double start = spec.default_value;
  const double course = Course(specs_[mover.macro], values_[mover.macro], mover.target, start);
  const double moved =
      spec.logarithmic ? values_[index] * (course / start) : values_[index] + (course - start);
  return static_cast<float>(std::clamp<double>(moved, spec.minimum, spec.maximum));
}

}  // namespace continuo::stream
