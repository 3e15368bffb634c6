// SPDX-License-Identifier: Apache-2.0
// What a service manager gives and wants to know: sd_listen_fds(3) and sd_notify(3), whose
// protocols are a few environment variables and a datagram.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "daemon/base/unique_fd.h"

namespace continuo::app {

// The listening socket that was bound for us, or an invalid descriptor where there is none.
// Removes the variables, which are nobody's but ours. Before any thread exists.
[[nodiscard]] absl::StatusOr<base::UniqueFd> TakeListeningSocket();

// The path that a listening socket is bound to.
[[nodiscard]] std::string PathOf(const base::UniqueFd& listener);

// "READY=1", "STOPPING=1"; nothing happens where nobody asked.
void NotifyServiceManager(const std::string& state);

}  // namespace continuo::app
