// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/many_streams.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/app/ctl/audio_callback.h"
#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/base/processor_time.h"
#include "shared/ipc/histogram.h"

namespace continuo::ctl {
namespace {

constexpr double kOpenPatienceS = 120;

// One callback thread's streams, and their sound.
class Part {
 public:
  explicit Part(const client::StreamConfig& config)
      : frames_(config.maximum_block_frames), out_(std::size_t{frames_} * config.channels) {
    // A tone at -12 dB: a silent stream would cost nothing.
    for (std::uint32_t i = 0; i < frames_; ++i) {
      in_.push_back(0.25F *
                    std::sin(static_cast<float>(i + 1) * 6.2831853F / static_cast<float>(frames_)));
    }
    for (std::uint32_t c = 0; c < config.channels; ++c) {
      in_rows_.push_back(in_.data());
      out_rows_.push_back(out_.data() + std::size_t{frames_} * c);
    }
  }
  void Add(client::Stream* stream) { streams_.push_back(stream); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(streams_.size()); }
  void Process(std::uint32_t index) noexcept {
    streams_[index]->Process(in_rows_.data(), out_rows_.data(), frames_, {});
  }

 private:
  const std::uint32_t frames_;
  std::vector<client::Stream*> streams_;
  std::vector<float> in_, out_;
  std::vector<const float*> in_rows_;
  std::vector<float*> out_rows_;
};

struct Stages {
  ipc::Histogram wake, process, back, wait;
};

void Include(const v1::StageHistogram& from, std::uint64_t sign, ipc::Histogram* to) {
  const int buckets = std::min<int>(from.counts_size(), ipc::kHistogramBuckets);
  for (int i = 0; i < buckets; ++i) {
    to->counts[i] += sign * from.counts(i);
  }
}

// Everything that is counted from outside the callbacks.
struct Moment {
  std::uint64_t blocks = 0, wet = 0, late = 0;
  v1::GetMetricsResponse metrics;
  std::map<std::uint32_t, base::CoreTime> cores;
  std::map<std::string, double> process_s;
};

class Streams {
 public:
  Streams(const client::Connected& connected, const ManyPlan& plan, ManyResult* result)
      : connected_(connected) {
    Progress progress(fmt::format("opening {} streams", plan.streams));
    for (std::uint32_t i = 0; i < plan.streams && result->refused.empty(); ++i) {
      auto stream = std::make_unique<client::Stream>(plan.stream);
      const bool settled = stream->WaitUntilSettled(kOpenPatienceS);
      const client::Snapshot snapshot = stream->snapshot();
      if (!settled || snapshot.connection != client::Connection::kConnected) {
        result->refused = snapshot.words;
        break;
      }
      ids_.insert(snapshot.stream_id);
      streams_.push_back(std::move(stream));
      progress.Update(static_cast<double>(i + 1) / plan.streams);
    }
    result->opened = static_cast<std::uint32_t>(streams_.size());
  }

  [[nodiscard]] const std::vector<std::unique_ptr<client::Stream>>& all() const { return streams_; }

  [[nodiscard]] Moment Look() const {
    Moment moment;
    v1::MetricsService::Stub stub(connected_.channel);
    v1::GetMetricsRequest request;
    request.set_histograms(true);
    moment.metrics = Call(stub, &v1::MetricsService::Stub::GetMetrics, request);
    for (const auto& stream : streams_) {
      const client::Snapshot snapshot = stream->snapshot();
      moment.blocks += snapshot.blocks;
      moment.wet += snapshot.wet_blocks;
    }
    for (const v1::StreamMetrics& stream : moment.metrics.streams()) {
      if (ids_.contains(stream.stream().stream_id())) {
        moment.late += stream.statistics().late_blocks();
      }
    }
    moment.cores = base::ReadCoreTimes();
    moment.process_s["client"] = base::ReadProcessorSeconds(::getpid());
    moment.process_s["daemon"] = base::ReadProcessorSeconds(connected_.daemon_pid);
    for (const v1::RunnerMetrics& runner : moment.metrics.runners()) {
      const std::int32_t pid = runner.runner().pid();
      moment.process_s[fmt::format("runner {}", pid)] = base::ReadProcessorSeconds(pid);
    }
    return moment;
  }

  void AddUp(const Moment& moment, std::uint64_t sign, Stages* stages) const {
    for (const v1::StreamMetrics& stream : moment.metrics.streams()) {
      if (!ids_.contains(stream.stream().stream_id())) continue;
      Include(stream.wake(), sign, &stages->wake);
      Include(stream.process(), sign, &stages->process);
      Include(stream.back(), sign, &stages->back);
      Include(stream.wait(), sign, &stages->wait);
    }
  }

  void CountModes(const Moment& moment, ManyResult* result) const {
    for (const v1::StreamMetrics& stream : moment.metrics.streams()) {
      if (!ids_.contains(stream.stream().stream_id())) continue;
      const bool direct = stream.statistics().mode() == v1::STREAM_MODE_DIRECT;
      ++(direct ? result->direct : result->pipelined);
    }
  }

