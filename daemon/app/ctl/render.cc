// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/render.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <vector>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/progress.h"

namespace continuo::ctl {
namespace {

// One block, interleaved as files have it and planar as streams have it.
class Block {
 public:
  Block(std::uint32_t frames, std::uint32_t channels)
      : channels_(channels),
        interleaved_(std::size_t{frames} * channels),
        planar_(std::size_t{frames} * channels),
        rows_(channels) {
    for (std::uint32_t c = 0; c < channels; ++c)
      rows_[c] = planar_.data() + std::size_t{frames} * c;
  }

  [[nodiscard]] float* interleaved() { return interleaved_.data(); }
  [[nodiscard]] float* const* rows() { return rows_.data(); }

  void Split(std::uint32_t frames) {
    for (std::uint32_t c = 0; c < channels_; ++c) {
      for (std::uint32_t i = 0; i < frames; ++i) rows_[c][i] = interleaved_[i * channels_ + c];
    }
  }
  void Join(std::uint32_t frames) {
    for (std::uint32_t c = 0; c < channels_; ++c) {
      for (std::uint32_t i = 0; i < frames; ++i) interleaved_[i * channels_ + c] = rows_[c][i];
    }
  }

 private:
  const std::uint32_t channels_;
  std::vector<float> interleaved_;
  std::vector<float> planar_;
  std::vector<float*> rows_;
};

// The input, then silence. Gives how many samples were not finite.
std::uint64_t Fill(AudioInput& input, std::uint64_t position, std::uint32_t frames, Block& block) {
  const std::uint64_t left = position < input.frames() ? input.frames() - position : 0;
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(frames, left));
  float* const samples = block.interleaved();
  if (count > 0) input.Read(samples, count);
  std::fill(samples + std::size_t{count} * input.channels(),
            samples + std::size_t{frames} * input.channels(), 0.0F);
  std::uint64_t replaced = 0;
  for (std::size_t i = 0; i < std::size_t{count} * input.channels(); ++i) {
    if (std::isfinite(samples[i])) continue;
    samples[i] = 0;
    ++replaced;
  }
  block.Split(frames);
  return replaced;
}

// Asks the stream a few times a second: asking is not for every block.
class Watch {
 public:
  Watch(const client::Stream& stream, bool allow_dry)
      : stream_(stream), allow_dry_(allow_dry), runner_pid_(stream.snapshot().runner_pid) {}

  void Look(RenderResult& result) {
    if (std::chrono::steady_clock::now() < next_) return;
    LookNow(result);
  }
  void LookNow(RenderResult& result) {
    next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
    const client::Snapshot snapshot = stream_.snapshot();
    result.missed_blocks = snapshot.blocks - snapshot.wet_blocks;
    result.restarted =
        snapshot.runner_pid != runner_pid_ || snapshot.latency_frames != result.latency_frames;
    if (result.missed_blocks == 0 || result.restarted || allow_dry_) return;
    throw Failed(fmt::format(
        "the model gave no result for {} blocks ({}); nothing was written; see continuoctl status, "
        "or give --allow-dry to keep the dry sound there",
        result.missed_blocks, snapshot.words));
  }

 private:
  const client::Stream& stream_;
  const bool allow_dry_;
  const std::int32_t runner_pid_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace

RenderResult Render(AudioInput& input, client::Stream& stream, AudioOutput& output,
                    const RenderPlan& plan) {
  Watch watch(stream, plan.allow_dry);
  RenderResult result;
  const std::uint64_t length = input.frames() + plan.tail_frames;
  std::uint64_t end = length;
  client::BlockContext context;
  context.offline = true;
  context.wet_gain = plan.wet;
  context.dry_gain = 1.0F - plan.wet;
  Block block(plan.block_frames, input.channels());
  Progress progress(std::filesystem::path(input.path()).filename().string());
  input.Rewind();
  for (std::uint64_t position = 0; position < end; position += plan.block_frames) {
    const auto frames =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.block_frames, end - position));
    result.replaced_samples += Fill(input, position, frames, block);
    stream.Process(block.rows(), block.rows(), frames, context);
    if (position == 0) {
      // In force, and so known, from the first block on.
      result.latency_frames = stream.latency_frames();
      end = length + result.latency_frames;
    }
    block.Join(frames);
    const std::uint64_t early =
        position < result.latency_frames ? result.latency_frames - position : 0;
    const std::uint64_t skip = std::min<std::uint64_t>(early, frames);
    output.Write(block.interleaved() + skip * input.channels(), frames - skip);
    result.frames += frames - skip;
    watch.Look(result);
    if (result.restarted && !plan.allow_dry) return result;
    progress.Update(static_cast<double>(position) / static_cast<double>(end));
  }
  watch.LookNow(result);
  return result;
}

}  // namespace continuo::ctl
