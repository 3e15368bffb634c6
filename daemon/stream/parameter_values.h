// SPDX-License-Identifier: Apache-2.0
// The values of a stream's parameters, and what the model gets of them where macros have moved
// them.
//
// Problem: a macro is one knob over several parameters. It is set and automated as they are, by
// frame, so it has to work here, without the daemon.
// Rule: towards its ends a macro moves a parameter by as much as from the parameter's default to
// `from`, or to `to`, on top of the parameter's own value; at its default it moves nothing. What
// the model gets is a function of all values, whichever was set last.
// Threads: made on any thread, then one at a time. Real time: no allocation.
#pragma once

#include <cstdint>
#include <vector>

namespace continuo::stream {

struct MacroTarget {
  std::uint32_t parameter = 0;
  float from = 0;            // with the macro at its minimum
  float to = 0;              // with the macro at its maximum
  bool logarithmic = false;  // equal travel of the macro, equal ratio
};

struct ParameterSpec {
  float minimum = 0;
  float maximum = 1;
  float value = 0;
  double smoothing_ms = 0;
  float default_value = 0;
  bool logarithmic = false;
  std::vector<MacroTarget> targets{};  // of a macro, which the model does not get
};

class ParameterValues {
 public:
  // As the manifest's rules have them: targets are there, no macros, and moved once.
  explicit ParameterValues(std::vector<ParameterSpec> specs);

  [[nodiscard]] std::uint32_t count() const noexcept {
    return static_cast<std::uint32_t>(specs_.size());
  }
  [[nodiscard]] const ParameterSpec& spec(std::uint32_t index) const noexcept {
    return specs_[index];
  }
  // Into the range; `value` is finite.
  void Set(std::uint32_t index, float value) noexcept;
  // What the model gets.
  [[nodiscard]] float Effective(std::uint32_t index) const noexcept;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Mover {
    std::uint32_t macro = kNone;
    MacroTarget target;
  };

  std::vector<ParameterSpec> specs_;
  std::vector<float> values_;
  std::vector<Mover> movers_;  // one a parameter
};

}  // namespace continuo::stream
