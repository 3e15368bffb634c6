// SPDX-License-Identifier: Apache-2.0
// Nets of LSTM, GRU and dense layers against the same in double precision, with every
// instruction set that this processor has; and the states of a pair against each alone.
#include <catch2/catch.hpp>

#include "tests/unit/recurrent_bench.h"

namespace continuo::test {
namespace {

void CheckGuitarMl(const json& file, std::size_t inputs = 1) {
  const auto rows = Rows(inputs, 1200);
  CheckAgainst(ReferenceGuitarMl(file, rows, kWarmUpFrames), file, rows);
}

TEST_CASE("Fused recurrent: Keras GRUs of any size are within 1e-6 of double precision") {
  const std::size_t hidden =
      GENERATE(1U, 2U, 3U, 4U, 5U, 8U, 9U, 12U, 16U, 17U, 20U, 24U, 31U, 33U, 40U, 48U, 65U);
  INFO(hidden);
  CheckKeras(RandomCell("gru", hidden, static_cast<std::uint32_t>(hidden)));
}

TEST_CASE("Fused recurrent: Keras LSTMs of any size are within 1e-6 of double precision") {
  const std::size_t hidden = GENERATE(1U, 4U, 8U, 12U, 16U, 20U, 36U, 40U, 64U, 80U);
  INFO(hidden);
  CheckKeras(RandomCell("lstm", hidden, static_cast<std::uint32_t>(hidden)));
}

TEST_CASE("Fused recurrent: PyTorch nets of one to four layers are within 1e-6") {
  const std::string unit = GENERATE("LSTM", "GRU");
  const std::size_t layers = GENERATE(1U, 2U, 3U, 4U);
  const std::size_t hidden = GENERATE(6U, 24U);
  INFO(unit << " " << hidden << " x" << layers);
  CheckGuitarMl(RandomGuitarMl(unit, hidden, 1, layers, 5));
}

TEST_CASE("Fused recurrent: knobs are inputs, frame by frame") {
  const std::string unit = GENERATE("LSTM", "GRU");
  const std::size_t inputs = GENERATE(2U, 3U, 4U);
  const int skip = GENERATE(0, 1);
  INFO(unit << ", " << inputs << " inputs, skip " << skip);
  CheckGuitarMl(RandomGuitarMl(unit, 20, inputs, 1, 6, skip), inputs);
}

TEST_CASE("Fused recurrent: dense layers before and after, with every activation") {
  const std::string activation = GENERATE("", "tanh", "relu", "sigmoid");
  const std::string type = GENERATE("lstm", "gru");
  INFO(activation << " " << type);
  CheckKeras(RandomKeras({{"dense", 7, activation},
                          {type, 12, "tanh"},
                          {"dense", 33, activation},
                          {"dense", 5, "tanh"},
                          {"dense", 1, activation}},
                         2, 8),
             2);
}

TEST_CASE("Fused recurrent: both kinds in one net") {
  CheckKeras(
      RandomKeras({{"gru", 10, ""}, {"lstm", 18, ""}, {"gru", 5, ""}, {"dense", 1, ""}}, 1, 9));
}

TEST_CASE("Fused recurrent: gains and the skipped input, in their order") {
  json file = RandomCell("lstm", 12, 3);
  file["in_gain"] = -6.0;
  file["out_gain"] = 3.5;
  file["in_skip"] = 1;
  CheckKeras(file);
}

TEST_CASE("Fused recurrent: the largest net is within 1e-6") {
  CheckKeras(RandomCell(GENERATE("lstm", "gru"), 512, 1), 1, 60);
}

TEST_CASE("Fused recurrent: with int16 the error is small, and not that of float32") {
  const std::string unit = GENERATE("LSTM", "GRU");
  const std::size_t hidden = GENERATE(1U, 3U, 8U, 12U, 20U, 40U, 65U);
  const json file = RandomGuitarMl(unit, hidden, 2, 2, 7);
  const auto rows = Rows(2, 2000);
  const double error =
      ErrorAgainst(ReferenceGuitarMl(file, rows, kWarmUpFrames), file, rows, "int16");
  INFO(unit << " " << hidden);
  CHECK(error <= 1e-4);
  CHECK(error > kTolerance);
}

TEST_CASE("Fused recurrent: NAM's LSTM takes int16 as the others do") {
  const std::size_t hidden = GENERATE(3U, 8U, 16U, 24U, 40U, 65U);
  const std::size_t layers = GENERATE(1U, 2U);
  const json file = RandomLstm(hidden, layers, 7);
  const auto rows = Rows(1, 2000);
  const double error = ErrorAgainst(ReferenceLstm(file, rows[0]), file, rows, "int16");
  INFO("LSTM-" << hidden << " x" << layers);
  CHECK(error <= 1e-4);
  CHECK(error > kTolerance);
}

TEST_CASE("Fused recurrent: the output is bit by bit the same, however the signal is cut") {
  const json file =
      GENERATE(RandomGuitarMl("GRU", 40, 3, 2, 3), RandomGuitarMl("LSTM", 9, 3, 1, 4));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const auto loaded = LoadAs(bench, level, file, 3, GENERATE("float32", "int16"));
  const auto rows = Rows(3, 3000);
  const auto whole = PlayRows(*NewState(*loaded), rows, 3000);
  for (const BlockCut& cut : BlockCuts()) {
    INFO(level << ", " << cut.name());
    CHECK((PlayRows(*NewState(*loaded), rows, cut) == whole));
  }
}

TEST_CASE("Fused recurrent: several states together change no bit of what each gives alone") {
  const json file = GENERATE(
      RandomCell("lstm", 40, 3), RandomCell("gru", 40, 4), RandomCell("gru", 8, 5),
      RandomLstm(23, 2, 6), RandomStandardWaveNet(7),
      RandomKeras(
          {{"conv1d", 9, "tanh", 3, 20}, {"prelu", 9, ""}, {"lstm", 5, ""}, {"dense", 1, ""}}, 1,
          8),
      RandomKeras({{"conv1d", 17, "", 4, 3}, {"conv1d", 1, "", 5, 1}}, 1, 9));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const bool in_floats_alone =
      file.value("architecture", "") == "WaveNet" || (file.contains("layers") && !HasCell(file));
  const std::string precision = GENERATE("float32", "int16");
  const auto loaded = LoadAs(bench, level, file, 1, in_floats_alone ? "float32" : precision);
  for (const std::uint32_t count : {1U, 2U, 3U, 4U, 19U}) {
    std::vector<std::unique_ptr<executor::State>> states;
    std::vector<std::vector<float>> in, out, alone;
    for (std::uint32_t i = 0; i < count; ++i) {
      in.push_back(TestSignal(500, i));
      out.emplace_back(in[i].size());
      states.push_back(NewState(*loaded));
      // An odd number of frames: the turns of the states differ.
      const std::vector<float> before(i % 2, 0.5F);
      Play(*states[i], before, 1);
      const auto single = NewState(*loaded);
      Play(*single, before, 1);
      alone.push_back(Play(*single, in[i], 100));
    }
    for (std::size_t done = 0; done < 500; done += 100) {
      std::vector<const float*> from;
      std::vector<float*> to;
      for (std::uint32_t i = 0; i < count; ++i) {
        from.push_back(in[i].data() + done);
        to.push_back(out[i].data() + done);
      }
      std::vector<executor::Block> blocks;
      std::vector<executor::State*> all;
      for (std::uint32_t i = 0; i < count; ++i) {
        blocks.push_back({&from[i], &to[i], nullptr, 100});
        all.push_back(states[i].get());
      }
      REQUIRE(loaded->ProcessTogether(all.data(), blocks.data(), count) ==
              executor::ProcessError::kNone);
    }
    INFO(level << ", " << count << " states");
    CHECK((out == alone));
  }
  CHECK(loaded->states_together() >= 1);
  CHECK(loaded->states_together() <= (file.value("architecture", "") == "WaveNet" ? 1 : 4));
}

}  // namespace
}  // namespace continuo::test
