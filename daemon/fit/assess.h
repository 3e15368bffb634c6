// SPDX-License-Identifier: Apache-2.0
// Whether a model runs on a machine, from its cost here or from its cost elsewhere, scaled.
//
// A cost elsewhere times what the benchmark takes here by what it took there: kernels of one kind
// are as much faster as the benchmark of that kind. Where the maker's machine has no benchmark, the
// cost is taken as it is, and that is said.
// Threads: [any-thread]; pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "continuo/v1/fit_service.pb.h"
#include "daemon/fit/subject.h"

namespace continuo::fit {

inline constexpr double kHostRateHz = 48000;
inline constexpr double kHostBlockFrames = 256;

// As streams are admitted (daemon/supervisor/core_ledger.h).
struct Limits {
  double direct = 0.35;     // most of a core that one stream in direct mode may take
  double pipelined = 0.88;  // most of a core
  double memory = 0.8;      // most of the machine's memory that one model may take
  std::uint64_t budget_bytes = std::numeric_limits<std::uint64_t>::max();  // of the daemon
  double job_s = 60;  // most that eight bars may take
};

struct Scaled {
  double us = 0;  // of a block or a cell, here; 0: not known
  v1::Evidence evidence = v1::EVIDENCE_UNSPECIFIED;
  std::string in_words;  // "estimated from AMD EPYC …"
};

[[nodiscard]] Scaled Scale(const v1::Cost& cost, v1::Task task, bool measured_here,
                           const v1::Machine& machine);

[[nodiscard]] v1::Assessment Assess(const Subject& subject, const v1::Machine& machine,
                                    const Limits& limits = {});

// Three digits: "0.0031", "12.5", "3.1e-07".
[[nodiscard]] std::string FigureText(double value);

}  // namespace continuo::fit