 private:
  const client::Connected& connected_;
  std::vector<std::unique_ptr<client::Stream>> streams_;
  std::set<std::uint64_t> ids_;
};

// The longest of a difference of two histograms is known by its bucket alone.
StageQuantiles QuantilesOf(ipc::Histogram histogram) {
  for (std::uint32_t i = 0; i < ipc::kHistogramBuckets; ++i) {
    if (histogram.counts[i] > 0) {
      histogram.maximum_ns = static_cast<std::uint64_t>(1000 * ipc::BucketEndUs(i));
    }
  }
  return {histogram.QuantileUs(0.5), histogram.QuantileUs(0.99), histogram.MaximumUs(),
          histogram.Count()};
}

void FillLoads(const Moment& before, const Moment& after, double seconds, ManyResult* result) {
  for (const auto& [core, time] : after.cores) {
    const auto from = before.cores.find(core);
    if (from == before.cores.end() || time.all == from->second.all) continue;
    result->loads.push_back(
        {fmt::format("core {}", core), static_cast<double>(time.busy - from->second.busy) /
                                           static_cast<double>(time.all - from->second.all)});
  }
  for (const auto& [name, used_s] : after.process_s) {
    const auto from = before.process_s.find(name);
    if (from == before.process_s.end()) continue;
    result->loads.push_back({name, (used_s - from->second) / seconds});
  }
}

// All threads through the same number of periods.
std::vector<CallbackTimes> RunCallbacks(const CallbackPlan& plan, std::vector<Part>* parts) {
  std::vector<CallbackTimes> times(parts->size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    threads.emplace_back([&, i] {
      CallbackPlan own = plan;
      own.calls = (*parts)[i].size();
      times[i] = RunCallback(
          own, [&, i](std::uint32_t index) { (*parts)[i].Process(index); }, [](double) {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  return times;
}

}  // namespace

ManyResult RunMany(const client::Connected& connected, const ManyPlan& plan) {
  ManyResult result;
  const Streams streams(connected, plan, &result);
  if (result.opened == 0) throw Refused("refused", result.refused);
  std::vector<Part> parts;
  for (std::uint32_t i = 0; i < std::min(plan.callbacks, result.opened); ++i) {
    parts.emplace_back(plan.stream);
  }
  for (std::size_t i = 0; i < streams.all().size(); ++i) {
    parts[i % parts.size()].Add(streams.all()[i].get());
  }
  CallbackPlan callback;
  callback.period_ns = plan.stream.maximum_block_frames * 1e9 / plan.stream.sample_rate_hz;
  callback.priority = plan.priority;
  // Caches, modes, the pipeline's first blocks, and a look of the daemon's balance.
  callback.periods = static_cast<std::uint32_t>(3e9 / callback.period_ns);
  for (const CallbackTimes& times : RunCallbacks(callback, &parts)) {
    if (times.priority_refused) {
      throw Failed(fmt::format(
          "--priority {}: SCHED_FIFO is not permitted; see continuoctl doctor, or leave it out",
          plan.priority));
    }
  }
  const Moment before = streams.Look();
  callback.periods =
      static_cast<std::uint32_t>(std::max(1.0, std::ceil(plan.seconds * 1e9 / callback.period_ns)));
  // The pause for the look is no period: blocks of before it are awaited by nobody.
  const std::vector<CallbackTimes> times = RunCallbacks(callback, &parts);
  const Moment after = streams.Look();

  std::vector<std::uint32_t> calls;
  std::vector<std::uint32_t> periods;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::vector<std::uint32_t>& ns = times[i].call_ns;
    calls.insert(calls.end(), ns.begin(), ns.end());
    for (std::size_t at = 0; at < ns.size(); at += parts[i].size()) {
      std::uint64_t sum = 0;
      for (std::size_t k = at; k < at + parts[i].size(); ++k) sum += ns[k];
      periods.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, UINT32_MAX)));
    }
    result.late_periods += times[i].late.size();
  }
  result.periods = periods.size();
  result.call = ctl::QuantilesOf(std::move(calls));
  result.period = ctl::QuantilesOf(std::move(periods));
  result.blocks = after.blocks - before.blocks;
  result.missed = result.blocks - (after.wet - before.wet);
  result.late_blocks = after.late - before.late;
  Stages stages;
  streams.AddUp(before, ~std::uint64_t{0}, &stages);
  streams.AddUp(after, 1, &stages);
  result.wake = QuantilesOf(stages.wake);
  result.process = QuantilesOf(stages.process);
  result.back = QuantilesOf(stages.back);
  result.wait = QuantilesOf(stages.wait);
  streams.CountModes(after, &result);
  FillLoads(before, after, callback.periods * callback.period_ns * 1e-9, &result);
  return result;
}

}  // namespace continuo::ctl
