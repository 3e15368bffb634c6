// SPDX-License-Identifier: Apache-2.0
// Is there room for the streams' segments, and may we make one?
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

constexpr const char* kDirectory = "/dev/shm";
// The largest segment: 8 channels, blocks of 4096 frames.
constexpr std::uint64_t kSegmentBytes = 4'600'000;

// Empty, or why a segment cannot be made.
std::string TrySegment() {
  const std::string name = fmt::format("/continuo-doctor-{}", getpid());
  const int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) return std::strerror(errno);
  shm_unlink(name.c_str());
  // Really takes the pages; ftruncate alone would promise what is not there.
  const int error = posix_fallocate(fd, 0, kSegmentBytes);
  close(fd);
  return error == 0 ? "" : std::strerror(error);
}

}  // namespace

Findings ExamineSharedMemory() {
  struct statvfs room {};
  if (statvfs(kDirectory, &room) != 0) {
    return {{Level::kProblem, "shared-memory",
             fmt::format("{}: {}", kDirectory, std::strerror(errno)),
             "mount a tmpfs there: streams pass their sound through it"}};
  }
  const std::uint64_t free_bytes = std::uint64_t{room.f_bavail} * room.f_frsize;
  const std::string why = TrySegment();
  if (!why.empty()) {
    return {{Level::kProblem, "shared-memory",
             fmt::format("no segment of {} can be made in {} ({} free): {}",
                         base::BytesInWords(kSegmentBytes), kDirectory,
                         base::BytesInWords(free_bytes), why),
             "remove what fills it, or mount -o remount,size=256M /dev/shm"}};
  }
  return {{Level::kOk, "shared-memory",
           fmt::format("{} free in {}", base::BytesInWords(free_bytes), kDirectory), ""}};
}

}  // namespace continuo::ctl
