// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/metrics_collector.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/process_memory.h"
#include "daemon/service/translate.h"

namespace continuo::service {
namespace {

// Over less than this a load is noise: the system counts in steps of 10 ms.
constexpr std::uint64_t kWindowNs = 500'000'000;

void Fill(const ipc::Histogram& histogram, v1::StageHistogram* message) {
  std::uint32_t used = ipc::kHistogramBuckets;
  while (used > 0 && histogram.counts[used - 1] == 0) --used;
  for (std::uint32_t i = 0; i < used; ++i) message->add_counts(histogram.counts[i]);
  message->set_sum_us(static_cast<double>(histogram.total_ns) / 1000.0);
}

void Fill(const supervisor::Metrics& metrics, bool histograms, v1::GetMetricsResponse* response) {
  for (const supervisor::CoreInfo& core : metrics.cores) {
    v1::CoreMetrics* const added = response->add_cores();
    added->set_core(core.core);
    added->set_capacity(core.capacity);
    added->set_planned(core.planned);
    added->set_streams(core.streams);
  }
  for (const supervisor::RunnerInfo& runner : metrics.runners) {
    *response->add_runners()->mutable_runner() = ToProto(runner);
  }
  for (const supervisor::StreamReading& reading : metrics.streams) {
    v1::StreamMetrics* const added = response->add_streams();
    *added->mutable_stream() = ToProto(reading.info);
    added->set_load(reading.load);
    added->mutable_statistics()->set_stream_id(reading.info.id);
    supervisor::FillStatistics(reading.figures, reading.info.sample_rate_hz,
                               added->mutable_statistics());
    if (!histograms) continue;
    Fill(reading.figures.wake, added->mutable_wake());
    Fill(reading.figures.process, added->mutable_process());
    Fill(reading.figures.back, added->mutable_back());
    Fill(reading.figures.wait, added->mutable_wait());
  }
  supervisor::FillStatistics(metrics.total, 0, response->mutable_total());
  response->set_streams_opened(metrics.streams_opened);
  response->set_streams_refused(metrics.streams_refused);
  response->set_streams_moved(metrics.streams_moved);
  response->set_runner_restarts(metrics.runner_restarts);
}

}  // namespace

MetricsCollector::MetricsCollector(supervisor::Supervisor* supervisor, supervisor::JobDesk* desk)
    : supervisor_(supervisor), desk_(desk), started_ns_(base::MonotonicNs()) {
  before_.time_ns = started_ns_;
  before_.cores = base::ReadCoreTimes();
  last_ = before_;
}

void MetricsCollector::Collect(bool histograms,
                               const std::function<void(const v1::GetMetricsResponse&)>& reply) {
  supervisor_->GetMetrics([this, histograms, reply](const supervisor::Metrics& metrics) {
    const auto response = std::make_shared<v1::GetMetricsResponse>();
    response->set_time_ms(base::WallMs());
    response->set_uptime_s(static_cast<double>(base::MonotonicNs() - started_ns_) * 1e-9);
    response->set_resident_bytes(base::ReadProcessMemory(::getpid()).resident_bytes);
    Fill(metrics, histograms, response.get());
    desk_->GetReadings([this, reply, response](const supervisor::JobDesk::Readings& jobs) {
      *response->mutable_jobs() = jobs.jobs;
      for (const supervisor::RunnerInfo& runner : jobs.runners) {
        *response->add_runners()->mutable_runner() = ToProto(runner);
      }
      response->set_runner_restarts(response->runner_restarts() + jobs.runner_restarts);
      FillLoads(response.get());
      reply(*response);
    });
  });
}

// Since the question before this one, or the one before that where they came close together.
void MetricsCollector::FillLoads(v1::GetMetricsResponse* response) {
  Reading now{base::MonotonicNs(), base::ReadCoreTimes(), {}};
  for (const v1::RunnerMetrics& runner : response->runners()) {
    now.process_s[runner.runner().pid()] = base::ReadProcessorSeconds(runner.runner().pid());
  }
  const std::lock_guard lock(mutex_);
  if (now.time_ns - last_.time_ns >= kWindowNs) before_ = std::exchange(last_, now);
  const Reading& since = before_;
  const double seconds = static_cast<double>(now.time_ns - since.time_ns) * 1e-9;
  for (v1::CoreMetrics& core : *response->mutable_cores()) {
    const auto from = since.cores.find(core.core());
    const auto to = now.cores.find(core.core());
    if (from == since.cores.end() || to == now.cores.end()) continue;
    const std::uint64_t all = to->second.all - from->second.all;
    if (all == 0) continue;
    core.set_busy(static_cast<double>(to->second.busy - from->second.busy) /
                  static_cast<double>(all));
  }
  for (v1::RunnerMetrics& runner : *response->mutable_runners()) {
    const auto from = since.process_s.find(runner.runner().pid());
    const double used =
        now.process_s[runner.runner().pid()] - (from == since.process_s.end() ? 0 : from->second);
    if (seconds > 0) runner.set_load(std::max(0.0, used / seconds));
  }
}

}  // namespace continuo::service
