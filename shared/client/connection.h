// SPDX-License-Identifier: Apache-2.0
// Finding, starting and speaking to the daemon. All of it is [main-thread]: calls
// block up to their deadline, or until their errand is cancelled.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <memory>
#include <string>

namespace continuo::client {

class Errand;

// $CONTINUO_SOCKET, else $XDG_RUNTIME_DIR/continuo/daemon.sock, else
// /tmp/continuo-<uid>/daemon.sock.
[[nodiscard]] std::string DefaultSocketPath();

struct ConnectOptions {
  std::string socket_path;  // empty: DefaultSocketPath()
  bool autostart = true;    // start `continuod` where nothing answers
  double timeout_s = 5.0;
  std::string client_name = "continuo client";
  Errand* errand = nullptr;  // whose Cancel() ends it, the start of a daemon too; null: nobody's
};

// A channel to a daemon that has agreed on the API version.
struct Connected {
  std::shared_ptr<grpc::Channel> channel;
  std::uint32_t api_minor = 0;
  std::string daemon_version;
  int daemon_pid = 0;
};

// UNAVAILABLE: nothing answers there (the message names the socket and what to
// do); FAILED_PRECONDITION: the versions have none in common; CANCELLED: by its errand.
[[nodiscard]] grpc::Status Connect(const ConnectOptions& options, Connected* connected);

// One sentence for people: "not found: …".
[[nodiscard]] std::string Describe(const grpc::Status& status);

}  // namespace continuo::client
