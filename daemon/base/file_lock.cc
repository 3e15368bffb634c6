// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/file_lock.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "daemon/base/str_cat.h"

namespace continuo::base {
namespace {

bool HasName(const UniqueFd& fd, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd.get(), &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::TryAcquire(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, StrCat("cannot open lock file ", path));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return absl::ErrnoToStatus(errno, StrCat("cannot lock ", path));
    char holder[16] = {};  // a process id, written below; for people only
    const ssize_t size = ::pread(fd.get(), holder, sizeof holder - 1, 0);
    return absl::AlreadyExistsError(
        StrCat(path, " is locked by process ", size > 0 ? holder : "(unknown)"));
  }
  if (!HasName(fd, path)) return TryAcquire(path);  // its holder removed it meanwhile
  const std::string pid = StrCat(::getpid());
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return absl::ErrnoToStatus(errno, StrCat("cannot write lock file ", path));
  }
  return FileLock(path, std::move(fd));
}

void FileLock::Remove() {
  if (fd_.valid()) ::unlink(path_.c_str());
  fd_.Reset();
}

}  // namespace continuo::base
