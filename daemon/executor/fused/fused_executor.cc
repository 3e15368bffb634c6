// SPDX-License-Identifier: Apache-2.0
// Runs .nam files (WaveNet and LSTM) with kernels of our own.
//
// A model holds one copy of the packed weights and one pre-warmed state; each stream
// copies the latter when it begins and when it is reset. The pre-warming is silence
// over the receptive field (WaveNet) or half a second (LSTM), as the format wants it.
// Real time: Process is bounded by its frames, Reset by the state's size; neither
// allocates, locks or calls the system (tests/realtime/fused_realtime_test.cc).
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/lstm.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/wavenet.h"

namespace continuo::executor {
namespace fused {
namespace {

class WaveNetNetwork {
 public:
  struct Memory {
    AlignedFloats floats;
    std::vector<std::uint32_t> positions;
  };

  WaveNetNetwork(WaveNet net, const Kernels& kernels) : net_(std::move(net)), kernels_(kernels) {}
  [[nodiscard]] std::uint32_t warm_up_frames() const { return net_.field_frames + 1; }
  [[nodiscard]] Memory AtRest() const {
    return {AlignedFloats(net_.memory_floats), std::vector<std::uint32_t>(net_.layer_count, 0)};
  }
  void Run(Memory& memory, const float* in, float* out, std::uint32_t frames) const noexcept {
    kernels_.wavenet(net_.plan, memory.floats.data(), memory.positions.data(), in, out, frames);
  }
  static void Copy(const Memory& from, Memory& to) noexcept {
    std::copy_n(from.floats.data(), from.floats.size(), to.floats.data());
    std::copy(from.positions.begin(), from.positions.end(), to.positions.begin());
  }

 private:
  WaveNet net_;
  const Kernels& kernels_;
};

class LstmNetwork {
 public:
  struct Memory {
    AlignedFloats floats;
    std::uint32_t turn = 0;
  };

  LstmNetwork(Lstm net, const Kernels& kernels, std::uint32_t sample_rate_hz)
      : net_(std::move(net)), kernels_(kernels), warm_up_frames_(sample_rate_hz / 2) {}
  [[nodiscard]] std::uint32_t warm_up_frames() const { return warm_up_frames_; }
  [[nodiscard]] Memory AtRest() const {
    Memory memory{AlignedFloats(net_.rest.size())};
    std::copy_n(net_.rest.data(), net_.rest.size(), memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const float* in, float* out, std::uint32_t frames) const noexcept {
    kernels_.lstm(net_.plan, memory.floats.data(), &memory.turn, in, out, frames);
  }
  static void Copy(const Memory& from, Memory& to) noexcept {
    std::copy_n(from.floats.data(), from.floats.size(), to.floats.data());
    to.turn = from.turn;
  }

 private:
  Lstm net_;
  const Kernels& kernels_;
  std::uint32_t warm_up_frames_;
};

template <typename Network>
class FusedState final : public State {
 public:
  FusedState(const Network& network, const typename Network::Memory& warm)
      : network_(network), warm_(warm), memory_(network.AtRest()) {
    Reset();
  }
  ProcessError Process(const Block& block) noexcept override {
    network_.Run(memory_, block.in[0], block.out[0], block.frames);
    return ProcessError::kNone;
  }
  void Reset() noexcept override { Network::Copy(warm_, memory_); }

 private:
  const Network& network_;
  const typename Network::Memory& warm_;
  typename Network::Memory memory_;
};

template <typename Network>
class FusedModel final : public Model {
 public:
  FusedModel(Network network, const Description& description)
      : network_(std::move(network)), description_(description), warm_(network_.AtRest()) {
    description_.real_time_safe = true;
    constexpr std::uint32_t kFrames = 1024;
    const std::vector<float> silence(kFrames, 0.0F);
    std::vector<float> unheard(kFrames);
    for (std::uint32_t left = network_.warm_up_frames(); left > 0;) {
      const std::uint32_t now = std::min(left, kFrames);
      network_.Run(warm_, silence.data(), unheard.data(), now);
      left -= now;
    }
  }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    return std::make_unique<FusedState<Network>>(network_, warm_);
  }

 private:
  const Network network_;
  Description description_;
  typename Network::Memory warm_;
};

absl::Status Expect(const char* field, std::uint64_t found, std::uint64_t expected) {
  if (found == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": is ", found, ", expected ", expected, " for a .nam file"));
}

// What the manifest states must be what the file is.
absl::Status CheckManifest(const LoadRequest& request, const NamFile& file) {
  absl::Status status = Expect("audio.input_channels", request.description.input_channels, 1);
  status.Update(Expect("audio.output_channels", request.description.output_channels, 1));
  status.Update(Expect("audio.latency_frames", request.description.latency_frames, 0));
  status.Update(Expect("parameters", request.parameter_ids.size(), 0));
  if (file.states_sample_rate) {
    status.Update(
        Expect("sample_rate_hz", request.description.sample_rate_hz, file.sample_rate_hz));
  }
  return status;
}

absl::StatusOr<std::unique_ptr<Model>> LoadNam(const LoadRequest& request, const Kernels& kernels) {
  const auto file = ReadNamFile(request.weights_path);
  if (!file.ok()) return file.status();
  if (auto status = CheckManifest(request, *file); !status.ok()) return status;
  if (file->architecture == "WaveNet") {
    auto net = MakeWaveNet(*file);
    if (!net.ok()) return net.status();
    return std::make_unique<FusedModel<WaveNetNetwork>>(WaveNetNetwork(*std::move(net), kernels),
                                                        request.description);
  }
  if (file->architecture == "LSTM") {
    auto net = MakeLstm(*file, kernels.lanes);
    if (!net.ok()) return net.status();
    return std::make_unique<FusedModel<LstmNetwork>>(
        LstmNetwork(*std::move(net), kernels, file->sample_rate_hz), request.description);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("architecture: is ", file->architecture, ", expected WaveNet or LSTM"));
}

class FusedExecutor final : public Executor {
 public:
  absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) override {
    const auto kernels = ChooseKernels();
    if (!kernels.ok()) return kernels.status();
    auto model = LoadNam(request, **kernels);
    if (model.ok()) return model;
    return absl::Status(model.status().code(),
                        absl::StrCat(request.weights_path, ": ", model.status().message()));
  }
};

}  // namespace
}  // namespace fused
}  // namespace continuo::executor

extern "C" __attribute__((visibility("default")))
const continuo::executor::ExecutorModule continuo_executor;
const continuo::executor::ExecutorModule continuo_executor = {
    continuo::executor::kInterfaceVersion, "fused",
    []() -> continuo::executor::Executor* { return new continuo::executor::fused::FusedExecutor; }};
