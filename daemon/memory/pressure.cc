// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory/pressure.h"

#include <absl/strings/str_format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/control_groups.h"
#include "daemon/base/str_cat.h"

namespace continuo::memory {
namespace {

namespace fs = std::filesystem;

// The number after `key`, as in "MemTotal:  24690000 kB" or "inactive_file 4096"; 0: none.
std::uint64_t NumberOf(const fs::path& file, const std::string& key) {
  std::ifstream text(file);
  for (std::string line; std::getline(text, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t number = 0;
    if (fields >> name >> number && name == key) return number;
  }
  return 0;
}

// A file of one number; 0 for "max" and for what is not there.
std::uint64_t OneNumber(const fs::path& file) {
  std::ifstream text(file);
  std::uint64_t number = 0;
  return text >> number ? number : 0;
}

// "some avg10=1.25 avg60=…" as 0.0125; below 0: not there.
double Stalled(const fs::path& file) {
  std::ifstream text(file);
  std::string some;
  std::string average;
  constexpr std::string_view kKey = "avg10=";
  if (!(text >> some >> average) || some != "some" || average.rfind(kKey, 0) != 0) return -1;
  return std::strtod(average.c_str() + kKey.size(), nullptr) / 100;
}

struct Group {
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used = 0;
};

// The group with the least limit of all that this process is in.
Group Narrowest(const base::ControlGroups& groups) {
  Group least;
  const auto look = [&](const fs::path& path, const char* limit, const char* used,
                        const char* droppable) {
    const std::uint64_t bytes = OneNumber(path / limit);
    if (bytes == 0 || bytes >= least.limit) return;
    const std::uint64_t all = OneNumber(path / used);
    const std::uint64_t files = NumberOf(path / "memory.stat", droppable);
    least = {bytes, all - std::min(all, files)};
  };
  for (const fs::path& path : groups.version2) {
    look(path, "memory.max", "memory.current", "inactive_file");
    look(path, "memory.high", "memory.current", "inactive_file");
  }
  for (const fs::path& path : groups.version1) {
    look(path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
  }
  return least;
}

}  // namespace

std::uint64_t UsableMemory(const std::string& root) {
  const std::uint64_t all = NumberOf(root + "/proc/meminfo", "MemTotal:") * 1024;
  const std::uint64_t group = Narrowest(base::FindControlGroups("memory", root)).limit;
  return all == 0 ? group : std::min(all, group);
}

Pressure ReadPressure(const std::string& root) {
  Pressure read;
  const fs::path meminfo = root + "/proc/meminfo";
  const std::uint64_t all = NumberOf(meminfo, "MemTotal:") * 1024;
  read.available_bytes = NumberOf(meminfo, "MemAvailable:") * 1024;

  const base::ControlGroups groups = base::FindControlGroups("memory", root);
  double stalled = Stalled(root + "/proc/pressure/memory");
  if (!groups.version2.empty()) {
    stalled = std::max(stalled, Stalled(groups.version2.front() / "memory.pressure"));
  }
  read.psi = stalled >= 0;
  read.stalled = std::max(0.0, stalled);
  // A limit above the machine's memory is none.
  if (const Group group = Narrowest(groups); group.limit < all) {
    read.group_limit_bytes = group.limit;
    read.group_used_bytes = group.used;
  }

  if (read.stalled > kStalled) {
    read.reason =
        absl::StrFormat("tasks waited for memory for %.0f %% of the last 10 s", read.stalled * 100);
  } else if (static_cast<double>(read.group_used_bytes) >
             kFull * static_cast<double>(read.group_limit_bytes)) {
    read.reason =
        base::StrCat("the control group holds ", base::BytesInWords(read.group_used_bytes),
                     " of its ", base::BytesInWords(read.group_limit_bytes));
  } else if (static_cast<double>(read.available_bytes) < kLeft * static_cast<double>(all)) {
    read.reason = base::StrCat("the machine has ", base::BytesInWords(read.available_bytes),
                               " left of ", base::BytesInWords(all));
  }
  read.short_of = !read.reason.empty();
  return read;
}

}  // namespace continuo::memory
