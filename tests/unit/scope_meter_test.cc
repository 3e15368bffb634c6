// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "shared/scope/peak_meter.h"

namespace continuo::scope {
namespace {

void Wait(PeakMeter* meter, double seconds) {
  constexpr int kSteps = 100;
  for (int i = 0; i < kSteps; ++i) meter->Update(0, seconds / kSteps);
}

TEST_CASE("PeakMeter: up at once, down by 20 dB in 1.7 s") {
  PeakMeter meter;
  CHECK(meter.level_db() == kSilenceDb);
  meter.Update(0.5F, 0.04);
  CHECK(meter.level_db() == Approx(-6.0206));
  Wait(&meter, 1.7);
  CHECK(meter.level_db() == Approx(-26.0206));
  meter.Update(0.1F, 0.04);
  CHECK(meter.level_db() == Approx(-20));
  Wait(&meter, 60);
  CHECK(meter.level_db() == kSilenceDb);
}

TEST_CASE("PeakMeter: the highest peak stays for two seconds, then falls") {
  PeakMeter meter;
  meter.Update(0.5F, 0.04);
  Wait(&meter, 1.9);
  CHECK(meter.hold_db() == Approx(-6.0206));
  CHECK(meter.level_db() < -20);
  Wait(&meter, 1.0);
  CHECK(meter.hold_db() < -6.0206);
  CHECK(meter.hold_db() >= meter.level_db());
  meter.Update(0.9F, 0.04);
  CHECK(meter.hold_db() == meter.level_db());
}

TEST_CASE("PeakMeter: full scale stays marked until it was seen") {
  PeakMeter meter;
  meter.Update(0.999F, 0.04);
  CHECK_FALSE(meter.clipped());
  meter.Update(1.0F, 0.04);
  Wait(&meter, 60);
  CHECK(meter.clipped());
  meter.ForgetClip();
  CHECK_FALSE(meter.clipped());
}

TEST_CASE("PeakMeter: what is no number is no level, what is infinite does not stay for ever") {
  PeakMeter meter;
  meter.Update(std::numeric_limits<float>::quiet_NaN(), 0.04);
  CHECK(meter.level_db() == kSilenceDb);
  meter.Update(std::numeric_limits<float>::infinity(), 0.04);
  CHECK(meter.clipped());
  Wait(&meter, 60);
  CHECK(meter.level_db() == kSilenceDb);
}

}  // namespace
}  // namespace continuo::scope
