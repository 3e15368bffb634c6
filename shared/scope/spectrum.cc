// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "shared/scope/decibel.h"

namespace continuo::scope {

Spectrum::Spectrum()
    : window_(kPoints),
      power_(kBins),
      in_(fftwf_alloc_real(kPoints)),
      out_(fftwf_alloc_complex(kBins)),
      plan_(fftwf_plan_dft_r2c_1d(kPoints, in_.get(), out_.get(), FFTW_ESTIMATE)) {
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(i) / kPoints;
    window_[i] = static_cast<float>(0.5 - 0.5 * std::cos(turn));
  }
}

void Spectrum::Update(const Channels& channels, double seconds) {
  // A sine of amplitude 1 has a quarter of kPoints in its bin: half for the sine, half for the
  // window.
  constexpr double kFullScale = 16.0 / (double{kPoints} * double{kPoints});
  const double taken = 1 - std::exp(-seconds / kSmoothingSeconds);
  for (double& power : power_) power *= 1 - taken;
  for (const std::vector<float>& channel : channels) {
    if (channel.size() < kPoints) continue;
    const float* const newest = channel.data() + channel.size() - kPoints;
    std::transform(window_.begin(), window_.end(), newest, in_.get(),
                   [](float weight, float sample) { return weight * sample; });
    fftwf_execute(plan_.get());
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double real = out_[bin][0];
      const double imaginary = out_[bin][1];
      const double power = kFullScale * (real * real + imaginary * imaginary);
      if (std::isfinite(power)) power_[bin] += taken * power / kChannels;
    }
  }
}

std::vector<float> Spectrum::Columns(std::size_t count, double low_hz, double high_hz,
                                     double sample_rate_hz) const {
  std::vector<float> columns(count, static_cast<float>(kSilenceDb));
  const double bins_per_hz = kPoints / sample_rate_hz;
  const double ratio = std::pow(high_hz / low_hz, 1.0 / static_cast<double>(count));
  for (std::size_t column = 0; column < count; ++column) {
    const double from = low_hz * std::pow(ratio, static_cast<double>(column)) * bins_per_hz;
    const double to = from * ratio;
    if (to >= kBins - 1) break;
    double power = 0;
    const auto first = static_cast<std::size_t>(std::ceil(from));
    const auto end = static_cast<std::size_t>(std::ceil(to));
    if (first < end) {
      power = *std::max_element(power_.begin() + static_cast<std::ptrdiff_t>(first),
                                power_.begin() + static_cast<std::ptrdiff_t>(end));
    } else {
      const double middle = std::sqrt(from * to);
      const auto below = static_cast<std::size_t>(middle);
      const double share = middle - static_cast<double>(below);
      power = (1 - share) * power_[below] + share * power_[below + 1];
    }
    columns[column] = static_cast<float>(PowerToDb(power));
  }
  return columns;
}

}  // namespace continuo::scope
