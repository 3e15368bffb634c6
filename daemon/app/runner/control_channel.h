// SPDX-License-Identifier: Apache-2.0
// The runner's end of the private socket pair: one protobuf message a datagram.
// Threads: Receive by one thread, Send by any.
#pragma once

#include <mutex>
#include <vector>

#include "continuo/internal/runner.pb.h"

namespace continuo::runner {

class ControlChannel {
 public:
  enum class [[nodiscard]] Received : std::uint8_t{kMessage, kNothing, kEnd};

  explicit ControlChannel(int fd);
  // Waits at most `timeout_ms`. kEnd: the daemon has gone.
  Received Receive(int timeout_ms, internal::ToRunner* message);
  // A daemon that has gone is noticed by Receive.
  void Send(const internal::FromRunner& message);

 private:
  const int fd_;
  std::vector<char> buffer_;
  std::mutex mutex_;
};

}  // namespace continuo::runner
