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
    Memory memory{AlignedFloats(net_.start.size()), {0}, {}};
    std::copy_n(net_.start.data(), net_.start.size(), memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    const RecurrentRun run = RunOf(memory, block);
    kernels_.recurrent(net_.plan, &run, 1, block.frames);
  }
  void RunTogether(Memory* const* memories, const Block* blocks,
                   std::uint32_t count) const noexcept override {
    constexpr std::uint32_t kPair = 2;
    for (std::uint32_t i = 0; i < count; i += kPair) {
      const std::uint32_t now = std::min(kPair, count - i);
      RecurrentRun runs[kPair] = {};
      for (std::uint32_t k = 0; k < now; ++k) runs[k] = RunOf(*memories[i + k], blocks[i + k]);
      kernels_.recurrent(net_.plan, runs, now, blocks[i].frames);
    }
  }

 private:
  static RecurrentRun RunOf(Memory& memory, const Block& block) noexcept {
    return {memory.floats.data(), memory.words.data(), block.in[0], block.parameters, block.out[0]};
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
             layer.hidden_bias.size();
  }
  return count;
}

std::string RecurrentNet::Name() const {
  std::string name;
  for (const NetLayer& layer : layers) {
    if (layer.kind == LayerKind::kDense) continue;
    absl::StrAppend(&name, name.empty() ? "" : " + ",
                    layer.kind == LayerKind::kLstm ? "LSTM-" : "GRU-", layer.outputs);
  }
  return name;
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
