// SPDX-License-Identifier: Apache-2.0
// Messages to and from one runner: runner.proto, one a datagram.
//
// Threads: [loop-thread]. Nothing waits: what the socket does not take is queued.
// Trust: a runner runs models from anybody. What does not parse, or a queue that only
// grows, is reported as broken; the owner ends the runner. A message too large for a datagram
// goes by a sealed memory file, either way (datagram.h).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "continuo/internal/runner.pb.h"
#include "daemon/base/unique_fd.h"
#include "daemon/supervisor/event_loop.h"

namespace continuo::supervisor {

class ControlChannel {
 public:
  struct Handlers {
    std::function<void(const internal::FromRunner&)> message;
    // At most once; `why` is empty where the peer closed its end.
    std::function<void(const std::string& why)> broken;
  };

  // The socket stays the caller's and outlives the channel.
  ControlChannel(EventLoop* loop, int socket, Handlers handlers);
  ~ControlChannel();
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  void Send(const internal::ToRunner& message);
  // Handles what has arrived: the last words of a runner that has ended.
  void ReadAll();

 private:
  struct Outgoing {
    std::string bytes;
    base::UniqueFd file;
  };
  void Flush();
  // False where it is broken.
  bool Handle(std::string_view bytes, const base::UniqueFd& file);
  void Break(const std::string& why);

  EventLoop* loop_;
  int socket_;
  Handlers handlers_;
  std::deque<Outgoing> queue_;
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace continuo::supervisor
