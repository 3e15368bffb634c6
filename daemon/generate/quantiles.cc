// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/quantiles.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace continuo::generate {
namespace {

// No figure that is measured is larger; of larger ones differences would not be numbers.
constexpr double kLargest = 1e12;
// Spreads beyond an end that are told apart: ten times that would be a tail of 0.
constexpr double kFarthest = 70;

// The value at `share` of the way through `sorted`, between its values by a straight line.
double Interpolated(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto index = std::min(static_cast<std::size_t>(place), sorted.size() - 1);
  const std::size_t next = std::min(index + 1, sorted.size() - 1);
  return sorted[index] + (place - static_cast<double>(index)) * (sorted[next] - sorted[index]);
}

}  // namespace

double Rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return std::strtod(text, nullptr);
}

Quantiles Quantiles::Of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::vector<double> quantiles;
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    quantiles.push_back(Rounded(
        Interpolated(values, static_cast<double>(i) / static_cast<double>(kQuantiles - 1))));
  }
  return Quantiles(std::move(quantiles));
}

absl::StatusOr<Quantiles> Quantiles::Read(std::vector<double> values) {
  if (values.size() < 2 || values.size() > 1024) {
    return absl::InvalidArgumentError("2 to 1024 quantiles are expected");
  }
  if (!std::all_of(values.begin(), values.end(),
                   [](double value) { return std::abs(value) <= kLargest; }) ||
      !std::is_sorted(values.begin(), values.end())) {
    return absl::InvalidArgumentError(
        "quantiles are numbers of at most 1e12, each at least the one before");
  }
  return Quantiles(std::move(values));
}

double Quantiles::At(double share) const { return Interpolated(values_, share); }
double Quantiles::median() const { return At(0.5); }

double Quantiles::ShareBelow(double exact) const {
  const double value = Rounded(exact);
  const auto first = std::lower_bound(values_.begin(), values_.end(), value);
  const auto last = std::upper_bound(values_.begin(), values_.end(), value);
  const auto intervals = static_cast<double>(values_.size() - 1);
  const auto place = [this](auto at) { return static_cast<double>(at - values_.begin()); };
  if (first != last) return (place(first) + place(last) - 1) / 2 / intervals;
  if (first == values_.begin()) return 0;
  if (first == values_.end()) return 1;
  const double below = *std::prev(first);
  return (place(first) - 1 + (value - below) / (*first - below)) / intervals;
}

double Quantiles::Beyond(double exact) const {
  const double value = Rounded(exact);
  const double distance = std::max({values_.front() - value, value - values_.back(), 0.0});
  if (distance == 0) return 0;
  // The deviation of a bell curve with these deciles; a constant has a tenth of itself.
  double spread = (At(0.9) - At(0.1)) / 2.56;
  if (spread <= 0) spread = (values_.back() - values_.front()) / 4;
  if (spread <= 0) spread = std::max(std::abs(values_.back()) / 10, 0.01);
  return std::min(distance / spread, kFarthest);
}

double Quantiles::Tail(double value) const {
  const double below = ShareBelow(value);
  const double beyond = Beyond(value);
  if (beyond > 0) return kEnd * std::exp(-beyond);
  return kEnd + (1 - kEnd) * 2 * std::min(below, 1 - below);
}

}  // namespace continuo::generate
