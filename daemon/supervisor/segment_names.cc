// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/segment_names.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

namespace fs = std::filesystem;

constexpr char kSharedMemoryDir[] = "/dev/shm";
constexpr char kDaemonProgram[] = "continuod";

std::string PrefixOfUser() { return base::StrCat("continuo-", ::getuid(), "-"); }

absl::StatusOr<std::string> RandomName() {
  std::uint64_t random[2];
  if (::getrandom(random, sizeof random, 0) != sizeof random) {
    return absl::ErrnoToStatus(errno, "the system gives no random numbers");
  }
  return base::StrCat(PrefixOfUser(), ::getpid(), "-", absl::Hex(random[0], absl::kZeroPad16),
                      absl::Hex(random[1], absl::kZeroPad16));
}

bool IsLivingDaemon(pid_t pid) {
  if (pid == ::getpid()) return false;  // ours are made after the sweep
  if (::kill(pid, 0) != 0 && errno == ESRCH) return false;
  std::error_code error;
  const fs::path program = fs::read_symlink(base::StrCat("/proc/", pid, "/exe"), error);
  // Unreadable is not ours to judge. "continuod (deleted)": upgraded while it runs.
  return error || program.filename().string().rfind(kDaemonProgram, 0) == 0;
}

// create(name) under a name that is not taken.
template <typename Create>
absl::StatusOr<std::string> CreateNamed(std::uint64_t bytes, Create create) {
  for (;;) {
    absl::StatusOr<std::string> name = RandomName();
    if (!name.ok()) return name;
    switch (const ipc::SegmentError error = create(*name)) {
      case ipc::SegmentError::kNone:
        return name;
      case ipc::SegmentError::kExists:
        continue;
      case ipc::SegmentError::kNoSpace: {
        struct statvfs info {};
        const bool known = ::statvfs(kSharedMemoryDir, &info) == 0;
        return absl::ResourceExhaustedError(base::StrCat(
            kSharedMemoryDir, " has ", known ? std::uint64_t{info.f_bavail} * info.f_frsize : 0,
            " bytes free, the stream needs ", bytes,
            "; close streams or give /dev/shm more memory"));
      }
      default:
        return absl::InternalError(
            base::StrCat("cannot make the stream's shared memory: ", ipc::ToWords(error)));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> CreateSegment(const ipc::Geometry& geometry) {
  return CreateNamed(ipc::TotalBytes(geometry), [&](const std::string& name) {
    std::unique_ptr<ipc::Segment> segment;
    return ipc::Segment::Create(name, geometry, &segment);
  });
}

absl::StatusOr<std::string> CreateKeyBus(const ipc::KeyBusFormat& format) {
  return CreateNamed(ipc::KeyBus::TotalBytes(format), [&](const std::string& name) {
    std::unique_ptr<ipc::KeyBus> bus;
    return ipc::KeyBus::Create(name, format, &bus);
  });
}

int SweepSegments() {
  const std::string prefix = PrefixOfUser();
  int removed = 0;
  std::error_code error;
  fs::directory_iterator entries(kSharedMemoryDir, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (name.rfind(prefix, 0) != 0) continue;
    pid_t pid = 0;
    const char* const digits = name.data() + prefix.size();
    const auto [end, bad] = std::from_chars(digits, name.data() + name.size(), pid);
    if (bad != std::errc{} || pid <= 0 || *end != '-' || IsLivingDaemon(pid)) continue;
    if (ipc::Segment::Remove(name)) ++removed;
  }
  return removed;
}

}  // namespace continuo::supervisor
