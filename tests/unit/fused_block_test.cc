// SPDX-License-Identifier: Apache-2.0
// What a stream hears depends neither on how its signal is cut, nor on other streams,
// nor on what was before a reset.
#include <catch2/catch.hpp>

#include "tests/unit/fused_bench.h"

namespace continuo::test {
namespace {

json ModelNumber(int number) {
  switch (number) {
    case 0:
      return RandomStandardWaveNet(1);
    case 1:
      return RandomWaveNet({{5, 3, 4, {1, 3, 70}, "Tanh", true, true}, {3, 1, 2, {1}}}, 2);
    case 2:
      return RandomLstm(40, 1, 3);
    case 3:
      return RandomLstm(10, 2, 4);
    case 4:
      return EverythingWaveNet(5);
    case 5:
      return WithRandomWeights(
          "ConvNet",
          {{"channels", 5}, {"dilations", {1, 70, 4}}, {"batchnorm", true}, {"activation", "SiLU"}},
          6);
    case 6:
      return WithRandomWeights("Linear", {{"receptive_field", 900}, {"bias", true}}, 7);
    case 7:
      return WithRandomWeights("Linear", {{"receptive_field", 1500}, {"bias", true}}, 8);
    case 8:  // of one past some delays reach into the tile and others do not
      return RandomWaveNet({{5, 3, 6, {1, 13, 33, 41, 63, 64, 65, 5}}, {3, 1, 2, {64, 65, 63}}}, 9);
    default:  // more scratch memory than a stack is asked for
      return RandomWaveNet({{72, 2, 3, {1, 40, 90}, "Tanh", true}, {2, 1, 1, {1}}}, 10);
  }
}
constexpr int kModels = 10;

TEST_CASE("Fused: the output is bit by bit the same, however the signal is cut in blocks") {
  const json model = ModelNumber(GENERATE(range(0, kModels)));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto loaded = bench.LoadWith(level, model);
  const auto in = TestSignal(6000, 4);
  const auto whole = Play(*NewState(*loaded), in, 4096);
  for (const BlockCut& cut : BlockCuts()) {
    INFO(level << ", " << cut.name() << ", " << model["config"].dump());
    CHECK((Play(*NewState(*loaded), in, cut) == whole));
  }
}

TEST_CASE("Fused: blocks of random lengths change no bit of a long signal") {
  const json model = ModelNumber(GENERATE(range(0, kModels)));
  FusedBench bench;
  const auto loaded = bench.LoadWith(SimdLevels().back(), model);
  const auto in = TestSignal(20000, 5);
  CHECK((Play(*NewState(*loaded), in, BlockCut::Random(500, 7)) ==
         Play(*NewState(*loaded), in, 4096)));
}

TEST_CASE("Fused: no frame beyond the end of a block is written") {
  FusedBench bench;
  const auto loaded =
      bench.LoadWith(SimdLevels().back(), ModelNumber(GENERATE(0, 2, 4, 5, 7, 8, 9)));
  const auto state = NewState(*loaded);
  const std::vector<float> in(100, 0.25F);
  std::vector<float> out(200, 77.0F);
  const float* from = in.data();
  float* to = out.data();
  REQUIRE(state->Process({&from, &to, nullptr, 67}) == executor::ProcessError::kNone);
  CHECK(std::all_of(out.begin() + 67, out.end(), [](float sample) { return sample == 77.0F; }));
}

TEST_CASE("Fused: a state that is reset plays as a new one does") {
  FusedBench bench;
  const auto loaded = bench.LoadWith(SimdLevels().back(), ModelNumber(GENERATE(range(0, kModels))));
  const auto in = TestSignal(3000, 8);
  const auto state = NewState(*loaded);
  const auto first = Play(*state, in, 100);
  Play(*state, TestSignal(777, 9), 50);
  state->Reset();
  CHECK((Play(*state, in, 100) == first));
}

TEST_CASE("Fused: a state begins pre-warmed: silence gives one value from the first frame on") {
  FusedBench bench;
  const auto loaded = bench.LoadWith(SimdLevels().back(), ModelNumber(GENERATE(0, 1, 4, 5, 8, 9)));
  const auto out = Play(*NewState(*loaded), std::vector<float>(5000, 0.0F), 128);
  CHECK(std::all_of(out.begin(), out.end(), [&](float sample) { return sample == out[0]; }));
}

TEST_CASE("Fused: two states of one model do not disturb each other") {
  FusedBench bench;
  const auto loaded = bench.LoadWith(SimdLevels().back(), ModelNumber(GENERATE(range(0, kModels))));
  const auto in_a = TestSignal(2560, 12), in_b = TestSignal(2560, 13);
  const auto alone_a = Play(*NewState(*loaded), in_a, 64);
  const auto alone_b = Play(*NewState(*loaded), in_b, 64);
  const auto a = NewState(*loaded), b = NewState(*loaded);
  for (std::size_t done = 0; done < in_a.size(); done += 64) {
    const auto part = [done](const std::vector<float>& signal) {
      const auto begin = signal.begin() + static_cast<std::ptrdiff_t>(done);
      return std::vector<float>(begin, begin + 64);
    };
    CHECK((Play(*a, part(in_a), 64) == part(alone_a)));
    CHECK((Play(*b, part(in_b), 64) == part(alone_b)));
  }
}

TEST_CASE("Fused: a state outlives no reset with a number that is none") {
  FusedBench bench;
  const auto loaded =
      bench.LoadWith(SimdLevels().back(), ModelNumber(GENERATE(0, 2, 4, 5, 7, 8, 9)));
  const auto in = TestSignal(500, 14);
  const auto state = NewState(*loaded);
  const auto before = Play(*state, in, 64);
  Play(*state, std::vector<float>(300, std::nanf("")), 64);
  state->Reset();
  CHECK((Play(*state, in, 64) == before));
}

}  // namespace
}  // namespace continuo::test
