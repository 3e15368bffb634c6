// SPDX-License-Identifier: Apache-2.0
// Nets of LSTM, GRU and dense layers against the same in double precision, with every
// instruction set that this processor has; and the states of a pair against each alone.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/fused_bench.h"
#include "tests/unit/recurrent_reference.h"

namespace continuo::test {
namespace {

constexpr double kTolerance = 1e-6;      // of full scale: of 1, or of the largest sample
constexpr std::uint32_t kRateHz = 2000;  // whatever the file: half a second is run in first
constexpr std::size_t kWarmUpFrames = kRateHz / 2;

executor::LoadRequest WithKnobs(std::size_t inputs) {
  executor::LoadRequest request;
  request.description.sample_rate_hz = kRateHz;
  for (std::size_t i = 1; i < inputs; ++i) {
    request.parameter_ids.push_back("knob_" + std::to_string(i));
  }
  return request;
}

// The signal, then knobs that move.
std::vector<std::vector<float>> Rows(std::size_t inputs, std::size_t frames) {
  std::vector<std::vector<float>> rows = {TestSignal(frames, 11)};
  for (std::size_t i = 1; i < inputs; ++i) {
    rows.emplace_back();
    for (std::size_t t = 0; t < frames; ++t) {
      rows.back().push_back(0.5F + 0.5F * std::sin(0.003F * static_cast<float>(i * t)));
    }
  }
  return rows;
}

std::vector<float> PlayRows(executor::State& state, const std::vector<std::vector<float>>& rows,
                            BlockCut cut) {
  std::vector<float> out(rows[0].size());
  for (std::size_t done = 0; done < out.size();) {
    std::vector<const float*> from;
    for (const auto& row : rows) from.push_back(row.data() + done);
    float* to = out.data() + done;
    const auto frames = static_cast<std::uint32_t>(cut.Next(out.size() - done));
    REQUIRE(state.Process({from.data(), &to, from.data() + 1, frames}) ==
            executor::ProcessError::kNone);
    done += frames;
  }
  return out;
}

std::unique_ptr<executor::Model> LoadAs(FusedBench& bench, const std::string& level,
                                        const json& file, std::size_t inputs,
                                        const std::string& precision = "float32") {
  const ScopedEnvironment forced("CONTINUO_SIMD", level);
  auto request = WithKnobs(inputs);
  request.options["precision"] = precision;
  if (file.contains("sample_rate")) request.description.sample_rate_hz = file["sample_rate"];
  auto loaded = bench.Load(file.dump(), request);
  INFO(loaded.status().ToString());
  REQUIRE(loaded.ok());
  return *std::move(loaded);
}

// The largest difference over all instruction sets, of full scale.
double ErrorAgainst(const Doubles& expected, const json& file,
                    const std::vector<std::vector<float>>& rows, const std::string& precision) {
  double full_scale = 1;
  for (const double sample : expected) full_scale = std::max(full_scale, std::abs(sample));
  FusedBench bench;
  double largest = 0;
  for (const std::string& level : SimdLevels()) {
    const auto loaded = LoadAs(bench, level, file, rows.size(), precision);
    const auto out = PlayRows(*NewState(*loaded), rows, 256);
    for (std::size_t i = 0; i < out.size(); ++i) {
      largest = std::max(largest, std::abs(out[i] - expected[i]));
    }
  }
  return largest / full_scale;
}

void CheckAgainst(const Doubles& expected, const json& file,
                  const std::vector<std::vector<float>>& rows) {
  CHECK(ErrorAgainst(expected, file, rows, "float32") <= kTolerance);
}

void CheckKeras(const json& file, std::size_t inputs = 1, std::size_t frames = 1200) {
  const auto rows = Rows(inputs, frames);
  CheckAgainst(ReferenceKeras(file, rows, kWarmUpFrames), file, rows);
}

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
  const json file =
      GENERATE(RandomCell("lstm", 40, 3), RandomCell("gru", 40, 4), RandomCell("gru", 8, 5),
               RandomLstm(23, 2, 6), RandomStandardWaveNet(7));
  const std::string level = GENERATE(from_range(SimdLevels()));
  FusedBench bench;
  const bool is_wavenet = file.value("architecture", "") == "WaveNet";
  const std::string precision = GENERATE("float32", "int16");
  const auto loaded = LoadAs(bench, level, file, 1, is_wavenet ? "float32" : precision);
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
}

}  // namespace
}  // namespace continuo::test
