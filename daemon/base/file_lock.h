// SPDX-License-Identifier: Apache-2.0
// One process at a time: a lock on a file, held until the object or the process ends.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "daemon/base/unique_fd.h"

namespace continuo::base {

class FileLock {
 public:
  // Makes the file (mode 0600) if it is missing and locks it, without waiting.
  // ALREADY_EXISTS names the process that holds it. The file stays when the lock
  // is given back by the destructor.
  [[nodiscard]] static absl::StatusOr<FileLock> TryAcquire(const std::string& path);

  // Takes the file away and gives the lock back. Two processes cannot lock two files of
  // one name by it: who gets a lock on a file that has lost its name tries again.
  void Remove();

 private:
  FileLock(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;  // flock(2), close-on-exec: children do not keep it
};

}  // namespace continuo::base
