// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/bench_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "daemon/app/ctl/audio_callback.h"
#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/open_stream.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/scheduling.h"

namespace continuo::ctl {
namespace {

// Streams, their sound and their figures.
class Load {
 public:
  Load(const BenchPlan& plan, std::uint32_t period_frames)
      : frames_(period_frames), out_(std::size_t{period_frames} * plan.channels) {
    client::StreamConfig config = plan.stream;
    config.sample_rate_hz = plan.sample_rate_hz;
    config.channels = plan.channels;
    config.maximum_block_frames = period_frames;
    for (std::uint32_t i = 0; i < plan.streams; ++i) streams_.push_back(OpenStream(config));
    // A tone at -12 dB: a silent stream would cost nothing.
    in_.resize(frames_);
    for (std::uint32_t i = 0; i < frames_; ++i) {
      in_[i] =
          0.25F * std::sin(static_cast<float>(i + 1) * 6.2831853F / static_cast<float>(frames_));
    }
    for (std::uint32_t c = 0; c < plan.channels; ++c) {
      in_rows_.push_back(in_.data());
      out_rows_.push_back(out_.data() + std::size_t{frames_} * c);
    }
  }

  void Process(std::uint32_t index) noexcept {
    streams_[index]->Process(in_rows_.data(), out_rows_.data(), frames_, {});
  }

  struct Counts {
    std::uint64_t blocks = 0, missed = 0, late = 0;
  };
  [[nodiscard]] Counts counts() const {
    Counts counts;
    for (const auto& stream : streams_) {
      const client::Snapshot snapshot = stream->snapshot();
      counts.blocks += snapshot.blocks;
      counts.missed += snapshot.blocks - snapshot.wet_blocks;
      counts.late += snapshot.late;
    }
    return counts;
  }
  [[nodiscard]] client::Snapshot first() const { return streams_.front()->snapshot(); }

 private:
  const std::uint32_t frames_;
  std::vector<std::unique_ptr<client::Stream>> streams_;
  std::vector<float> in_, out_;
  std::vector<const float*> in_rows_;
  std::vector<float*> out_rows_;
};

void Append(std::vector<std::uint32_t>& all, const std::vector<std::uint32_t>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

BenchResult RunBench(const BenchPlan& plan, std::uint32_t period_frames, FutexPingPong& baseline) {
  Load load(plan, period_frames);
  CallbackPlan callback;
  callback.period_ns = period_frames * 1e9 / plan.sample_rate_hz;
  callback.priority = plan.priority;
  const auto total =
      static_cast<std::uint32_t>(std::max(1.0, std::ceil(plan.seconds * 1e9 / callback.period_ns)));
  const auto slice = static_cast<std::uint32_t>(std::max(1.0, std::ceil(1e9 / callback.period_ns)));
  const auto process = [&load](std::uint32_t index) { load.Process(index); };
  bool alive = true;
  const auto bounce = [&](std::uint32_t) { alive = baseline.RoundTrip() && alive; };

  // Caches, the mode that `auto` decides for, and the pipeline's first blocks.
  callback.calls = plan.streams;
  callback.periods = std::max(slice / 4, 16U);
  if (RunCallback(callback, process).priority_refused) {
    throw Failed(fmt::format(
        "--priority {}: SCHED_FIFO is not permitted; see continuoctl doctor, or leave it out",
        plan.priority));
  }
  const client::Snapshot snapshot = load.first();
  const int runner_priority = HighestFifoPriority(snapshot.runner_pid);
  const bool same = baseline.SetChildPriority(runner_priority);

  BenchResult result;
  std::vector<std::uint32_t> ours_ns, bare_ns;
  const Load::Counts before = load.counts();
  Progress progress(fmt::format("{} frames", period_frames));
  for (std::uint32_t done = 0; done < total; done += callback.periods) {
    callback.periods = std::min(slice, total - done);
    callback.calls = plan.streams;
    const CallbackTimes ours = RunCallback(callback, process);
    callback.calls = 1;
    const CallbackTimes bare = RunCallback(callback, bounce);
    Append(ours_ns, ours.call_ns);
    Append(bare_ns, bare.call_ns);
    result.late += ours.late;
    result.bare_late += bare.late;
    progress.Update(static_cast<double>(done + callback.periods) / total);
  }
  if (!alive) throw Failed("futex baseline: the other process does not answer");
  const Load::Counts after = load.counts();
  const client::Snapshot last = load.first();  // `auto` may have changed the mode
  result.period_frames = period_frames;
  result.mode = last.mode;
  result.mode_reason = last.mode_reason;
  result.latency_frames = last.latency_frames;
  result.block_cost_us = snapshot.block_cost_us;
  result.ours = QuantilesOf(std::move(ours_ns));
  result.bare = QuantilesOf(std::move(bare_ns));
  result.blocks = after.blocks - before.blocks;
  result.missed = after.missed - before.missed;
  result.late_blocks = after.late - before.late;
  result.callback_scheduling = SchedulingWords(plan.priority);
  result.runner_scheduling = SchedulingWords(runner_priority);
  result.child_scheduling = SchedulingWords(same ? runner_priority : 0);
  return result;
}

}  // namespace continuo::ctl
