// SPDX-License-Identifier: Apache-2.0
// What the daemon tells of itself, and how it agrees on versions.
#include <grpcpp/generic/generic_stub.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "shared/client/api_version.h"
#include "shared/ipc/segment_layout.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;

// A call by name with the bytes given, for services that we have no stub of.
grpc::Status CallByName(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                        const std::string& request, std::string* response) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(&context);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, method, &queue);
  int tag = 0;
  void* got = nullptr;
  bool ok = false;
  const auto wait = [&] { return queue.Next(&got, &ok) && ok; };
  call->StartCall(&tag);
  if (wait()) {
    const grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), &tag);
    wait();
    grpc::ByteBuffer answer;
    call->Read(&answer, &tag);
    if (wait()) {
      std::vector<grpc::Slice> slices;
      static_cast<void>(answer.Dump(&slices));
      for (const grpc::Slice& part : slices)
        response->append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  grpc::Status status;
  call->Finish(&status, &tag);
  wait();
  return status;
}

v1::ConnectRequest GoodConnect() {
  v1::ConnectRequest request;
  request.mutable_api()->set_major(kApiMajor);
  request.mutable_api()->set_minor(kApiMinor);
  request.set_segment_abi(ipc::kSegmentAbi);
  request.set_client_name("test");
  return request;
}

TEST_CASE("daemon: status tells of this process") {
  const DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::GetStatusResponse response;
  REQUIRE(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &response).ok());
  CHECK(response.daemon_pid() == daemon.pid());
  CHECK(response.socket_path() == daemon.socket_path());
  CHECK(response.configuration_path() == "");
  CHECK(response.api().major() == kApiMajor);
  CHECK(response.runners_size() == 0);
  CHECK(response.streams_size() == 0);
  CHECK(response.models() >= 1);
  CHECK(response.resident_bytes() > 1'000'000);
#ifndef CONTINUO_SANITIZED                        // which takes ten times that
  CHECK(response.resident_bytes() < 25'000'000);  // the design's limit
#endif
}

TEST_CASE("daemon: capabilities are the segment's limits and the installed executors") {
  const DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::GetCapabilitiesResponse response;
  REQUIRE(Call(&v1::DaemonService::Stub::GetCapabilities, *stub, v1::GetCapabilitiesRequest(),
               &response)
              .ok());
  CHECK(response.maximum_channels() == 8);
  CHECK(response.maximum_block_frames() == 4096);
  CHECK(response.minimum_sample_rate_hz() == 8000);
  CHECK(response.maximum_sample_rate_hz() == 384000);
  CHECK(response.maximum_streams() == 256);
  CHECK(response.segment_abi() == ipc::kSegmentAbi);
  const auto& executors = response.executors();
  CHECK(std::find(executors.begin(), executors.end(), "fake") != executors.end());
}

TEST_CASE("daemon: models are listed by id and got by id") {
  const DaemonProcess daemon;
  const auto stub = v1::ModelService::NewStub(daemon.channel());
  v1::ListModelsResponse listed;
  REQUIRE(Call(&v1::ModelService::Stub::ListModels, *stub, v1::ListModelsRequest(), &listed).ok());
  REQUIRE(listed.models_size() >= 1);
  CHECK(std::is_sorted(listed.models().begin(), listed.models().end(),
                       [](const v1::ModelInfo& a, const v1::ModelInfo& b) {
                         return a.manifest().id() < b.manifest().id();
                       }));
  v1::GetModelRequest request;
  request.set_id("fake-gain");
  v1::GetModelResponse got;
  REQUIRE(Call(&v1::ModelService::Stub::GetModel, *stub, request, &got).ok());
  CHECK(got.model().manifest().version() == "1.0.0");
  CHECK(got.model().manifest().parameters(0).id() == "gain");
  CHECK(got.model().loaded_variants_size() == 0);
}

