// SPDX-License-Identifier: Apache-2.0
// Recurrent nets with knobs, alone and together, do nothing that the trap knows of.
#include <catch2/catch.hpp>

#include "tests/realtime/trap.h"
#include "tests/unit/fused_bench.h"
#include "tests/unit/keras_reference.h"

namespace continuo::test {
namespace {

TEST_CASE("Fused recurrent: with knobs nothing is trapped, alone or together") {
  const json file = GENERATE(
      RandomGuitarMl("GRU", 40, 3, 2, 1), RandomGuitarMl("LSTM", 23, 3, 1, 2),
      RandomKeras({{"dense", 7, "tanh"}, {"gru", 12, ""}, {"dense", 5, "relu"}, {"dense", 1, ""}},
                  3, 3),
      RandomKeras({{"conv1d", 9, "elu", 5, 30},
                   {"batchnorm", 9, ""},
                   {"prelu", 9, ""},
                   {"lstm", 5, ""},
                   {"conv1d", 3, "softmax", 2, 7},
                   {"dense", 1, ""}},
                  3, 4));
  const std::string level = GENERATE(from_range(SimdLevels()));
  const std::string precision = GENERATE("float32", "int16");
  const ScopedEnvironment forced("CONTINUO_SIMD", level);
  FusedBench bench;
  executor::LoadRequest request;
  request.description.sample_rate_hz = 44100;
  request.parameter_ids = {"knob_1", "knob_2"};
  request.options["precision"] = precision;
  const auto loaded = bench.Load(file.dump(), request);
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  const auto a = NewState(**loaded), b = NewState(**loaded);
  const auto in = TestSignal(4096, 1);
  std::vector<float> out_a(4096), out_b(4096);
  const float* const from[] = {in.data()};
  const float* const knobs[] = {in.data(), in.data()};
  float* const to_a[] = {out_a.data()};
  float* const to_b[] = {out_b.data()};
  executor::State* const states[] = {a.get(), b.get()};
  Trap::Reset();
  bool failed = false;
  for (const std::uint32_t frames : {1U, 63U, 64U, 65U, 441U, 4096U}) {
    const AudioSection section;
    const executor::Block blocks[] = {{from, to_a, knobs, frames}, {from, to_b, knobs, frames}};
    failed = failed || a->Process(blocks[0]) != executor::ProcessError::kNone;
    failed =
        failed || (*loaded)->ProcessTogether(states, blocks, 2) != executor::ProcessError::kNone;
    a->Reset();
  }
  CHECK_FALSE(failed);
  CHECK(Trap::Report() == "");
}

}  // namespace
}  // namespace continuo::test
