// SPDX-License-Identifier: Apache-2.0
#include "shared/client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "shared/client/api_version.h"
#include "shared/client/autostart.h"
#include "shared/client/errand.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  // Each attempt stands for itself: no back-off is inherited from an earlier one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(),
                                   arguments);
}

grpc::Status Negotiate(const ConnectOptions& options, Errand* errand, Clock::time_point deadline,
                       Connected* connected) {
  connected->channel = MakeChannel(options.socket_path);
  const auto stub = v1::DaemonService::NewStub(connected->channel);
  v1::ConnectRequest request;
  request.mutable_api()->set_major(kApiMajor);
  request.mutable_api()->set_minor(kApiMinor);
  request.set_minimum_minor(kApiMinimumMinor);
  request.set_segment_abi(ipc::kSegmentAbi);
  request.set_client_name(options.client_name);
  v1::ConnectResponse response;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  const grpc::Status status = errand->Run(
      std::max(left, milliseconds(1)),
      [&](grpc::ClientContext& context) { return stub->Connect(&context, request, &response); });
  if (!status.ok()) return status;
  if (response.api().major() != kApiMajor || response.api().minor() < kApiMinimumMinor ||
      response.api().minor() > kApiMinor || response.segment_abi() != ipc::kSegmentAbi) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            "the daemon " + response.daemon_version() + " answered with API " +
                std::to_string(response.api().major()) + "." +
                std::to_string(response.api().minor()) + ", segment layout " +
                std::to_string(response.segment_abi()) + "; this client speaks API " +
                std::to_string(kApiMajor) + "." + std::to_string(kApiMinimumMinor) + " to " +
                std::to_string(kApiMajor) + "." + std::to_string(kApiMinor) + ", segment layout " +
                std::to_string(ipc::kSegmentAbi) + ": update the older one"};
  }
  connected->api_minor = response.api().minor();
  connected->daemon_version = response.daemon_version();
  connected->daemon_pid = response.daemon_pid();
  return grpc::Status::OK;
}

}  // namespace

std::string DefaultSocketPath() {
  if (const char* named = std::getenv("CONTINUO_SOCKET"); named != nullptr && *named != '\0') {
    return named;
  }
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR");
      runtime != nullptr && *runtime != '\0') {
    return std::string(runtime) + "/continuo/daemon.sock";
  }
  return "/tmp/continuo-" + std::to_string(getuid()) + "/daemon.sock";
}

grpc::Status Connect(const ConnectOptions& given, Connected* connected) {
  ConnectOptions options = given;
  if (options.socket_path.empty()) options.socket_path = DefaultSocketPath();
  constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  if (options.socket_path.size() > kLongestPath) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "socket path '" + options.socket_path + "' has " +
                                                    std::to_string(options.socket_path.size()) +
                                                    " characters, " + std::to_string(kLongestPath) +
                                                    " is the limit of the system"};
  }
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(options.timeout_s));
  Errand own;
  Errand* const errand = options.errand != nullptr ? options.errand : &own;
  bool started = false;
  for (;;) {
    const grpc::Status status = Negotiate(options, errand, deadline, connected);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return status;
    if (!options.autostart) {
      return {grpc::StatusCode::UNAVAILABLE,
              "no daemon answers at " + options.socket_path + "; start one with `continuod`"};
    }
    if (!started) {
      started = true;
      const std::string error = StartDaemon(options.socket_path, *errand);
      // Where it was cancelled the next attempt says so.
      if (!error.empty() && !errand->cancelled()) return {grpc::StatusCode::UNAVAILABLE, error};
    } else if (Clock::now() >= deadline) {
      return {grpc::StatusCode::UNAVAILABLE,
              "the daemon was started but does not answer at " + options.socket_path};
    } else {
      static_cast<void>(errand->Pause(milliseconds(20)));
    }
  }
}

std::string Describe(const grpc::Status& status) {
  if (status.ok()) return "ok";
  if (!status.error_message().empty()) return status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::CANCELLED:
      return "cancelled";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "the daemon did not answer in time";
    case grpc::StatusCode::UNAVAILABLE:
      return "the connection to the daemon was lost";
    default:
      return "error " + std::to_string(static_cast<int>(status.error_code()));
  }
}

}  // namespace continuo::client
