// SPDX-License-Identifier: Apache-2.0
// May threads have real-time priority, and memory be locked? Tried, not guessed.
#include <sched.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/doctor/probe.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

// What the runner asks for (daemon/stream).
constexpr int kPriority = 10;
// A dozen streams' segments and a model's weights.
constexpr std::size_t kLockedBytes = std::size_t{64} << 20;

rlim_t Limit(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_cur;
}

bool RtkitInstalled() {
  std::error_code error;
  return std::filesystem::exists(
             "/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service", error) &&
         std::filesystem::exists("/run/dbus/system_bus_socket", error);
}

Finding ExaminePriority() {
  const ProbeResult tried = Probe(5, [] {
    sched_param parameter{};
    parameter.sched_priority = kPriority;
    return Json(sched_setscheduler(0, SCHED_FIFO, &parameter) == 0 ? 0 : errno);
  });
  const rlim_t limit = Limit(RLIMIT_RTPRIO);
  const std::string limits = fmt::format(
      "RLIMIT_RTPRIO {}, RTKit {}", limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit),
      RtkitInstalled() ? "on the system bus" : "not there");
  if (tried.failure.empty() && tried.value == 0) {
    return {Level::kOk, "real-time",
            fmt::format("SCHED_FIFO {} is permitted ({})", kPriority, limits), ""};
  }
  if (RtkitInstalled()) {
    return {Level::kOk, "real-time", "SCHED_FIFO through RTKit (" + limits + ")", ""};
  }
  return {
      Level::kNote, "real-time",
      fmt::format("SCHED_FIFO is not permitted ({}): deadlines will be missed under load", limits),
      "install rtkit, or add '@audio - rtprio 95' to /etc/security/limits.d/audio.conf, join "
      "the group audio, and log in again"};
}

Finding ExamineLocking() {
  const ProbeResult tried = Probe(5, [] {
    void* const memory =
        mmap(nullptr, kLockedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return Json(memory != MAP_FAILED && mlock(memory, kLockedBytes) == 0 ? 0 : errno);
  });
  const rlim_t limit = Limit(RLIMIT_MEMLOCK);
  const std::string words = fmt::format(
      "RLIMIT_MEMLOCK {}", limit == RLIM_INFINITY ? "unlimited" : base::BytesInWords(limit));
  if (tried.failure.empty() && tried.value == 0) {
    return {Level::kOk, "memory-lock",
            fmt::format("{} can be locked ({})", base::BytesInWords(kLockedBytes), words), ""};
  }
  return {Level::kNote, "memory-lock",
          fmt::format("{} cannot be locked ({}): a model may be swapped out",
                      base::BytesInWords(kLockedBytes), words),
          "add '@audio - memlock unlimited' to /etc/security/limits.d/audio.conf, join the group "
          "audio, and log in again"};
}

}  // namespace

Findings ExamineRealTime() { return {ExaminePriority(), ExamineLocking()}; }

}  // namespace continuo::ctl
