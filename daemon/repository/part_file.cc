// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <vector>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/sha256.h"

namespace continuo::repository {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWeekSeconds = 7 * 86'400;
constexpr char kEnding[] = ".part";

absl::Status Errno(const char* what, const std::string& path) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return absl::ResourceExhaustedError(
        base::StrCat("cannot ", what, " ", path, ": there is no room left on the disk"));
  }
  return absl::ErrnoToStatus(errno, base::StrCat("cannot ", what, " ", path));
}

}  // namespace

absl::StatusOr<PartFile> PartFile::Open(const std::string& directory, const std::string& sha256) {
  if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) return status;
  const std::string path = base::StrCat(directory, "/", sha256, kEnding);
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return Errno("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(
        base::StrCat(path, " is being downloaded by another process; wait for it"));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return Errno("look at", path);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(base::StrCat(path, " is no regular file; remove it"));
  }
  return PartFile(path, std::move(fd), static_cast<std::uint64_t>(info.st_size));
}

PartFile::~PartFile() {
  if (fd_.valid() && !keep_) ::unlink(path_.c_str());
}

absl::Status PartFile::Truncate() {
  if (::ftruncate(fd_.get(), 0) != 0) return Errno("empty", path_);
  size_ = 0;
  return absl::OkStatus();
}

absl::Status PartFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Errno("write", path_);
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PartFile::Digest() const {
  model::Sha256 sha256;
  std::vector<char> buffer(1U << 20);
  for (std::uint64_t at = 0; at < size_;) {
    const ssize_t count = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Errno("read", path_);
    sha256.Update(buffer.data(), static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
  return sha256.Finish();
}

int SweepParts(const std::string& directory) {
  int removed = 0;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string path = entries->path().string();
    if (entries->path().extension() != kEnding) continue;
    const base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    struct stat info {};
    if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(fd.get(), &info) != 0 ||
        std::time(nullptr) - info.st_mtime < kWeekSeconds) {
      continue;
    }
    if (::unlink(path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace continuo::repository
