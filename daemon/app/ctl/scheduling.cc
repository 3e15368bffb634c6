// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/scheduling.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace continuo::ctl {

int HighestFifoPriority(pid_t process) {
  int highest = 0;
  std::error_code error;
  const std::filesystem::path tasks("/proc/" + std::to_string(process) + "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    const auto thread = static_cast<pid_t>(std::atoi(task.path().filename().c_str()));
    sched_param parameter{};
    // The kernel adds SCHED_RESET_ON_FORK to the policy.
    const int policy = sched_getscheduler(thread) & ~SCHED_RESET_ON_FORK;
    if (policy != SCHED_FIFO || sched_getparam(thread, &parameter) != 0) continue;
    highest = std::max(highest, parameter.sched_priority);
  }
  return highest;
}

std::string SchedulingWords(int fifo_priority) {
  return fifo_priority > 0 ? "SCHED_FIFO " + std::to_string(fifo_priority) : "SCHED_OTHER";
}

}  // namespace continuo::ctl
