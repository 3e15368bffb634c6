// SPDX-License-Identifier: Apache-2.0
// Looking at something dangerous (drivers, half a gigabyte of libraries) from a
// child process, so that its crash or hang is a finding and not the end.
// Threads: before the program has others (it forks).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/app/ctl/json.h"

namespace continuo::ctl {

struct ProbeResult {
  Json value;           // what `work` gave
  std::string failure;  // empty, or why there is no value: "crashed (Segmentation fault)"
};

// Runs `work` in a forked child for at most `timeout_s`. Its standard output and
// error go nowhere.
[[nodiscard]] ProbeResult Probe(double timeout_s, const std::function<Json()>& work);

// What a program prints on standard output, run without a shell; for Probe().
[[nodiscard]] std::string OutputOf(const std::vector<std::string>& command);

}  // namespace continuo::ctl
