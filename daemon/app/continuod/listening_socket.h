// SPDX-License-Identifier: Apache-2.0
// A Unix socket of our own to listen on: private, and ours alone.
//
// Invariant: who holds the lock `<path>.lock` owns the socket file; so a file that is there
// when the lock was free is a dead daemon's, and may go.
// Errors: ALREADY_EXISTS names the daemon that serves the socket; INVALID_ARGUMENT a path
// too long; all name the path. Nothing is left behind.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "daemon/base/file_lock.h"
#include "daemon/base/unique_fd.h"

namespace continuo::app {

class ListeningSocket {
 public:
  // Waits up to 5 s for a daemon that is about to end.
  [[nodiscard]] static absl::StatusOr<ListeningSocket> Bind(const std::string& path);

  // The descriptor, for who accepts; the file and the lock stay with this object.
  [[nodiscard]] base::UniqueFd TakeDescriptor() { return std::move(descriptor_); }

  // Takes the name away: clients find nobody from now on.
  void Unlink();
  // The last step: another daemon may serve the path.
  void RemoveLock() { lock_.Remove(); }

 private:
  ListeningSocket(std::string path, base::FileLock lock, base::UniqueFd descriptor)
      : path_(std::move(path)), lock_(std::move(lock)), descriptor_(std::move(descriptor)) {}

  std::string path_;
  base::FileLock lock_;
  base::UniqueFd descriptor_;
};

}  // namespace continuo::app
