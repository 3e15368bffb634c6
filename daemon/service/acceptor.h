// SPDX-License-Identifier: Apache-2.0
// Accepts connections on a listening Unix socket, lets in whom it may, and hands them on.
//
// Problem: gRPC can listen by itself, but neither checks who connects nor takes a socket
// that a service manager has bound.
// Threads: one of its own; Stop() and open_connections() by any.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "daemon/base/unique_fd.h"

namespace continuo::service {

class Acceptor {
 public:
  using OnConnection = std::function<void(base::UniqueFd)>;

  Acceptor(base::UniqueFd listener, OnConnection on_connection);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Nobody is let in any more; the listening socket is closed.
  void Stop();

  // Connections handed on that are still open. Looks through this process's descriptors:
  // gRPC, who owns them, does not tell when it closes one.
  [[nodiscard]] std::size_t open_connections();
  // Rises with each connection let in.
  [[nodiscard]] std::uint64_t accepted() const { return accepted_.load(); }

 private:
  void Run();
  void Note(int connection);
  void ForgetClosed();

  base::UniqueFd listener_;
  base::UniqueFd wake_;
  OnConnection on_connection_;
  std::atomic<std::uint64_t> accepted_{0};
  std::mutex mutex_;
  std::set<std::string> open_;   // "socket:[inode]"; guarded by mutex_
  std::size_t forget_at_ = 256;  // size of open_ at which it is gone through; likewise
  std::thread thread_;
};

}  // namespace continuo::service
