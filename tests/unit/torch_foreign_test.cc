// SPDX-License-Identifier: Apache-2.0
// Modules made for nn~ in the torch executor: when their attributes are set.
#include <torch/script.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/module.h"
#include "tests/unit/block_cut.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

// Multiplies by `gain`, but where it is off.
void SaveModule(const std::string& path) {
  torch::jit::Module module("Gain");
  module.register_buffer("forward_params", torch::tensor({1, 1, 1, 1}));
  module.register_buffer("gain_params", torch::tensor({2}));
  module.register_buffer("on_params", torch::tensor({0}));
  module.register_attribute("gain", c10::FloatType::get(), 1.0);
  module.register_attribute("on", c10::BoolType::get(), true);
  module.define(R"(
def forward(self, x):
    y = x
    if self.on:
        y = x * self.gain
    return y
def get_gain(self) -> float:
    return self.gain
def set_gain(self, v: float) -> int:
    self.gain = v
    return 0
def get_on(self) -> bool:
    return self.on
def set_on(self, v: bool) -> int:
    self.on = v
    return 0
)");
  module.save(path);
}

class GainModule {
 public:
  GainModule() {
    SaveModule(directory_ / "gain.pt");
    auto opened = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "torch");
    INFO(opened.status().ToString());
    REQUIRE(opened.ok());
    executor_ = *std::move(opened);
    executor::LoadRequest request;
    request.weights_path = directory_ / "gain.pt";
    request.options["method"] = "forward";
    request.parameter_ids = {"gain", "on"};
    request.description.sample_rate_hz = 48000;
    request.description.input_channels = request.description.output_channels = 1;
    auto loaded = executor_->Load(request);
    INFO(loaded.status().ToString());
    REQUIRE(loaded.ok());
    model_ = *std::move(loaded);
  }
  [[nodiscard]] std::vector<float> Play(const std::vector<float>& in,
                                        const std::vector<float>& gain,
                                        const std::vector<float>& on, BlockCut cut) const {
    auto state = model_->CreateState();
    REQUIRE(state.ok());
    std::vector<float> out(in.size());
    for (std::size_t done = 0; done < in.size();) {
      const auto frames = static_cast<std::uint32_t>(cut.Next(in.size() - done));
      const float* const from = in.data() + done;
      const float* const parameters[] = {gain.data() + done, on.data() + done};
      float* const to = out.data() + done;
      REQUIRE((*state)->Process({&from, &to, parameters, frames}) == executor::ProcessError::kNone);
      done += frames;
    }
    return out;
  }
  executor::Executor& executor() { return *executor_; }
  [[nodiscard]] std::string path() const { return directory_ / "gain.pt"; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<executor::Executor> executor_;
  std::unique_ptr<executor::Model> model_;
};

TEST_CASE("Torch: an attribute that jumps does so at its frame, however the signal is cut") {
  const GainModule module;
  const std::vector<float> in(2000, 0.5F);
  std::vector<float> gain(in.size(), 1.0F), on(in.size(), 1.0F);
  std::fill(gain.begin() + 200, gain.end(), 0.25F);
  std::fill(on.begin() + 777, on.begin() + 901, 0.0F);
  std::vector<float> expected(in.size());
  for (std::size_t t = 0; t < in.size(); ++t) expected[t] = on[t] > 0 ? 0.5F * gain[t] : 0.5F;
  for (const BlockCut& cut : BlockCuts()) {
    INFO(cut.name());
    CHECK((module.Play(in, gain, on, cut) == expected));
  }
}

TEST_CASE("Torch: an attribute that glides has one value a block") {
  const GainModule module;
  const std::vector<float> in(1024, 1.0F), on(in.size(), 1.0F);
  std::vector<float> gain(in.size());
  for (std::size_t t = 0; t < in.size(); ++t) gain[t] = static_cast<float>(t) / 1024.0F;
  const auto out = module.Play(in, gain, on, 256);
  for (std::size_t t = 0; t < in.size(); ++t) REQUIRE(out[t] == gain[t / 256 * 256 + 255]);
}

TEST_CASE("Torch: a value that jumps in every other frame ends the block all the same") {
  const GainModule module;
  const std::vector<float> in(512, 1.0F), gain(in.size(), 0.5F);
  std::vector<float> on(in.size());
  for (std::size_t t = 0; t < in.size(); ++t) on[t] = t / 2 % 2 == 0 ? 1.0F : 0.0F;
  const auto out = module.Play(in, gain, on, 512);
  CHECK(out[0] == 0.5F);
  CHECK(out[2] == 1.0F);  // the first jumps are in time
  for (const float sample : out) REQUIRE((sample == 0.5F || sample == 1.0F));
}

TEST_CASE("Torch: switches are found to have nothing between their values") {
  GainModule module;
  const auto found = module.executor().Inspect(module.path());
  INFO(found.status().ToString());
  REQUIRE(found.ok());
  REQUIRE(found->front().parameters.size() == 2);
  CHECK(found->front().parameters[0].id == "gain");
  CHECK_FALSE(found->front().parameters[0].whole);
  CHECK(found->front().parameters[1].id == "on");
  CHECK(found->front().parameters[1].whole);
}

}  // namespace
}  // namespace continuo::test
