// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/peer.h"

#include <absl/strings/numbers.h>
#include <sys/socket.h>

#include "daemon/base/str_cat.h"

namespace continuo::service {

std::string ClientOf(const std::string& peer) {
  int fd = -1;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  // The call is open, so the connection is, and the number is still its own.
  if (peer.rfind("fd:", 0) == 0 && absl::SimpleAtoi(peer.substr(3), &fd) &&
      ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    return base::StrCat("pid ", credentials.pid);
  }
  return peer;
}

}  // namespace continuo::service
