// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/cpu_name.h"

#include <fstream>

namespace continuo::base {

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "an unnamed processor";
}

}  // namespace continuo::base
