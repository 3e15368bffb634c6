// SPDX-License-Identifier: Apache-2.0
// What a panel is told by the audio thread, and tells it, costs that neither memory nor a lock.
#include <catch2/catch.hpp>

#include "shared/scope/gain_ramp.h"
#include "shared/scope/signal_tap.h"
#include "tests/realtime/trap.h"

namespace continuo::test {
namespace {

TEST_CASE("SignalTap: watched or not, nothing is trapped") {
  const std::vector<float> sound(4096, 0.5F);
  const float* const both[] = {sound.data(), sound.data()};
  scope::SignalTap tap;
  const auto play = [&](std::uint32_t frames) {
    const AudioSection section;
    for (int i = 0; i < 100; ++i) {
      tap.TakeInput(both, frames);
      tap.TakeOutput(both, frames);
    }
  };
  Trap::Reset();
  for (const bool watched : {false, true, false, true}) {
    tap.Watch(watched);
    for (const std::uint32_t frames : {0U, 1U, 256U, 4096U}) play(frames);
  }
  CHECK(Trap::Report() == "");
  scope::Excerpt excerpt;
  CHECK(tap.Read(4096, 0, &excerpt));
}

TEST_CASE("GainRamp: moving, at rest or bypassed, nothing is trapped") {
  std::vector<float> sound(4096, 0.5F);
  float* const both[] = {sound.data(), sound.data()};
  scope::GainRamp ramp;
  Trap::Reset();
  for (const float gain : {1.0F, 0.25F, 0.5F}) {
    ramp.Set(gain);
    const AudioSection section;
    for (const std::uint32_t frames : {0U, 1U, 256U, 4096U}) {
      for (const bool bypassed : {false, true, false}) {
        ramp.Apply(both, 2, frames, 48000, bypassed);
      }
    }
  }
  CHECK(Trap::Report() == "");
}

}  // namespace
}  // namespace continuo::test
