// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/context.h"

#include <spdlog/fmt/fmt.h>
#include <sys/un.h>

#include <cstdio>

#include "daemon/app/ctl/json.h"

namespace continuo::ctl {

std::string Context::SocketPath() const {
  return socket.empty() ? client::DefaultSocketPath() : socket;
}

client::Connected Context::Connect() const { return Connect(!no_autostart); }

client::Connected Context::Connect(bool autostart) const {
  client::ConnectOptions options;
  options.socket_path = SocketPath();
  options.autostart = autostart;
  options.client_name = kClientName;
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (options.socket_path.size() > kLongest) {
    throw UsageError(fmt::format(
        "{}: this socket path has {} bytes, and a Unix socket may have {}; name a shorter one with "
        "--socket or CONTINUO_SOCKET",
        options.socket_path, options.socket_path.size(), kLongest));
  }
  client::Connected connected;
  const grpc::Status status = client::Connect(options, &connected);
  if (!status.ok()) throw FromStatus(status);
  return connected;
}

void PrintJson(const Json& document) {
  const std::string text = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace continuo::ctl
