// SPDX-License-Identifier: Apache-2.0
// By what gain two sides of a comparison are equally loud.
//
// Problem: the louder one of two sounds is taken for the better one. And both sides are heard one
// after the other, so at different places of the song.
// So what is compared is by how much each side has raised the loudness of what went in while it was
// heard; that depends little on the place. The side that raises it more is turned down, by
// kMostDb at most. None is turned up: what did not clip does not begin to.
// Threads: one at a time; no audio thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/scope/loudness.h"

namespace continuo::scope {

class LoudnessMatch {
 public:
  static constexpr std::size_t kSides = 2;
  static constexpr double kMostDb = 12;
  static constexpr double kLeastSeconds = 1;  // of a side, to judge it by

  explicit LoudnessMatch(double sample_rate_hz);

  // Goes on with the last `frames` frames of this side.
  void Hear(std::size_t side, const Excerpt& excerpt, std::size_t frames);
  // It is not the sound any more that it was.
  void Forget(std::size_t side);

  // Nothing while too little of it was heard.
  [[nodiscard]] std::optional<double> RaisedDb(std::size_t side) const;
  // 0 dB while one of both is not known.
  [[nodiscard]] double GainDb(std::size_t side) const;
  [[nodiscard]] bool IsKnown() const { return RaisedDb(0) && RaisedDb(1); }

 private:
  struct Heard {
    Loudness input, output;
    double seconds = 0;
  };

  const double sample_rate_hz_;
  std::array<Heard, kSides> heard_;
};

}  // namespace continuo::scope
