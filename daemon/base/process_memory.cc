// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/process_memory.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "daemon/base/str_cat.h"

namespace continuo::base {

ProcessMemory ReadProcessMemory(pid_t pid) {
  ProcessMemory memory;
  std::ifstream rollup(StrCat("/proc/", pid, "/smaps_rollup"));
  for (std::string line; std::getline(rollup, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kilobytes = 0;
    if (!(fields >> name >> kilobytes)) continue;
    if (name == "Rss:") memory.resident_bytes = kilobytes * 1024;
    if (name == "Pss:") memory.proportional_bytes = kilobytes * 1024;
  }
  if (memory.resident_bytes == 0) {
    std::ifstream statm(StrCat("/proc/", pid, "/statm"));
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    if (statm >> total_pages >> resident_pages) {
      memory.resident_bytes = resident_pages * static_cast<std::uint64_t>(::getpagesize());
    }
  }
  return memory;
}

}  // namespace continuo::base
