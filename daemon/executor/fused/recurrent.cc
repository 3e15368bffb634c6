// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/recurrent.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "daemon/executor/fused/recurrent_pack.h"

namespace continuo::executor::fused {
namespace {

class RecurrentNetwork final : public Network {
 public:
  RecurrentNetwork(PackedRecurrent net, const Kernels& kernels, std::uint32_t warm_up_frames)
      : net_(std::move(net)), kernels_(kernels), warm_up_frames_(warm_up_frames) {}
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return warm_up_frames_; }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{
        AlignedFloats(net_.start.size()), std::vector<std::uint32_t>(1 + net_.plan.ring_count), {}};
    std::copy_n(net_.start.data(), net_.start.size(), memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    const RecurrentRun run = RunOf(memory, block);
    kernels_.recurrent(net_.plan, &run, 1, block.frames);
  }
  [[nodiscard]] std::uint32_t most_together() const override { return kAtOnce; }
  void RunTogether(Memory* const* memories, const Block* blocks,
                   std::uint32_t count) const noexcept override {
    for (std::uint32_t i = 0; i < count; i += kAtOnce) {
      const std::uint32_t now = std::min(kAtOnce, count - i);
      RecurrentRun runs[kAtOnce] = {};
      for (std::uint32_t k = 0; k < now; ++k) runs[k] = RunOf(*memories[i + k], blocks[i + k]);
      kernels_.recurrent(net_.plan, runs, now, blocks[i].frames);
    }
  }

 private:
  static constexpr std::uint32_t kAtOnce = 4;

  static RecurrentRun RunOf(Memory& memory, const Block& block) noexcept {
    std::uint32_t* const words = memory.words.data();
    return {memory.floats.data(), words, words + 1, block.in[0], block.parameters, block.out[0]};
  }

  const PackedRecurrent net_;
  const Kernels& kernels_;
  const std::uint32_t warm_up_frames_;
};

}  // namespace

std::uint64_t RecurrentNet::WeightCount() const {
  std::uint64_t count = 0;
  for (const NetLayer& layer : layers) {
    count += layer.input_weights.size() + layer.hidden_weights.size() + layer.bias.size() +
             layer.hidden_bias.size() + layer.slopes.size();
  }
  return count;
}

bool RecurrentNet::HasHidden() const {
  return std::any_of(layers.begin(), layers.end(),
                     [](const NetLayer& layer) { return fused::HasHidden(layer.kind); });
}

std::uint32_t RecurrentNet::PastFrames() const {
  std::uint32_t frames = 0;
  for (const NetLayer& layer : layers) frames += (layer.taps - 1) * layer.dilation;
  return frames;
}

std::string RecurrentNet::Name() const {
  std::string name, last;
  std::uint32_t alike = 0;  // convolutions, of which a net may have many
  const auto say_alike = [&] {
    if (alike > 1) absl::StrAppend(&name, " x ", alike);
    alike = 0;
  };
  for (const NetLayer& layer : layers) {
    const bool convolves = layer.kind == LayerKind::kConvolution;
    if (!convolves && !fused::HasHidden(layer.kind)) continue;
    const std::string now = absl::StrCat(convolves                        ? "Conv-"
                                         : layer.kind == LayerKind::kLstm ? "LSTM-"
                                                                          : "GRU-",
                                         layer.outputs);
    if (!convolves || now != last) {
      say_alike();
      absl::StrAppend(&name, name.empty() ? "" : " + ", now);
    }
    if (convolves) ++alike;
    last = now;
  }
  say_alike();
  return name.empty() ? "Dense" : name;
}

std::unique_ptr<Network> MakeRecurrent(const RecurrentNet& net, const Kernels& kernels,
                                       std::uint32_t warm_up_frames, Precision precision) {
  return std::make_unique<RecurrentNetwork>(PackRecurrent(net, kernels.lanes, precision), kernels,
                                            warm_up_frames);
}

absl::StatusOr<Precision> PrecisionOf(const LoadRequest& request) {
  const auto found = request.options.find("precision");
  if (found == request.options.end() || found->second == "float32") return Precision::kFloat32;
  if (found->second == "int16") return Precision::kInt16;
  return absl::InvalidArgumentError(
      absl::StrCat("options.precision: is ", found->second, ", expected float32 or int16"));
}

std::vector<float> RunFromStart(const Network& network, const std::vector<float>& in,
                                std::uint32_t parameters) {
  std::vector<float> out(in.size());
  const std::vector<float> zeros(in.size());
  const std::vector<const float*> held(parameters, zeros.data());
  const float* const from = in.data();
  float* const to = out.data();
  Memory memory = network.AtStart();
  network.Run(memory, {&from, &to, held.data(), static_cast<std::uint32_t>(in.size())});
  return out;
}

}  // namespace continuo::executor::fused
