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

constexpr double kWarmUpSeconds = 2;
constexpr double kSliceSeconds = 2;
// Of each slice, not counted: a host plays on without a pause, and the runner's thread knows it
// by then.
constexpr double kSettleSeconds = 0.1;

struct Turns {
  std::uint32_t slice_periods;
  std::uint32_t settle_periods;
  std::uint32_t first_period = 0;

  [[nodiscard]] bool IsOurs(std::uint32_t period) const {
    return period < first_period || (period - first_period) / slice_periods % 2 == 1;
  }
  [[nodiscard]] bool Counts(std::uint32_t period) const {
    return period >= first_period && (period - first_period) % slice_periods >= settle_periods;
  }
};

}  // namespace

BenchResult RunBench(const BenchPlan& plan, std::uint32_t period_frames, FutexPingPong& baseline,
                     const std::function<std::string(std::uint64_t)>& scheduling) {
  Load load(plan, period_frames);
  CallbackPlan callback;
  callback.period_ns = period_frames * 1e9 / plan.sample_rate_hz;
  callback.priority = plan.priority;
  callback.calls = plan.streams;
  // Ours and the baseline take turns, slice by slice, on one thread as a host has it.
  const auto periods = [&](double seconds) {
    return static_cast<std::uint32_t>(std::max(1.0, std::ceil(seconds * 1e9 / callback.period_ns)));
  };
  const double slice_seconds = std::min(kSliceSeconds, plan.seconds);
  Turns turns{periods(slice_seconds), periods(std::min(kSettleSeconds, slice_seconds / 3))};
  const std::uint32_t slices =
      2 * std::max(1U, static_cast<std::uint32_t>(std::lround(plan.seconds / slice_seconds)));
  // Caches, the mode that `auto` decides for, the pipeline's first blocks, and the runner's
  // looks at where and when its client calls.
  const std::uint32_t warm_up = std::max(periods(kWarmUpSeconds), 16U);
  callback.periods = warm_up + slices * turns.slice_periods;
  turns.first_period = warm_up;
  bool alive = true;
  Load::Counts before;
  std::uint32_t call = 0;
  const auto process = [&](std::uint32_t index) {
    const std::uint32_t period = call++ / plan.streams;
    if (period == warm_up && index == 0) before = load.counts();
    if (turns.IsOurs(period)) {
      load.Process(index);
    } else if (index == 0) {
      alive = baseline.RoundTrip() && alive;
    }
  };
  Progress progress(fmt::format("{} frames, wake {}", period_frames,
                                plan.stream.wake.empty() ? "auto" : plan.stream.wake));
  const int runner_priority = HighestFifoPriority(load.first().runner_pid);
  const bool same = baseline.SetChildPriority(runner_priority);
  const CallbackTimes times =
      RunCallback(callback, process, [&progress](double share) { progress.Update(share); });
  if (times.priority_refused) {
    throw Failed(fmt::format(
        "--priority {}: SCHED_FIFO is not permitted; see continuoctl doctor, or leave it out",
        plan.priority));
  }
  if (!alive) throw Failed("futex baseline: the other process does not answer");
  const client::Snapshot snapshot = load.first();
  const Load::Counts after = load.counts();

  BenchResult result;
  std::vector<std::uint32_t> ours_ns, bare_ns;
  for (std::uint32_t i = 0; i < times.call_ns.size(); ++i) {
    const std::uint32_t period = i / plan.streams;
    if (!turns.Counts(period)) continue;
    if (turns.IsOurs(period)) {
      ours_ns.push_back(times.call_ns[i]);
    } else if (i % plan.streams == 0) {
      bare_ns.push_back(times.call_ns[i]);
    }
  }
  for (const std::uint32_t period : times.late) {
    if (turns.Counts(period)) ++(turns.IsOurs(period) ? result.late : result.bare_late);
  }
  result.period_frames = period_frames;
  result.mode = snapshot.mode;
  result.mode_reason = snapshot.mode_reason;
  result.latency_frames = snapshot.latency_frames;
  result.block_cost_us = snapshot.block_cost_us;
  result.ours = QuantilesOf(std::move(ours_ns));
  result.bare = QuantilesOf(std::move(bare_ns));
  result.blocks = after.blocks - before.blocks;
  result.missed = after.missed - before.missed;
  result.late_blocks = after.late - before.late;
  result.wake = plan.stream.wake;
  result.scheduling = scheduling(snapshot.stream_id);
  result.callback_scheduling = SchedulingWords(plan.priority);
  result.runner_scheduling = SchedulingWords(runner_priority);
  result.child_scheduling = SchedulingWords(same ? runner_priority : 0);
  return result;
}

}  // namespace continuo::ctl
