// SPDX-License-Identifier: Apache-2.0
// The kernel of impulse responses of the baseline against double precision, as kernel_check.cc
// does it for the recurrent ones: multiplied out, and with partitions as spectra.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "daemon/executor/fused/linear_pack.h"
#include "daemon/executor/fused/plan.h"
#include "tests/neon/draw.h"

namespace continuo::executor::fused {

extern const Kernels kKernelsBaseline;

namespace {

constexpr double kTolerance = 1e-6;
constexpr std::uint32_t kFrames = 6000;
constexpr float kBias = 0.125F;

std::vector<float> Run(const PackedLinear& linear, const std::vector<float>& in,
                       std::uint32_t block) {
  AlignedFloats memory(linear.memory_floats);
  std::uint32_t words[kLinearWords] = {};
  std::vector<float> out(in.size());
  EachBlock(kFrames, block, [&](std::uint32_t first, std::uint32_t frames) {
    kKernelsBaseline.linear(linear.plan, memory.data(), words, in.data() + first,
                            out.data() + first, frames);
  });
  return out;
}

bool Check(std::uint32_t taps, Draw& draw) {
  const std::vector<float> response = draw(taps, 1 / std::sqrt(double(taps)));
  const std::vector<float> in = draw(kFrames, 0.7);
  const PackedLinear linear = PackLinear(response.data(), taps, kBias);
  const std::vector<float> whole = Run(linear, in, kFrames);
  bool alike = true;
  for (const std::uint32_t block : kCuts) alike = alike && Run(linear, in, block) == whole;
  double largest = 0;
  for (std::uint32_t t = 0; t < kFrames; ++t) {
    double sum = kBias;
    for (std::uint32_t i = 0; i < std::min(taps, t + 1); ++i)
      sum += double{response[i]} * in[t - i];
    largest = std::max(largest, std::abs(sum - whole[t]));
  }
  if (largest <= kTolerance && alike) return true;
  std::printf("%u taps: error %.3g, expected at most %.0e; cuts %s\n", taps, largest, kTolerance,
              alike ? "agree" : "differ");
  return false;
}

int Main() {
  Draw draw;
  bool good = true;
  int checks = 0;
  for (const std::uint32_t taps : {1, 2, 15, 16, 17, 64, 441, 1024, 1025, 1280, 1281, 4096}) {
    good = Check(taps, draw) && good;
    ++checks;
  }
  std::printf("%s, %u lanes: %d impulse responses %s\n", kKernelsBaseline.name,
              kKernelsBaseline.lanes, checks, good ? "passed" : "done, some failed");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace continuo::executor::fused

int main() { return continuo::executor::fused::Main(); }
