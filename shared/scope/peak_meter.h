// SPDX-License-Identifier: Apache-2.0
// How a peak meter moves: up at once, down by 20 dB in 1.7 s; the highest peak stays for 2 s and
// then falls alike; what has reached full scale stays marked until somebody says that it was seen.
//
// Source: IEC 60268-10, type I, the time of return; its integration time is left out, as clipping
// is a matter of samples. Threads: none of its own. Time is given, not asked for.
#pragma once

#include <algorithm>

#include "shared/scope/decibel.h"

namespace continuo::scope {

class PeakMeter {
 public:
  static constexpr double kFallDbPerSecond = 20.0 / 1.7;
  static constexpr double kHoldSeconds = 2.0;
  static constexpr double kLoudestDb = 60;

  // `peak`: the largest magnitude since the last update, `seconds` ago.
  void Update(float peak, double seconds) noexcept {
    // Bounded, so that what is infinite falls again.
    const double db = std::min(kLoudestDb, AmplitudeToDb(peak));
    const double fall = kFallDbPerSecond * seconds;
    level_db_ = std::max(db, std::max(kSilenceDb, level_db_ - fall));
    held_for_ += seconds;
    if (level_db_ >= hold_db_) {
      hold_db_ = level_db_;
      held_for_ = 0;
    } else if (held_for_ > kHoldSeconds) {
      hold_db_ = std::max(level_db_, hold_db_ - fall);
    }
    if (peak >= 1.0F) clipped_ = true;
  }
  void ForgetClip() noexcept { clipped_ = false; }

  [[nodiscard]] double level_db() const noexcept { return level_db_; }
  [[nodiscard]] double hold_db() const noexcept { return hold_db_; }
  [[nodiscard]] bool clipped() const noexcept { return clipped_; }

 private:
  double level_db_ = kSilenceDb;
  double hold_db_ = kSilenceDb;
  double held_for_ = 0;
  bool clipped_ = false;
};

}  // namespace continuo::scope
