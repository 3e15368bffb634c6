// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/transfer_curve.h"

#include <algorithm>
#include <cmath>

namespace continuo::scope {
namespace {

constexpr float kWidest = 16;
constexpr float kNarrowest = 1.0F / 64;

}  // namespace

void TransferCurve::Range::Hold(const Channels& channels, double seconds) {
  float peak = 0;
  for (const auto& channel : channels) {
    for (const float sample : channel) peak = std::max(peak, std::abs(sample));
  }
  while (value < peak && value < kWidest) {
    value *= 2;
    spared = 0;
  }
  spared = peak > 0 && peak <= value / 2 && value > kNarrowest ? spared + seconds : 0;
  if (spared < kHoldSeconds) return;
  value /= 2;
  // The rest of the way at once.
  while (peak <= value / 2 && value > kNarrowest) value /= 2;
  spared = 0;
}

void TransferCurve::Update(const Excerpt& excerpt, double seconds) {
  input_.Hold(excerpt.input, seconds);
  output_.Hold(excerpt.output, seconds);
  columns_.fill({});
  std::array<double, kColumns> sums{};
  constexpr float kMiddle = kColumns / 2;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const auto& in = excerpt.input[channel];
    const auto& out = excerpt.output[channel];
    for (std::size_t i = 0; i < std::min(in.size(), out.size()); ++i) {
      if (!(std::abs(in[i]) <= input_.value) || !std::isfinite(out[i])) continue;
      const auto at =
          static_cast<std::size_t>(std::lround(kMiddle + kMiddle * in[i] / input_.value));
      Column& column = columns_[at];
      column.low = column.count == 0 ? out[i] : std::min(column.low, out[i]);
      column.high = column.count == 0 ? out[i] : std::max(column.high, out[i]);
      sums[at] += out[i];
      ++column.count;
    }
  }
  for (std::size_t at = 0; at < kColumns; ++at) {
    if (columns_[at].count > 0)
      columns_[at].mean = static_cast<float>(sums[at] / columns_[at].count);
  }
}

}  // namespace continuo::scope
