// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "daemon/executor/fused/nam_network.h"
#include "daemon/executor/fused/program.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kLeastWarmFrames = 1024, kMostWarmFrames = 16384, kFadeFrames = 1024;

enum Word : std::uint8_t { kPlaying, kLeaving, kChangeFramesLeft, kBegun, kWords };

class ContainerNetwork final : public Network {
 public:
  explicit ContainerNetwork(std::vector<ContainerPart> parts) : parts_(std::move(parts)) {
    for (const ContainerPart& part : parts_) rest_.push_back(AtRest(*part.network));
  }
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }  // done above
  [[nodiscard]] std::uint32_t tail_frames() const override {
    std::uint32_t longest = 0;
    for (const auto& part : parts_) longest = std::max(longest, part.network->tail_frames());
    return longest;
  }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{AlignedFloats(kTileFrames), std::vector<std::uint32_t>(kWords, 0), {}};
    memory.words[kPlaying] = static_cast<std::uint32_t>(parts_.size() - 1);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      memory.parts.push_back(parts_[i].network->AtStart());
      Copy(rest_[i], memory.parts.back());
    }
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    const float* const quality = block.parameters == nullptr ? nullptr : block.parameters[0];
    // All are at rest at the start: there is none to leave.
    if (quality != nullptr && block.frames > 0 && std::exchange(memory.words[kBegun], 1U) == 0) {
      memory.words[kPlaying] = Choose(quality[0]);
    }
    for (std::uint32_t done = 0; done < block.frames;) {
      const std::uint32_t left = block.frames - done;
      const float* const in = block.in[0] + done;
      float* const out = block.out[0] + done;
      if (memory.words[kChangeFramesLeft] == 0 && quality != nullptr) {
        BeginChange(memory, Choose(quality[done]));
      }
      if (memory.words[kChangeFramesLeft] > 0) {
        const std::uint32_t n = std::min({left, memory.words[kChangeFramesLeft], kTileFrames});
        Change(memory, in, out, n);
        done += n;
        continue;
      }
      std::uint32_t n = quality == nullptr ? left : 1;
      while (n < left && Choose(quality[done + n]) == memory.words[kPlaying]) ++n;
      RunPart(memory, memory.words[kPlaying], in, out, n);
      done += n;
    }
  }

 private:
  [[nodiscard]] std::uint32_t Choose(float quality) const noexcept {
    std::uint32_t part = 0;
    while (part + 1 < parts_.size() && !(quality < parts_[part].maximum)) ++part;
    return part;
  }
  void BeginChange(Memory& memory, std::uint32_t to) const noexcept {
    if (to == memory.words[kPlaying]) return;
    memory.words[kLeaving] = memory.words[kPlaying];
    memory.words[kPlaying] = to;
    // Until its past is of the signal, as far as it looks back.
    memory.words[kChangeFramesLeft] =
        std::clamp(parts_[to].network->tail_frames(), kLeastWarmFrames, kMostWarmFrames) +
        kFadeFrames;
    Copy(rest_[to], memory.parts[to]);
  }
  // A tile at most.
  void Change(Memory& memory, const float* in, float* out, std::uint32_t frames) const noexcept {
    float* const other = memory.floats.data();
    RunPart(memory, memory.words[kLeaving], in, other, frames);
    RunPart(memory, memory.words[kPlaying], in, out, frames);
    for (std::uint32_t i = 0; i < frames; ++i) {
      const std::uint32_t left = --memory.words[kChangeFramesLeft];
      const float gain = static_cast<float>(std::min(left, kFadeFrames)) / kFadeFrames;
      out[i] += gain * (other[i] - out[i]);
    }
  }
  void RunPart(Memory& memory, std::uint32_t part, const float* in, float* out,
               std::uint32_t frames) const noexcept {
    parts_[part].network->Run(memory.parts[part], {&in, &out, nullptr, frames});
  }

  const std::vector<ContainerPart> parts_;
  std::vector<Memory> rest_;
};

}  // namespace

std::unique_ptr<Network> MakeContainer(std::vector<ContainerPart> parts) {
  return std::make_unique<ContainerNetwork>(std::move(parts));
}

}  // namespace continuo::executor::fused
