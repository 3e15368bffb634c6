// SPDX-License-Identifier: Apache-2.0
// Process and Reset of the fused executor do nothing that the trap knows of.
#include <catch2/catch.hpp>

#include "tests/realtime/trap.h"
#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

TEST_CASE("Fused: with every instruction set nothing is trapped, at any block length") {
  const json model = GENERATE(
      RandomStandardWaveNet(1), RandomLstm(40, 2, 2),
      RandomWaveNet({{5, 1, 3, {1, 9}, "ReLU", true, true}}, 3), EverythingWaveNet(4),
      WithRandomWeights(
          "ConvNet",
          {{"channels", 7}, {"dilations", {1, 2, 80}}, {"batchnorm", true}, {"activation", "Tanh"}},
          5),
      WithRandomWeights("Linear", {{"receptive_field", 500}, {"bias", true}}, 6),
      WithRandomWeights("Linear", {{"receptive_field", 9000}, {"bias", true}}, 7));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto loaded = bench.LoadWith(level, model);
  const auto state = NewState(*loaded);
  const auto in = TestSignal(4096, 1);
  std::vector<float> out(4096);
  const float* from = in.data();
  float* to = out.data();
  Trap::Reset();
  bool failed = false;
  for (const std::uint32_t frames : {1U, 63U, 64U, 65U, 256U, 441U, 1024U, 4096U}) {
    const AudioSection section;
    failed =
        failed || state->Process({&from, &to, nullptr, frames}) != executor::ProcessError::kNone;
    state->Reset();
  }
  CHECK_FALSE(failed);
  CHECK(Trap::Report() == "");
}

}  // namespace
}  // namespace continuo::test
