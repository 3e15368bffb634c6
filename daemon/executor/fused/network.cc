// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/network.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

namespace continuo::executor::fused {
namespace {

class FusedState final : public State {
 public:
  FusedState(const Network& network, const Memory& rest)
      : network_(network), rest_(rest), memory_(network.AtStart()) {
    Reset();
  }
  ProcessError Process(const Block& block) noexcept override {
    network_.Run(memory_, block);
    return ProcessError::kNone;
  }
  void Reset() noexcept override { Copy(rest_, memory_); }
  [[nodiscard]] Memory& memory() noexcept { return memory_; }

 private:
  const Network& network_;
  const Memory& rest_;
  Memory memory_;
};

class FusedModel final : public Model {
 public:
  FusedModel(std::unique_ptr<const Network> network, const LoadRequest& request)
      : network_(std::move(network)),
        description_(request.description),
        rest_(AtRest(*network_, static_cast<std::uint32_t>(request.parameter_ids.size()))) {
    description_.real_time_safe = true;
  }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    return std::make_unique<FusedState>(*network_, rest_);
  }
  ProcessError ProcessTogether(State* const* states, const Block* blocks,
                               std::uint32_t count) noexcept override {
    constexpr std::uint32_t kAtOnce = 16;
    Memory* memories[kAtOnce];
    for (std::uint32_t done = 0; done < count; done += kAtOnce) {
      const std::uint32_t now = std::min(kAtOnce, count - done);
      for (std::uint32_t i = 0; i < now; ++i) {
        memories[i] = &static_cast<FusedState*>(states[done + i])->memory();
      }
      network_->RunTogether(memories, blocks + done, now);
    }
    return ProcessError::kNone;
  }

 private:
  const std::unique_ptr<const Network> network_;
  Description description_;
  const Memory rest_;
};

absl::Status Expect(const char* format, const char* field, std::uint64_t found,
                    std::uint64_t expected) {
  if (found == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": is ", found, ", expected ", expected, " for ", format));
}

}  // namespace

void Copy(const Memory& from, Memory& to) noexcept {
  std::copy_n(from.floats.data(), from.floats.size(), to.floats.data());
  std::copy(from.words.begin(), from.words.end(), to.words.begin());
  for (std::size_t i = 0; i < from.parts.size(); ++i) Copy(from.parts[i], to.parts[i]);
}

Memory AtRest(const Network& network, std::uint32_t parameters, std::uint32_t outputs) {
  constexpr std::uint32_t kFrames = 1024;
  const std::vector<float> silence(kFrames, 0.0F);
  std::vector<float> unheard(kFrames);
  const float* const in = silence.data();
  const std::vector<const float*> held(parameters, in);
  const std::vector<float*> out(outputs, unheard.data());
  Memory memory = network.AtStart();
  for (std::uint32_t left = network.warm_up_frames(); left > 0;) {
    const std::uint32_t now = std::min(left, kFrames);
    network.Run(memory, {&in, out.data(), held.data(), now});
    left -= now;
  }
  return memory;
}

std::unique_ptr<Model> MakeModel(std::unique_ptr<const Network> network,
                                 const LoadRequest& request) {
  return std::make_unique<FusedModel>(std::move(network), request);
}

absl::Status CheckManifest(const LoadRequest& request, const FileFacts& facts) {
  const Description& stated = request.description;
  absl::Status status = Expect(facts.format, "audio.input_channels", stated.input_channels, 1);
  status.Update(Expect(facts.format, "audio.output_channels", stated.output_channels, 1));
  status.Update(Expect(facts.format, "audio.latency_frames", stated.latency_frames, 0));
  if (facts.sample_rate_hz != 0) {
    status.Update(
        Expect(facts.format, "sample_rate_hz", stated.sample_rate_hz, facts.sample_rate_hz));
  }
  if (status.ok() && request.parameter_ids != facts.parameter_ids) {
    status = absl::InvalidArgumentError(absl::StrCat(
        "parameters: are [", absl::StrJoin(request.parameter_ids, ", "), "], expected [",
        absl::StrJoin(facts.parameter_ids, ", "), "] for ", facts.format));
  }
  return status;
}

}  // namespace continuo::executor::fused