TEST_CASE("daemon: a package that is not fit is told with path and reason") {
  DaemonOptions options;
  options.start = false;
  DaemonProcess daemon(options);
  const std::string package = daemon.directory() + "/data/continuo/models/broken";
  std::filesystem::create_directories(package);
  std::ofstream(package + "/model.json") << R"({"schema": 1, "id": "broken"})";
  daemon.Start();
  const auto stub = v1::ModelService::NewStub(daemon.channel());
  v1::ListModelsResponse listed;
  REQUIRE(Call(&v1::ModelService::Stub::ListModels, *stub, v1::ListModelsRequest(), &listed).ok());
  CHECK(listed.models_size() >= 1);
  REQUIRE(listed.refused_size() == 1);
  CHECK(listed.refused(0).path() == package);
  CHECK_THAT(listed.refused(0).reason(), Contains("version"));
}

TEST_CASE("daemon: connect agrees on the version that both know") {
  const DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::ConnectRequest request = GoodConnect();
  request.mutable_api()->set_minor(kApiMinor + 7);  // a client of the future that knows this one
  v1::ConnectResponse response;
  REQUIRE(Call(&v1::DaemonService::Stub::Connect, *stub, request, &response).ok());
  CHECK(response.api().major() == kApiMajor);
  CHECK(response.api().minor() == kApiMinor);
  CHECK(response.daemon_pid() == daemon.pid());
  CHECK(response.segment_abi() == ipc::kSegmentAbi);
}

TEST_CASE("daemon: connect says which side has to be updated") {
  const DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  struct Case {
    std::uint32_t major, minor, minimum, abi;
    grpc::StatusCode code;
    const char* words;
  };
  const Case bad = GENERATE(
      Case{kApiMajor + 1, 0, 0, 0, grpc::FAILED_PRECONDITION, "update the daemon"},
      Case{kApiMajor, kApiMinor + 2, kApiMinor + 1, 0, grpc::FAILED_PRECONDITION,
           "update the daemon"},
      Case{kApiMajor, 0, 0, ipc::kSegmentAbi + 1, grpc::FAILED_PRECONDITION, "update the daemon"},
      Case{0, 0, 0, 0, grpc::INVALID_ARGUMENT, "api.major"},
      Case{kApiMajor, 0, 1, 0, grpc::INVALID_ARGUMENT, "minimum_minor"});
  v1::ConnectRequest request = GoodConnect();
  request.mutable_api()->set_major(bad.major);
  request.mutable_api()->set_minor(bad.minor);
  request.set_minimum_minor(bad.minimum);
  request.set_segment_abi(bad.abi);
  v1::ConnectResponse response;
  const grpc::Status status = Call(&v1::DaemonService::Stub::Connect, *stub, request, &response);
  CHECK(status.error_code() == bad.code);
  CHECK_THAT(status.error_message(), Contains(bad.words));
  CHECK(Call(&v1::DaemonService::Stub::Connect, *stub, GoodConnect(), &response).ok());
}

TEST_CASE("daemon: health answers for the whole and for each service") {
  const DaemonProcess daemon;
  const std::string service = GENERATE("", "continuo.v1.DaemonService", "continuo.v1.ModelService",
                                       "continuo.v1.StreamService");
  std::string request;
  if (!service.empty()) {
    request = std::string("\x0A") + static_cast<char>(service.size()) + service;  // field 1
  }
  std::string response;
  const grpc::Status status =
      CallByName(daemon.channel(), "/grpc.health.v1.Health/Check", request, &response);
  CHECK(status.ok());
  CHECK(response == std::string("\x08\x01"));  // status: SERVING
}

TEST_CASE("daemon: reflection lists our services") {
  const DaemonProcess daemon;
  std::string response;
  const grpc::Status status =
      CallByName(daemon.channel(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                 std::string("\x3A\x01*"), &response);  // field 7: list_services
  CHECK(status.ok());
  CHECK_THAT(response,
             Contains("continuo.v1.StreamService") && Contains("continuo.v1.ModelService") &&
                 Contains("continuo.v1.DaemonService") && Contains("grpc.health.v1.Health"));
}

}  // namespace
}  // namespace continuo::test
