// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/continuod/service_manager.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "daemon/base/str_cat.h"

namespace continuo::app {
namespace {

constexpr int kFirstListenFd = 3;

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

int SocketOption(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

absl::StatusOr<base::UniqueFd> TakeListeningSocket() {
  const std::string pid = Environment("LISTEN_PID");
  const std::string count = Environment("LISTEN_FDS");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (pid != base::StrCat(::getpid()) || count.empty()) return base::UniqueFd();
  if (count != "1") {
    return absl::InvalidArgumentError(base::StrCat("the service manager passes ", count,
                                                   " sockets; the daemon serves exactly one"));
  }
  base::UniqueFd listener(kFirstListenFd);
  if (SocketOption(listener.get(), SO_DOMAIN) != AF_UNIX ||
      SocketOption(listener.get(), SO_TYPE) != SOCK_STREAM ||
      SocketOption(listener.get(), SO_ACCEPTCONN) != 1) {
    return absl::InvalidArgumentError(
        "the service manager passes something else than a listening Unix stream socket");
  }
  ::fcntl(listener.get(), F_SETFD, FD_CLOEXEC);
  return listener;
}

std::string PathOf(const base::UniqueFd& listener) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

void NotifyServiceManager(const std::string& state) {
  const std::string path = Environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // abstract namespace
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace continuo::app
