// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/process_memory.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::base {
namespace {

struct Pages {
  std::uint64_t resident_bytes = 0;
  std::uint64_t private_bytes = 0;
};

// "total resident shared …", in pages.
Pages ReadPages(int statm) {
  char text[128];
  const ssize_t size = statm < 0 ? -1 : ::pread(statm, text, sizeof text - 1, 0);
  if (size <= 0) return {};
  text[size] = '\0';
  char* next = text;
  static_cast<void>(std::strtoull(next, &next, 10));
  const std::uint64_t resident = std::strtoull(next, &next, 10);
  const std::uint64_t shared = std::strtoull(next, &next, 10);
  const auto page = static_cast<std::uint64_t>(::getpagesize());
  return {resident * page, (resident - std::min(resident, shared)) * page};
}

std::uint64_t PeakBytes() {
  struct rusage usage {};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

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
  if (memory.resident_bytes == 0) memory.resident_bytes = ReadResidentBytes(pid);
  return memory;
}

std::uint64_t ReadResidentBytes(pid_t pid) {
  const UniqueFd statm(::open(StrCat("/proc/", pid, "/statm").c_str(), O_RDONLY | O_CLOEXEC));
  return ReadPages(statm.get()).resident_bytes;
}

int OpenOwnMemory() { return ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC); }

void MemoryGrowth::Begin(int own_memory) {
  own_memory_ = own_memory;
  const Pages pages = ReadPages(own_memory_);
  private_before_ = pages.private_bytes;
  resident_before_ = pages.resident_bytes;
  peak_before_ = PeakBytes();
}

std::uint64_t MemoryGrowth::resident_bytes() const {
  const std::uint64_t now = ReadPages(own_memory_).private_bytes;
  return now > private_before_ ? now - private_before_ : 0;
}

std::uint64_t MemoryGrowth::peak_bytes() const {
  const std::uint64_t peak = own_memory_ < 0 ? 0 : PeakBytes();
  const std::uint64_t grown =
      peak > peak_before_ && peak > resident_before_ ? peak - resident_before_ : 0;
  return std::max(grown, resident_bytes());
}

}  // namespace continuo::base
