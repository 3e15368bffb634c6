// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/continuod/listening_socket.h"

#include <absl/status/status.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"

namespace continuo::app {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{20};
constexpr int kBacklog = 128;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  constexpr std::size_t kLongest = sizeof address.sun_path - 1;
  if (path.size() > kLongest) {
    return absl::InvalidArgumentError(base::StrCat("socket path ", path, " has ", path.size(),
                                                   " bytes, the system's limit is ", kLongest,
                                                   "; name a shorter one with --socket"));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool SomebodyListens(const sockaddr_un& address) {
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;  // its queue is full
}

// A daemon that is ending has taken its socket away but holds the lock for a moment.
absl::StatusOr<base::FileLock> Lock(const std::string& path, const sockaddr_un& address) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    absl::StatusOr<base::FileLock> lock = base::FileLock::TryAcquire(path + ".lock");
    if (!absl::IsAlreadyExists(lock.status())) return lock;
    if (SomebodyListens(address) || std::chrono::steady_clock::now() > deadline) {
      return absl::AlreadyExistsError(base::StrCat("another daemon serves ", path,
                                                   " already: ", base::MessageOf(lock.status())));
    }
    std::this_thread::sleep_for(kPause);
  }
}

absl::Status RemoveStale(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        base::StrCat(path, " is there and is no socket; remove it or name another with --socket"));
  }
  if (::unlink(path.c_str()) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, base::StrCat("cannot remove the old socket ", path));
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Bind(const std::string& path) {
  absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) {
    return absl::Status(status.code(),
                        base::StrCat("the socket's directory: ", base::MessageOf(status)));
  }
  absl::StatusOr<base::FileLock> lock = Lock(path, *address);
  if (!lock.ok()) return lock.status();
  absl::Status status = RemoveStale(path);
  base::UniqueFd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // On Linux the file gets the mode that its socket has.
  ::fchmod(descriptor.get(), 0600);
  if (status.ok() && ::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&*address),
                            sizeof *address) != 0) {
    status = absl::ErrnoToStatus(errno, base::StrCat("cannot bind the socket ", path));
  }
  if (status.ok() && ::listen(descriptor.get(), kBacklog) != 0) {
    status = absl::ErrnoToStatus(errno, base::StrCat("cannot listen on ", path));
    ::unlink(path.c_str());
  }
  if (!status.ok()) {
    lock->Remove();
    return status;
  }
  return ListeningSocket(path, *std::move(lock), std::move(descriptor));
}

void ListeningSocket::Unlink() { ::unlink(path_.c_str()); }

}  // namespace continuo::app
