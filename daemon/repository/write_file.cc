// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::repository {
namespace {

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status WriteFileWhole(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string beside = path + ".XXXXXX";
  const base::UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, base::StrCat("cannot write ", path));
  if (WriteAll(fd.get(), bytes) && ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0 &&
      std::rename(beside.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  absl::Status status = absl::ErrnoToStatus(errno, base::StrCat("cannot write ", path));
  ::unlink(beside.c_str());
  return status;
}

}  // namespace continuo::repository
