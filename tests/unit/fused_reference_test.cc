// SPDX-License-Identifier: Apache-2.0
// The fused kernels against double precision, on random models of many shapes and
// with every instruction set that this processor has.
#include <catch2/catch.hpp>

#include "tests/unit/fused_accuracy.h"

namespace continuo::test {
namespace {

TEST_CASE("Fused: NAM's standard WaveNet is within 1e-6 of double precision") {
  CheckAgainstReference(RandomStandardWaveNet(GENERATE(1U, 2U)), 3000);
}

TEST_CASE("Fused: WaveNets of any number of channels are within 1e-6 of double precision") {
  const std::size_t channels = GENERATE(1U, 2U, 3U, 4U, 5U, 7U, 8U, 12U, 13U, 16U, 24U, 33U);
  const std::size_t head = GENERATE(1U, 6U);
  CheckAgainstReference(RandomWaveNet({{channels, head, 3, {1, 2, 4, 8}},
                                       {head, 1, 2, {1, 3, 9}, "Tanh", false, true}},
                                      static_cast<std::uint32_t>(channels)),
                        700);
}

TEST_CASE("Fused: WaveNets of any taps and dilations are within 1e-6 of double precision") {
  const std::size_t taps = GENERATE(1U, 2U, 3U, 5U, 8U);
  const std::size_t dilation = GENERATE(1U, 7U, 64U, 333U);
  CheckAgainstReference(RandomWaveNet({{6, 1, taps, {1, dilation, 2}, "Tanh", false, true}}, 3),
                        1200);
}

TEST_CASE("Fused: every activation, gated or not, is within 1e-6 of double precision") {
  const std::string activation = GENERATE("Tanh", "ReLU", "Hardtanh", "Sigmoid", "LeakyReLU");
  const bool gated = GENERATE(false, true);
  const std::size_t channels = GENERATE(3U, 8U, 16U);
  CheckAgainstReference(RandomWaveNet({{channels, 4, 3, {1, 2, 4}, activation, gated, true},
                                       {4, 1, 3, {1, 5}, activation, gated, true}},
                                      7),
                        700);
}

TEST_CASE("Fused: three arrays are within 1e-6 of double precision") {
  CheckAgainstReference(RandomWaveNet({{8, 4, 3, {1, 2}}, {4, 3, 3, {4}}, {3, 1, 2, {8, 1}}}, 5),
                        700);
}

TEST_CASE("Fused: LSTMs of any hidden size are within 1e-6 of double precision") {
  const std::size_t hidden =
      GENERATE(1U, 2U, 3U, 4U, 5U, 8U, 9U, 12U, 16U, 17U, 20U, 24U, 31U, 40U, 48U, 65U);
  CheckAgainstReference(RandomLstm(hidden, 1, static_cast<std::uint32_t>(hidden)), 1500);
}

TEST_CASE("Fused: LSTMs of one to four layers are within 1e-6 of double precision") {
  const std::size_t layers = GENERATE(1U, 2U, 3U, 4U);
  CheckAgainstReference(RandomLstm(GENERATE(6U, 16U, 24U), layers, 21), 1500);
}

}  // namespace
}  // namespace continuo::test
