// SPDX-License-Identifier: Apache-2.0
// Figures as Prometheus reads them: the text format, version 0.0.4. Names begin with
// `continuo_`, units are seconds, bytes and ratios, counters end in `_total`. Histograms have
// a bucket an octave, from 2 µs to 0.13 s: a fourth of ours, which would be too many lines.
// Threads: [any-thread]; a pure function.
// Source: "Exposition formats" and "Metric and label naming" of Prometheus' documentation.
#pragma once

#include <string>

#include "continuo/v1/metrics_service.pb.h"
#include "daemon/supervisor/memory_keeper.h"

namespace continuo::service {

inline constexpr const char* kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

// Of metrics with histograms.
[[nodiscard]] std::string PrometheusText(const v1::GetMetricsResponse& metrics);
// Of the memory budget, to go after the above.
[[nodiscard]] std::string PrometheusText(const supervisor::MemoryReport& memory);

}  // namespace continuo::service
