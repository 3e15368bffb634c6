// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/daemon_service.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/process_memory.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/service/limits.h"
#include "daemon/service/snapshot.h"
#include "daemon/service/status.h"
#include "daemon/service/translate.h"
#include "shared/client/api_version.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::service {
namespace {

// The version that both sides can speak, or which of them has to be updated.
absl::StatusOr<v1::ApiVersion> Negotiate(const v1::ConnectRequest& request) {
  const std::uint32_t major = request.api().major();
  const std::uint32_t minor = request.api().minor();
  if (major == 0) return absl::InvalidArgumentError("api.major is missing");
  if (request.minimum_minor() > minor) {
    return absl::InvalidArgumentError(base::StrCat("minimum_minor is ", request.minimum_minor(),
                                                   ", above api.minor, which is ", minor));
  }
  const auto refuse = [&](const char* older) {
    return absl::FailedPreconditionError(
        base::StrCat("the client speaks API ", major, ".", request.minimum_minor(), " to ", major,
                     ".", minor, ", this daemon (", base::kVersion, ") API ", kApiMajor, ".",
                     kApiMinimumMinor, " to ", kApiMajor, ".", kApiMinor, ": update the ", older));
  };
  if (major != kApiMajor) return refuse(major < kApiMajor ? "client" : "daemon");
  if (minor < kApiMinimumMinor) return refuse("client");
  if (request.minimum_minor() > kApiMinor) return refuse("daemon");
  if (request.segment_abi() != 0 && request.segment_abi() != ipc::kSegmentAbi) {
    return absl::FailedPreconditionError(
        base::StrCat("the client's segment_abi is ", request.segment_abi(), ", this daemon's is ",
                     ipc::kSegmentAbi, ": update the ",
                     request.segment_abi() < ipc::kSegmentAbi ? "client" : "daemon"));
  }
  v1::ApiVersion agreed;
  agreed.set_major(kApiMajor);
  agreed.set_minor(std::min(minor, kApiMinor));
  return agreed;
}

}  // namespace

DaemonService::DaemonService(DaemonInfo info, supervisor::Supervisor* supervisor,
                             std::shared_ptr<model::ModelStore> store, EventBroadcaster* events,
                             supervisor::JobDesk* desk)
    : info_(std::move(info)),
      started_ns_(base::MonotonicNs()),
      supervisor_(supervisor),
      store_(std::move(store)),
      events_(events),
      desk_(desk) {}

grpc::ServerUnaryReactor* DaemonService::Connect(grpc::CallbackServerContext* context,
                                                 const v1::ConnectRequest* request,
                                                 v1::ConnectResponse* response) {
  auto* const reactor = context->DefaultReactor();
  absl::Status status = CheckText("client_name", request->client_name(), kMaxClientNameBytes);
  if (status.ok()) {
    const absl::StatusOr<v1::ApiVersion> agreed = Negotiate(*request);
    status = agreed.status();
    if (agreed.ok()) *response->mutable_api() = *agreed;
  }
  response->set_segment_abi(ipc::kSegmentAbi);
  response->set_daemon_version(std::string(base::kVersion));
  response->set_daemon_pid(::getpid());
  if (status.ok()) {
    base::Log("service").debug("'{}' connected", request->client_name());
  } else {
    base::Log("service").warn("a client was refused: {}", base::MessageOf(status));
  }
  reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* DaemonService::GetStatus(grpc::CallbackServerContext* context,
                                                   const v1::GetStatusRequest*,
                                                   v1::GetStatusResponse* response) {
  auto* const reactor = context->DefaultReactor();
  response->set_daemon_version(std::string(base::kVersion));
  response->mutable_api()->set_major(kApiMajor);
  response->mutable_api()->set_minor(kApiMinor);
  response->set_daemon_pid(::getpid());
  response->set_uptime_s(static_cast<double>(base::MonotonicNs() - started_ns_) * 1e-9);
  response->set_resident_bytes(base::ReadProcessMemory(::getpid()).resident_bytes);
  response->set_socket_path(info_.socket_path);
  response->set_configuration_path(info_.configuration_path);
  response->set_models(static_cast<std::uint32_t>(store_->List()->packages.size()));
  GetSnapshot(supervisor_, desk_, [reactor, response](const supervisor::Snapshot& snapshot) {
    for (const supervisor::RunnerInfo& runner : snapshot.runners)
      *response->add_runners() = ToProto(runner);
    for (const supervisor::StreamInfo& stream : snapshot.streams)
      *response->add_streams() = ToProto(stream);
    response->mutable_warnings()->Assign(snapshot.warnings.begin(), snapshot.warnings.end());
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* DaemonService::GetCapabilities(grpc::CallbackServerContext* context,
                                                         const v1::GetCapabilitiesRequest*,
                                                         v1::GetCapabilitiesResponse* response) {
  for (const std::string& name : base::InstalledExecutors()) response->add_executors(name);
  response->add_devices("cpu");
  response->set_maximum_streams(static_cast<std::uint32_t>(info_.maximum_streams));
  response->set_maximum_channels(ipc::kMaxChannels);
  response->set_maximum_block_frames(ipc::kMaxBlockFrames);
  response->set_minimum_sample_rate_hz(ipc::kMinSampleRateHz);
  response->set_maximum_sample_rate_hz(ipc::kMaxSampleRateHz);
  response->set_maximum_parameters(ipc::kMaxParameters);
  response->set_segment_abi(ipc::kSegmentAbi);
  auto* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<v1::Event>* DaemonService::Subscribe(grpc::CallbackServerContext*,
                                                              const v1::SubscribeRequest*) {
  return events_->Subscribe();
}

}  // namespace continuo::service
