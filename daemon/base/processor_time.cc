// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/processor_time.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/base/str_cat.h"

namespace continuo::base {

std::map<std::uint32_t, CoreTime> ReadCoreTimes() {
  std::map<std::uint32_t, CoreTime> cores;
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    // "cpu1 user nice system idle iowait irq softirq steal …"; "cpu " is their sum.
    std::uint32_t core = 0;
    if (line.rfind("cpu", 0) != 0 || line.size() < 5) continue;
    const char* const end = line.data() + line.size();
    const auto [after, error] = std::from_chars(line.data() + 3, end, core);
    if (error != std::errc{}) continue;
    std::istringstream fields(std::string(after, end));
    CoreTime time;
    std::uint64_t ticks = 0;
    for (int field = 0; field < 8 && fields >> ticks; ++field) {
      constexpr int kIdle = 3;
      constexpr int kWaitingForDisk = 4;
      time.all += ticks;
      if (field != kIdle && field != kWaitingForDisk) time.busy += ticks;
    }
    cores[core] = time;
  }
  return cores;
}

double ReadProcessorSeconds(pid_t pid) {
  std::ifstream file(StrCat("/proc/", pid, "/stat"));
  std::string line;
  if (!std::getline(file, line)) return 0;
  // The name, in brackets, may hold anything: what follows its end is counted.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 0; field < 11; ++field) fields >> skipped;
  double user = 0;
  double kernel = 0;
  if (!(fields >> user >> kernel)) return 0;
  return (user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace continuo::base
