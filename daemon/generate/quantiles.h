// SPDX-License-Identifier: Apache-2.0
// A distribution as its values at even shares, and how far out of it a value is.
#pragma once

#include <absl/status/statusor.h>

#include <utility>
#include <vector>

namespace continuo::generate {

inline constexpr std::size_t kQuantiles = 33;

// To five digits, as what is measured of songs is kept and compared: what was equal stays equal
// in a file, and more a few hundred excerpts cannot know.
[[nodiscard]] double Rounded(double value);

class Quantiles {
 public:
  // Of one value or more.
  [[nodiscard]] static Quantiles Of(std::vector<double> values);
  // From a file: two or more, in order, finite; else INVALID_ARGUMENT.
  [[nodiscard]] static absl::StatusOr<Quantiles> Read(std::vector<double> values);

  // Share of the distribution below `value`, and half of what is equal to it.
  [[nodiscard]] double ShareBelow(double value) const;
  // Twice the share that is as far out as `value` on its side of the median, kEnd at the first
  // and last value; beyond them it falls on exponentially, so that no two values are the same.
  [[nodiscard]] double Tail(double value) const;
  // Spreads from `value` to the nearest end, 0 inside.
  [[nodiscard]] double Beyond(double value) const;
  [[nodiscard]] double median() const;
  [[nodiscard]] const std::vector<double>& values() const { return values_; }

  static constexpr double kEnd = 1.0 / 32;

 private:
  explicit Quantiles(std::vector<double> values) : values_(std::move(values)) {}
  [[nodiscard]] double At(double share) const;
  std::vector<double> values_;  // two or more
};

}  // namespace continuo::generate
