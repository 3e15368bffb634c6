// SPDX-License-Identifier: Apache-2.0
// The spectrum of a stereo signal as a picture wants it: 4096 points under a Hann window, smoothed
// over time, in columns of equal ratio.
//
// Level: a sine of amplitude 1 on both channels is 0 dBFS in its bin; on one channel alone −3 dB,
// as the powers of both are averaged. Threads: one at a time. The constructor plans with FFTW,
// whose planner is not thread-safe: it belongs on the thread on which the host plans too (LMMS: the
// main thread).
#pragma once

#include <fftw3.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "shared/scope/signal_tap.h"

namespace continuo::scope {

class Spectrum {
 public:
  static constexpr std::size_t kPoints = 4096;
  static constexpr std::size_t kBins = kPoints / 2 + 1;
  static constexpr double kSmoothingSeconds = 0.12;

  Spectrum();

  // The last kPoints frames of each channel; fewer, or none, are silence.
  void Update(const Channels& channels, double seconds);

  // Of a bin; 1 for a sine of full scale.
  [[nodiscard]] double power(std::size_t bin) const { return power_[bin]; }
  [[nodiscard]] static double FrequencyOf(std::size_t bin, double sample_rate_hz) {
    return static_cast<double>(bin) * sample_rate_hz / kPoints;
  }

  // dBFS in `count` columns from `low_hz` to `high_hz`, each a fixed ratio wide: the highest bin in
  // it, or between two bins where it has none. Silence above half the rate.
  [[nodiscard]] std::vector<float> Columns(std::size_t count, double low_hz, double high_hz,
                                           double sample_rate_hz) const;

 private:
  struct Free {
    void operator()(void* memory) const { fftwf_free(memory); }
    void operator()(fftwf_plan plan) const { fftwf_destroy_plan(plan); }
  };

  std::vector<float> window_;
  std::vector<double> power_;
  std::unique_ptr<float[], Free> in_;
  std::unique_ptr<fftwf_complex[], Free> out_;
  std::unique_ptr<std::remove_pointer_t<fftwf_plan>, Free> plan_;
};

}  // namespace continuo::scope
