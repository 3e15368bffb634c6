// SPDX-License-Identifier: Apache-2.0
// How loud a stereo signal is to the ear, in LUFS: K-weighted, and gated, so that pauses do not
// count (ITU-R BS.1770, EBU R 128 "integrated"; by libebur128), over its last minute.
//
// Threads: one at a time; no audio thread, as it allocates.
#pragma once

#include <ebur128.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "shared/scope/signal_tap.h"

namespace continuo::scope {

class Loudness {
 public:
  static constexpr unsigned long kHistoryMs = 60'000;

  explicit Loudness(double sample_rate_hz);

  // Goes on with the last `frames` frames of these. What is not finite is silence.
  void Hear(const Channels& channels, std::size_t frames);
  // Nothing while no 0.4 s of it were loud enough to count.
  [[nodiscard]] std::optional<double> Lufs() const;

 private:
  struct Destroy {
    void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
  };
  std::unique_ptr<ebur128_state, Destroy> state_;
  std::vector<float> interleaved_;
};

}  // namespace continuo::scope
