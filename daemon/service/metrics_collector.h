// SPDX-License-Identifier: Apache-2.0
// Everything that the daemon knows in figures, put together: the supervisor's, and what the
// system tells of cores, processes and memory.
// Threads: [any-thread]; the answer comes on the supervisor's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "continuo/v1/metrics_service.pb.h"
#include "daemon/base/processor_time.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class MetricsCollector {
 public:
  MetricsCollector(supervisor::Supervisor* supervisor, supervisor::JobDesk* desk);

  void Collect(bool histograms, const std::function<void(const v1::GetMetricsResponse&)>& reply);

 private:
  struct Reading {
    std::uint64_t time_ns = 0;
    std::map<std::uint32_t, base::CoreTime> cores;
    std::map<pid_t, double> process_s;
  };
  void FillLoads(v1::GetMetricsResponse* response);

  supervisor::Supervisor* const supervisor_;
  supervisor::JobDesk* const desk_;
  const std::uint64_t started_ns_;
  std::mutex mutex_;
  Reading before_;  // loads are differences to these; guarded by mutex_
  Reading last_;
};

}  // namespace continuo::service
