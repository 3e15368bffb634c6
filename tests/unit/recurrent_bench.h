// SPDX-License-Identifier: Apache-2.0
// Nets of GuitarML's and RTNeural's files, played with every instruction set that this
// processor has and held against double precision.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/fused_bench.h"
#include "tests/unit/keras_reference.h"

namespace continuo::test {

inline constexpr double kTolerance = 1e-6;      // of full scale: of 1, or of the largest sample
inline constexpr std::uint32_t kRateHz = 2000;  // whatever the file: half a second is run in first
inline constexpr std::size_t kWarmUpFrames = kRateHz / 2;

inline executor::LoadRequest WithKnobs(std::size_t inputs) {
  executor::LoadRequest request;
  request.description.sample_rate_hz = kRateHz;
  for (std::size_t i = 1; i < inputs; ++i) {
    request.parameter_ids.push_back("knob_" + std::to_string(i));
  }
  return request;
}

// The signal, then knobs that move.
inline std::vector<std::vector<float>> Rows(std::size_t inputs, std::size_t frames) {
  std::vector<std::vector<float>> rows = {TestSignal(frames, 11)};
  for (std::size_t i = 1; i < inputs; ++i) {
    rows.emplace_back();
    for (std::size_t t = 0; t < frames; ++t) {
      rows.back().push_back(0.5F + 0.5F * std::sin(0.003F * static_cast<float>(i * t)));
    }
  }
  return rows;
}

inline std::vector<float> PlayRows(executor::State& state,
                                   const std::vector<std::vector<float>>& rows, BlockCut cut) {
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

inline std::unique_ptr<executor::Model> LoadAs(FusedBench& bench, const std::string& level,
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
inline double ErrorAgainst(const Doubles& expected, const json& file,
                           const std::vector<std::vector<float>>& rows,
                           const std::string& precision) {
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

inline void CheckAgainst(const Doubles& expected, const json& file,
                         const std::vector<std::vector<float>>& rows) {
  CHECK(ErrorAgainst(expected, file, rows, "float32") <= kTolerance);
}

// Before the first frame: until the convolutions have settled, and then the hidden values.
inline std::size_t SilentFrames(const json& file) {
  return PastOf(file) + (HasCell(file) ? kWarmUpFrames : 0);
}

inline void CheckKeras(const json& file, std::size_t inputs = 1, std::size_t frames = 1200) {
  const auto rows = Rows(inputs, frames);
  CheckAgainst(ReferenceKeras(file, rows, SilentFrames(file)), file, rows);
}

}  // namespace continuo::test
