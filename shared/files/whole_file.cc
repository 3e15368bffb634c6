// SPDX-License-Identifier: Apache-2.0
#include "shared/files/whole_file.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace continuo::files {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status SystemError(const std::string& what) { return absl::ErrnoToStatus(errno, what); }

absl::Status ReplaceFile(const std::string& path, std::string_view bytes, mode_t mode) {
  // Hidden, so that nobody takes it for a file of the folder.
  std::string draft =
      absl::StrCat(FolderOf(path), "/.", fs::path(path).filename().string(), ".XXXXXX");
  const int fd = ::mkostemp(draft.data(), O_CLOEXEC);
  if (fd < 0) return SystemError(absl::StrCat("cannot write ", path));
  bool good = WriteAll(fd, bytes) && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  int cause = errno;
  if (::close(fd) != 0 && good) good = false, cause = errno;
  if (good && std::rename(draft.c_str(), path.c_str()) != 0) good = false, cause = errno;
  if (good) return SyncDirectory(FolderOf(path));
  ::unlink(draft.c_str());
  return absl::ErrnoToStatus(cause, absl::StrCat("cannot write ", path));
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(absl::StrCat("cannot open ", path));
  const bool good = ::fsync(fd) == 0;
  absl::Status status = good ? absl::OkStatus() : SystemError(absl::StrCat("cannot sync ", path));
  ::close(fd);
  return status;
}

absl::Status MakeDirectories(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return absl::OkStatus();
  const std::string parent = FolderOf(path);
  if (parent != path) {
    if (absl::Status status = MakeDirectories(parent); !status.ok()) return status;
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(absl::StrCat("cannot make directory ", path));
  }
  return SyncDirectory(parent);
}

}  // namespace continuo::files
