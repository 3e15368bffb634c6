// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/read_file.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::base {

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t maximum_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, StrCat("cannot read ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, " is not a regular file"));
  }
  // Counted while reading: the file may grow after fstat.
  std::string text;
  text.reserve(std::min(maximum_bytes, static_cast<std::size_t>(info.st_size)));
  for (;;) {
    char buffer[1U << 16];
    const ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::ErrnoToStatus(errno, StrCat("cannot read ", path));
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > maximum_bytes) {
      return absl::InvalidArgumentError(StrCat(path, " is longer than ", maximum_bytes, " bytes"));
    }
  }
}

}  // namespace continuo::base
