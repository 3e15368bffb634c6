// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::model {

namespace fs = std::filesystem;

absl::Status SystemError(const std::string& what) { return absl::ErrnoToStatus(errno, what); }

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

absl::Status SyncDirectory(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(base::StrCat("cannot open ", path));
  return SyncAndClose(std::move(fd), path);
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

absl::Status ReplaceFile(const std::string& path, std::string_view text) {
  std::string draft = path + ".XXXXXX";
  base::UniqueFd fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (!fd.valid()) return SystemError(base::StrCat("cannot make a file beside ", path));
  absl::Status status = WriteAll(fd.get(), text.data(), text.size(), draft);
  if (status.ok()) status = SyncAndClose(std::move(fd), draft);
  if (status.ok() && ::rename(draft.c_str(), path.c_str()) != 0) {
    status = SystemError(base::StrCat("cannot rename to ", path));
  }
  if (!status.ok()) {
    ::unlink(draft.c_str());
    return status;
  }
  return SyncDirectory(fs::path(path).parent_path().string());
}

}  // namespace continuo::model
