// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/network.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

#include "daemon/base/clock.h"

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

// Of the counts up to what the network works on at once the one that takes the least time each, if
// that is worth a change: measured, as it depends on the net's shape and on the processor.
std::uint32_t StatesTogether(const Network& network, const Memory& rest, std::uint32_t parameters) {
  constexpr std::uint32_t kFrames = 16;
  constexpr int kTrials = 48;
  constexpr std::uint64_t kTooLongNs = 100'000;  // such a net keeps the processor busy by itself
  constexpr double kWorthIt = 0.95;
  const std::uint32_t most = network.most_together();
  if (most == 1) return 1;
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> level(-0.1F, 0.1F);
  std::vector<float> sound(kFrames), unheard(kFrames);
  for (float& sample : sound) sample = level(random);
  const float* const in = sound.data();
  float* const out = unheard.data();
  const std::vector<const float*> held(parameters, in);
  const std::vector<Block> blocks(most, {&in, &out, held.data(), kFrames});
  std::vector<Memory> memories;
  std::vector<Memory*> states;
  for (std::uint32_t i = 0; i < most; ++i) memories.push_back(network.AtStart());
  for (Memory& memory : memories) {
    Copy(rest, memory);
    states.push_back(&memory);
  }
  std::vector<std::uint64_t> least_ns(most + 1, std::numeric_limits<std::uint64_t>::max());
  for (int trial = 0; trial < kTrials; ++trial) {
    if (trial == 2 && least_ns[1] > kTooLongNs) return 1;
    for (std::uint32_t count = 1; count <= most; ++count) {
      const std::uint64_t start_ns = base::MonotonicNs();
      network.RunTogether(states.data(), blocks.data(), count);
      least_ns[count] = std::min(least_ns[count], base::MonotonicNs() - start_ns);
    }
  }
  const auto each = [&](std::uint32_t count) {
    return static_cast<double>(least_ns[count]) / count;
  };
  std::uint32_t best = 1;
  for (std::uint32_t count = 2; count <= most; ++count) {
    if (each(count) < kWorthIt * each(best)) best = count;
  }
  return best;
}

class FusedModel final : public Model {
 public:
  FusedModel(std::unique_ptr<const Network> network, const LoadRequest& request)
      : network_(std::move(network)),
        description_(request.description),
        rest_(AtRest(*network_, static_cast<std::uint32_t>(request.parameter_ids.size()))),
        together_(StatesTogether(*network_, rest_,
                                 static_cast<std::uint32_t>(request.parameter_ids.size()))) {
    description_.real_time_safe = true;
  }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    return std::make_unique<FusedState>(*network_, rest_);
  }
  [[nodiscard]] std::uint32_t states_together() const override { return together_; }
  ProcessError ProcessTogether(State* const* states, const Block* blocks,
                               std::uint32_t count) noexcept override {
    Memory* memories[kMaxStatesTogether];
    for (std::uint32_t done = 0; done < count; done += kMaxStatesTogether) {
      const std::uint32_t now = std::min(kMaxStatesTogether, count - done);
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
  const std::uint32_t together_;
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
