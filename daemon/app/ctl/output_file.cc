// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/output_file.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/app/ctl/failure.h"
#include "daemon/base/unique_fd.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

mode_t ModeFor(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

void WriteWholeFile(const std::string& path, std::string_view bytes) {
  // A link is written through, not replaced.
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  const fs::path place = error ? fs::path(path) : resolved;
  const std::string directory = place.has_parent_path() ? place.parent_path().string() : ".";
  std::string hidden = fmt::format("{}/.{}.XXXXXX", directory, place.filename().string());
  const SignalsBlocked blocked;
  const base::UniqueFd fd(mkostemp(hidden.data(), O_CLOEXEC));
  if (!fd.valid()) throw BadOutput(path, std::strerror(errno));
  if (!WriteAll(fd.get(), bytes) || fchmod(fd.get(), ModeFor(place)) != 0 || fsync(fd.get()) != 0 ||
      rename(hidden.c_str(), place.c_str()) != 0) {
    const int cause = errno;
    unlink(hidden.c_str());
    throw BadOutput(path, std::strerror(cause));
  }
}

}  // namespace continuo::ctl
