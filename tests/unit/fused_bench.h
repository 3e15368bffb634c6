// SPDX-License-Identifier: Apache-2.0
// A .nam model in the fused executor, opened as the runner opens it.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/module.h"
#include "tests/unit/block_cut.h"
#include "tests/unit/nam_reference.h"
#include "tests/unit/scoped_environment.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {

inline std::vector<std::string> SimdLevels() {
  std::vector<std::string> names;
  for (const auto* kernels : executor::fused::AvailableKernels()) names.emplace_back(kernels->name);
  return names;
}

class FusedBench {
 public:
  FusedBench() {
    auto opened = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
    INFO(opened.status().ToString());
    REQUIRE(opened.ok());
    executor_ = *std::move(opened);
  }
  absl::StatusOr<std::unique_ptr<executor::Model>> Load(const std::string& text,
                                                        const executor::LoadRequest& request = {}) {
    WriteFile(directory_ / "model.nam", text);
    executor::LoadRequest full = request;
    full.weights_path = directory_ / "model.nam";
    if (full.description.sample_rate_hz == 0) full.description.sample_rate_hz = 48000;
    return executor_->Load(full);
  }
  absl::StatusOr<std::vector<executor::Inspection>> Inspect(const std::string& text) {
    WriteFile(directory_ / "model.nam", text);
    return executor_->Inspect(directory_ / "model.nam");
  }
  // With the kernels of `level`.
  std::unique_ptr<executor::Model> LoadWith(const std::string& level, const json& model) {
    const ScopedEnvironment forced("CONTINUO_SIMD", level);
    auto loaded = Load(model.dump());
    INFO(loaded.status().ToString());
    REQUIRE(loaded.ok());
    return *std::move(loaded);
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<executor::Executor> executor_;
};

inline std::unique_ptr<executor::State> NewState(executor::Model& model) {
  auto state = model.CreateState();
  REQUIRE(state.ok());
  return *std::move(state);
}

inline std::vector<float> Play(executor::State& state, const std::vector<float>& in, BlockCut cut) {
  std::vector<float> out(in.size());
  for (std::size_t done = 0; done < in.size();) {
    const float* from = in.data() + done;
    float* to = out.data() + done;
    const auto frames = static_cast<std::uint32_t>(cut.Next(in.size() - done));
    REQUIRE(state.Process({&from, &to, nullptr, frames}) == executor::ProcessError::kNone);
    done += frames;
  }
  return out;
}

}  // namespace continuo::test
