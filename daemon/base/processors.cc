// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace continuo::base {

std::vector<std::uint32_t> AllowedProcessors() {
  std::vector<std::uint32_t> processors;
  cpu_set_t set;
  CPU_ZERO(&set);
  // The process's own: its first thread is bound to none.
  if (::sched_getaffinity(::getpid(), sizeof set, &set) == 0) {
    for (std::uint32_t i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) processors.push_back(i + 1);
    }
  }
  if (processors.empty()) processors.push_back(1);
  return processors;
}

bool KeepOnProcessor(pid_t thread, std::uint32_t processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (processor > CPU_SETSIZE) return false;
  if (processor > 0) {
    CPU_SET(processor - 1, &set);
  } else {
    for (const std::uint32_t allowed : AllowedProcessors()) CPU_SET(allowed - 1, &set);
  }
  return ::sched_setaffinity(thread, sizeof set, &set) == 0;
}

IdleMeter::IdleMeter(std::vector<std::uint32_t> processors)
    : processors_(std::move(processors)), last_(Read()) {}

IdleMeter::Ticks IdleMeter::Read() const {
  Ticks sum;
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line) && line.starts_with("cpu");) {
    std::istringstream words(line.substr(3));
    std::uint32_t processor = 0;
    // Of all processors together; it has no number.
    if (line.size() < 4 || line[3] == ' ' || !(words >> processor)) continue;
    if (std::find(processors_.begin(), processors_.end(), processor + 1) == processors_.end()) {
      continue;
    }
    // user nice system idle iowait irq softirq steal
    std::uint64_t ticks[8] = {};
    for (std::uint64_t& tick : ticks) words >> tick;
    for (const std::uint64_t tick : ticks) sum.all += tick;
    sum.left += ticks[1] + ticks[3] + ticks[4];
  }
  return sum;
}

double IdleMeter::Look() {
  const Ticks before = std::exchange(last_, Read());
  const auto count = static_cast<double>(processors_.size());
  if (last_.all <= before.all || last_.left < before.left) return count;
  return count * static_cast<double>(last_.left - before.left) /
         static_cast<double>(last_.all - before.all);
}

}  // namespace continuo::base
