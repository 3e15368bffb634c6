// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/durable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::model {

namespace fs = std::filesystem;

absl::Status WriteAll(int fd, const char* data, std::size_t bytes, const std::string& path) {
  while (bytes > 0) {
    const ssize_t written = ::write(fd, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(base::StrCat("cannot write ", path));
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return absl::OkStatus();
}

absl::StatusOr<base::UniqueFd> CreateFile(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return SystemError(base::StrCat("cannot make ", path));
  return fd;
}

absl::Status SyncAndClose(base::UniqueFd fd, const std::string& path) {
  if (::fsync(fd.get()) != 0) return SystemError(base::StrCat("cannot write ", path));
  return absl::OkStatus();
}

absl::Status SyncDirectories(const std::string& root) {
  std::error_code error;
  for (fs::directory_iterator entries(root, error); !error && entries != fs::directory_iterator();
       entries.increment(error)) {
    if (!fs::is_directory(entries->symlink_status(error))) continue;
    if (absl::Status status = SyncDirectories(entries->path().string()); !status.ok()) {
      return status;
    }
  }
  if (error) {
    return absl::UnavailableError(base::StrCat("cannot read ", root, ": ", error.message()));
  }
  return SyncDirectory(root);
}

absl::Status MakeDirectory(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 ? absl::OkStatus()
                                          : SystemError(base::StrCat("cannot make ", path));
}

absl::Status WriteNewFile(const std::string& path, std::string_view text) {
  absl::StatusOr<base::UniqueFd> fd = CreateFile(path);
  if (!fd.ok()) return fd.status();
  if (absl::Status status = WriteAll(fd->get(), text.data(), text.size(), path); !status.ok()) {
    return status;
  }
  return SyncAndClose(*std::move(fd), path);
}

}  // namespace continuo::model
