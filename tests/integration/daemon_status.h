// SPDX-License-Identifier: Apache-2.0
// What a daemon tells of itself.
#pragma once

#include <catch2/catch.hpp>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {

inline v1::GetStatusResponse StatusOf(const DaemonProcess& daemon) {
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::GetStatusResponse response;
  const grpc::Status status =
      Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &response);
  INFO(daemon.log());
  REQUIRE(status.error_message() == "");
  return response;
}

}  // namespace continuo::test
