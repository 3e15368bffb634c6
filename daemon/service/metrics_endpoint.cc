// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/metrics_endpoint.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <future>
#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/service/prometheus_text.h"

namespace continuo::service {
namespace {

using Clock = std::chrono::steady_clock;

// Until `events` or the deadline; false: the latter, or the end.
bool WaitFor(int connection, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd watched{connection, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// All up to the empty line. Empty: it did not come in time.
std::string ReadRequest(int connection) {
  const auto deadline = Clock::now() + kRequestPatience;
  std::string request;
  char part[1024];
  while (request.find("\r\n\r\n") == std::string::npos && request.size() <= kMaxRequestBytes) {
    if (!WaitFor(connection, POLLIN, deadline)) return {};
    const ssize_t size = ::recv(connection, part, sizeof part, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return {};
    if (size > 0) request.append(part, static_cast<std::size_t>(size));
  }
  return request;
}

void Send(int connection, std::string_view text) {
  const auto deadline = Clock::now() + kAnswerPatience;
  while (!text.empty() && WaitFor(connection, POLLOUT, deadline)) {
    const ssize_t size = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::string Answer(const HttpVerdict& verdict, const std::string& text) {
  const bool good = std::string_view(verdict.status).substr(0, 3) == "200";
  const std::string body = good ? text : base::StrCat(verdict.status, "\n");
  return base::StrCat(
      "HTTP/1.1 ", verdict.status,
      "\r\nContent-Type: ", good ? kPrometheusContentType : "text/plain; charset=utf-8",
      "\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n",
      std::string_view(verdict.status).substr(0, 3) == "405" ? "Allow: GET, HEAD\r\n" : "", "\r\n",
      verdict.body ? body : "");
}

}  // namespace

HttpVerdict JudgeRequest(std::string_view request) {
  if (request.size() > kMaxRequestBytes) return {"431 Request Header Fields Too Large", true};
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  if (first == std::string_view::npos || first == second ||
      line.find('\0') != std::string_view::npos) {
    return {"400 Bad Request", true};
  }
  const std::string_view method = line.substr(0, first);
  std::string_view path = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  path = path.substr(0, path.find('?'));
  if (path.find(' ') != std::string_view::npos || version.substr(0, 5) != "HTTP/") {
    return {"400 Bad Request", true};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return {"505 HTTP Version Not Supported", true};
  }
  if (method != "GET" && method != "HEAD") return {"405 Method Not Allowed", true};
  const bool body = method == "GET";
  if (path != "/metrics") return {"404 Not Found", body};
  return {"200 OK", body};
}

MetricsEndpoint::MetricsEndpoint(base::UniqueFd listener, MetricsCollector* collector,
                                 supervisor::MemoryKeeper* memory)
    : collector_(collector),
      memory_(memory),
      acceptor_(std::move(listener),
                [this](const base::UniqueFd& connection) { Serve(connection); }) {}

void MetricsEndpoint::Serve(const base::UniqueFd& connection) {
  const std::string request = ReadRequest(connection.get());
  if (request.empty()) return;
  const HttpVerdict verdict = JudgeRequest(request);
  std::string text;
  if (std::string_view(verdict.status).substr(0, 3) == "200") {
    // Shared: the answer may come after this has given up.
    const auto collected = std::make_shared<std::promise<std::string>>();
    auto there = collected->get_future();
    collector_->Collect(true, [collected](const v1::GetMetricsResponse& metrics) {
      collected->set_value(PrometheusText(metrics));
    });
    if (there.wait_for(kAnswerPatience) == std::future_status::ready) {
      text = there.get() + PrometheusText(memory_->Report());
    } else {
      return Send(connection.get(), Answer({"503 Service Unavailable", true}, ""));
    }
  }
  Send(connection.get(), Answer(verdict, text));
  // What the client has sent beside its request would make closing an error there.
  ::shutdown(connection.get(), SHUT_WR);
  char rest[1024];
  const auto deadline = Clock::now() + std::chrono::milliseconds(100);
  while (WaitFor(connection.get(), POLLIN, deadline) &&
         ::recv(connection.get(), rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
}

}  // namespace continuo::service
