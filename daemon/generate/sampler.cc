// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace continuo::generate {

double LogLikelihood(absl::Span<const float> logits, std::int32_t first, std::int32_t last,
                     std::int32_t value) {
  double highest = -std::numeric_limits<double>::infinity();
  for (std::int32_t i = first; i < last; ++i) highest = std::max(highest, double{logits[i]});
  double sum = 0;
  for (std::int32_t i = first; i < last; ++i) sum += std::exp(double{logits[i]} - highest);
  return double{logits[value]} - highest - std::log(sum);
}

Draw Sampler::Take(absl::Span<const float> logits, std::int32_t first, std::int32_t last,
                   absl::Span<const float> bias, midi::Random& random) {
  const auto biased = [&](std::int32_t value, bool with_bias) {
    return double{logits[value]} + (with_bias ? double{bias[value]} : 0.0);
  };
  bool with_bias = !bias.empty();
  double highest = -std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < 2 && !std::isfinite(highest); ++attempt) {
    if (attempt == 1) with_bias = false;
    for (std::int32_t i = first; i < last; ++i) highest = std::max(highest, biased(i, with_bias));
  }
  weights_.resize(static_cast<std::size_t>(last - first));
  order_.resize(weights_.size());
  double total = 0;
  for (std::int32_t i = first; i < last; ++i) {
    const auto k = static_cast<std::size_t>(i - first);
    weights_[k] = std::exp((biased(i, with_bias) - highest) / options_.temperature);
    if (!(weights_[k] > 0)) weights_[k] = 0;  // what is not a number is not drawn
    order_[k] = i;
    total += weights_[k];
  }
  const auto weight = [this, first](std::int32_t value) {
    return weights_[static_cast<std::size_t>(value - first)];
  };
  // Likeliest first; of equals the lower value, so that the order is the same everywhere.
  std::sort(order_.begin(), order_.end(), [&weight](std::int32_t left, std::int32_t right) {
    return weight(left) != weight(right) ? weight(left) > weight(right) : left < right;
  });
  double kept = 0;
  std::size_t count = 0;
  while (count < order_.size() && (count == 0 || kept < options_.top_p * total)) {
    kept += weight(order_[count++]);
  }
  // 53 bits of the generator, as a share of what is kept.
  double rest = static_cast<double>(random.Next() >> 11) * 0x1p-53 * kept;
  std::int32_t value = order_[0];
  for (std::size_t i = 0; i < count; ++i) {
    value = order_[i];
    rest -= weight(value);
    if (rest < 0) break;
  }
  return {value, LogLikelihood(logits, first, last, value)};
}

}  // namespace continuo::generate
