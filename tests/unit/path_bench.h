// SPDX-License-Identifier: Apache-2.0
// An AudioPath with what it needs around it, links made by hand, and the sound that
// went in and came out.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "shared/client/audio_path.h"
#include "shared/ipc/histogram.h"
#include "tests/unit/rows.h"
#include "tests/unit/scripted_runner.h"
#include "tests/unit/segment_pair.h"

namespace continuo::test {

inline client::StreamConfig PathConfig(std::uint32_t channels = 2,
                                       std::uint32_t maximum_block_frames = 256) {
  client::StreamConfig config;
  config.channels = channels;
  config.maximum_block_frames = maximum_block_frames;
  // In direct mode a result is awaited for as long as it takes.
  config.deadline = 1e5;
  return config;
}

// A sine at `channel`'s own pitch; its largest step from sample to sample is SineStep().
inline float Sine(std::uint32_t channel, std::uint64_t frame) {
  return 0.8F * static_cast<float>(std::sin(0.02 * (channel + 1) * static_cast<double>(frame)));
}
inline float SineStep(std::uint32_t channel) {
  return 0.8F * 0.02F * static_cast<float>(channel + 1);
}

// The runner's mapping and the peer that plays on it.
struct Peer {
  explicit Peer(std::unique_ptr<ipc::Segment> mapped, float gain, std::uint32_t latency_frames)
      : segment(std::move(mapped)), runner(*segment, gain, latency_frames) {}
  std::unique_ptr<ipc::Segment> segment;
  ScriptedRunner runner;
};

struct LinkOptions {
  std::uint32_t model_latency_frames = 0;
  std::uint32_t pipelined_frames = 0;
  std::uint32_t adaptive_frames = 0;
  bool offline_adds_latency = false;
  std::int32_t runner_pid = 1;
  float gain = 0.5F;
};

class PathBench {
 public:
  explicit PathBench(const client::StreamConfig& wanted = PathConfig())
      : config(wanted),
        path(std::make_unique<client::AudioPath>(config, &board, &counters, &connection)) {}

  // Offers a link; `link` is the newest. The peer plays on the other mapping.
  std::unique_ptr<Peer> Connect(const LinkOptions& options = {}) {
    path->links().Collect();
    SegmentPair pair(config.channels, config.maximum_block_frames, config.sample_rate_hz);
    auto made = std::make_unique<client::Link>(std::move(pair.client));
    made->model_latency_frames = options.model_latency_frames;
    made->pipelined_frames = options.pipelined_frames;
    made->adaptive_frames = options.adaptive_frames;
    made->offline_adds_latency = options.offline_adds_latency;
    made->runner_pid = options.runner_pid;
    link = made.get();
    path->links().Offer(std::move(made));
    return std::make_unique<Peer>(std::move(pair.runner), options.gain,
                                  options.model_latency_frames);
  }

  // One block of the sine; `after` runs when it was processed.
  void Play(std::uint32_t frames, const client::BlockContext& context = {}) {
    Rows in(config.channels, frames), out(config.channels, frames);
    for (std::uint32_t channel = 0; channel < config.channels; ++channel) {
      for (std::uint32_t i = 0; i < frames; ++i) in[channel][i] = source(channel, played + i);
    }
    path->Process(in.From(), out.From(), frames, context);
    output.resize(config.channels);
    for (std::uint32_t channel = 0; channel < config.channels; ++channel) {
      output[channel].insert(output[channel].end(), out[channel], out[channel] + frames);
    }
    played += frames;
  }
  void PlayBlocks(std::uint32_t count, std::uint32_t frames,
                  const client::BlockContext& context = {}) {
    for (std::uint32_t i = 0; i < count; ++i) Play(frames, context);
  }
  // The same with the peer answering on this thread after each block.
  void PlayBlocks(std::uint32_t count, std::uint32_t frames, ScriptedRunner& runner) {
    for (std::uint32_t i = 0; i < count; ++i) {
      Play(frames);
      runner.Serve();
    }
  }

  // How many times a block has waited for its result.
  [[nodiscard]] std::uint64_t Waits() const {
    ipc::Histogram waits;
    waits.Include(counters.waits);
    return waits.Count();
  }
  // Frames from `begin` to `end` that are not gain × input, delayed, to the last bit.
  [[nodiscard]] std::uint64_t Differing(float gain, std::uint32_t delay, std::uint64_t begin,
                                        std::uint64_t end) const {
    std::uint64_t count = 0;
    for (std::uint32_t channel = 0; channel < config.channels; ++channel) {
      for (std::uint64_t i = begin; i < end; ++i) {
        const float wanted = i < delay ? 0.0F : gain * source(channel, i - delay);
        count += output[channel][i] != wanted;
      }
    }
    return count;
  }
  // The largest step from sample to sample over that of the signal itself.
  [[nodiscard]] float LargestStepRatio(std::uint64_t begin = 0) const {
    float ratio = 0.0F;
    for (std::uint32_t channel = 0; channel < config.channels; ++channel) {
      for (std::uint64_t i = std::max<std::uint64_t>(begin, 1); i < output[channel].size(); ++i) {
        ratio = std::max(
            ratio, std::fabs(output[channel][i] - output[channel][i - 1]) / SineStep(channel));
      }
    }
    return ratio;
  }

  client::StreamConfig config;
  client::ParameterBoard board;
  client::AudioCounters counters;
  std::atomic<client::Connection> connection{client::Connection::kConnected};
  std::unique_ptr<client::AudioPath> path;
  client::Link* link = nullptr;
  std::function<float(std::uint32_t, std::uint64_t)> source = Sine;
  std::uint64_t played = 0;
  std::vector<std::vector<float>> output;  // [channel][frame] of everything played
};

// A host's period is longer than a block takes: the next comes when this is answered.
inline void AwaitAnswers(Peer& peer, const PathBench& bench) {
  const auto& sent = bench.link->segment->client().input_write;
  while (peer.segment->runner().output_write.load() != sent.load()) std::this_thread::yield();
}
inline void PlayPaced(PathBench& bench, Peer& peer, std::uint32_t blocks,
                      std::uint32_t frames = 256, const client::BlockContext& context = {}) {
  for (std::uint32_t i = 0; i < blocks; ++i) {
    bench.Play(frames, context);
    AwaitAnswers(peer, bench);
  }
}

// Frames that a crossfade takes, and some.
inline constexpr std::uint32_t kFadeFrames = 400;

}  // namespace continuo::test
