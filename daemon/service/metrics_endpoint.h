// SPDX-License-Identifier: Apache-2.0
// `GET /metrics` on a Unix socket, for Prometheus and for curl.
//
// Problem: a collector speaks HTTP, and a web server is more than one page needs.
// What it speaks: HTTP/1.1 and 1.0, GET and HEAD, one request a connection, which is closed
// after it. A request is at most kMaxRequestBytes and has kRequestPatience to arrive, the
// answer kAnswerPatience to be taken; what is not like that gets its status or is closed.
// Who may: this user and root (the socket's mode, and acceptor.h).
// Threads: the acceptor's, one connection after the other.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/base/unique_fd.h"
#include "daemon/service/acceptor.h"
#include "daemon/service/metrics_collector.h"

namespace continuo::service {

inline constexpr std::size_t kMaxRequestBytes = 8192;
inline constexpr std::chrono::milliseconds kRequestPatience{1000};
inline constexpr std::chrono::milliseconds kAnswerPatience{2000};

// The status line, "200 OK", that a whole request gets, and whether a body goes with it.
struct HttpVerdict {
  const char* status;
  bool body;
};
[[nodiscard]] HttpVerdict JudgeRequest(std::string_view request);

class MetricsEndpoint {
 public:
  MetricsEndpoint(base::UniqueFd listener, MetricsCollector* collector,
                  supervisor::MemoryKeeper* memory);

  // Answers nobody any more.
  void Stop() { acceptor_.Stop(); }

 private:
  void Serve(const base::UniqueFd& connection);

  MetricsCollector* const collector_;
  supervisor::MemoryKeeper* const memory_;
  Acceptor acceptor_;
};

}  // namespace continuo::service
