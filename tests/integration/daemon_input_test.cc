// SPDX-License-Identifier: Apache-2.0
// A client may send anything. Each value beyond its bounds is refused with the field named;
// the bounds themselves are taken, and a good call works afterwards.
#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// One daemon for all cases of this file: that it stays well is part of what is tested.
DaemonProcess& Daemon() {
  static DaemonProcess daemon;
  return daemon;
}

using Change = std::function<void(v1::OpenStreamRequest*)>;

grpc::Status Open(const Change& change, std::uint64_t* id = nullptr) {
  const auto stub = v1::StreamService::NewStub(Daemon().channel());
  v1::OpenStreamRequest request = GoodStream();
  change(&request);
  v1::OpenStreamResponse response;
  const grpc::Status status = Call(&v1::StreamService::Stub::OpenStream, *stub, request, &response);
  if (id != nullptr) *id = response.stream_id();
  if (status.ok() && id == nullptr) {
    v1::CloseStreamRequest close;
    close.set_stream_id(response.stream_id());
    v1::CloseStreamResponse closed;
    CHECK(Call(&v1::StreamService::Stub::CloseStream, *stub, close, &closed).ok());
  }
  return status;
}

Change Rate(std::uint32_t value) {
  return [=](v1::OpenStreamRequest* request) { request->set_sample_rate_hz(value); };
}
Change Channels(std::uint32_t value) {
  return [=](v1::OpenStreamRequest* request) { request->set_channels(value); };
}
Change Frames(std::uint32_t value) {
  return [=](v1::OpenStreamRequest* request) { request->set_maximum_block_frames(value); };
}
Change Parameter(const std::string& id, float value) {
  return [=](v1::OpenStreamRequest* request) { (*request->mutable_parameters())[id] = value; };
}
Change Model(const std::string& id, const std::string& version) {
  return [=](v1::OpenStreamRequest* request) {
    request->set_model_id(id);
    request->set_model_version(version);
  };
}
Change ClientName(const std::string& name) {
  return [=](v1::OpenStreamRequest* request) { request->set_client_name(name); };
}

TEST_CASE("OpenStream: a value beyond its bounds is refused with the field and the limit") {
  struct Case {
    Change change;
    grpc::StatusCode code;
    const char* field;
    const char* limit;
  };
  const std::vector<Case> cases = {
      {Rate(0), grpc::INVALID_ARGUMENT, "sample_rate_hz is 0", "8000"},
      {Rate(7999), grpc::INVALID_ARGUMENT, "sample_rate_hz is 7999", "8000"},
      {Rate(384001), grpc::INVALID_ARGUMENT, "sample_rate_hz is 384001", "384000"},
      {Rate(0xFFFFFFFF), grpc::INVALID_ARGUMENT, "sample_rate_hz", "384000"},
      {Channels(0), grpc::INVALID_ARGUMENT, "channels is 0", "1 to 8"},
      {Channels(9), grpc::INVALID_ARGUMENT, "channels is 9", "1 to 8"},
      {Channels(0xFFFFFFFF), grpc::INVALID_ARGUMENT, "channels", "1 to 8"},
      {Frames(0), grpc::INVALID_ARGUMENT, "maximum_block_frames is 0", "1 to 4096"},
      {Frames(4097), grpc::INVALID_ARGUMENT, "maximum_block_frames is 4097", "1 to 4096"},
      {Frames(0xFFFFFFFF), grpc::INVALID_ARGUMENT, "maximum_block_frames", "1 to 4096"},
      {Parameter("nothing", 1), grpc::INVALID_ARGUMENT, "'nothing'", "gain"},
      {Parameter("", 1), grpc::INVALID_ARGUMENT, "parameter ''", "gain"},
      {Parameter("gain", -0.001F), grpc::INVALID_ARGUMENT, "'gain'", "0 to 4"},
      {Parameter("gain", 4.001F), grpc::INVALID_ARGUMENT, "'gain'", "0 to 4"},
      {Parameter("gain", kNan), grpc::INVALID_ARGUMENT, "'gain' is nan", "0 to 4"},
      {Parameter("gain", kInfinity), grpc::INVALID_ARGUMENT, "'gain' is inf", "0 to 4"},
      {Parameter("gain", -kInfinity), grpc::INVALID_ARGUMENT, "'gain' is -inf", "0 to 4"},
      {Model("", ""), grpc::INVALID_ARGUMENT, "model_id", "empty"},
      {Model("no-such-model", ""), grpc::NOT_FOUND, "no-such-model", "fake-gain"},
      {Model("fake-gain", "9.9.9"), grpc::NOT_FOUND, "9.9.9", "1.0.0"},
      {Model(std::string(65, 'a'), ""), grpc::INVALID_ARGUMENT, "model_id has 65 bytes", "64"},
      {Model(std::string(1 << 20, 'a'), ""), grpc::INVALID_ARGUMENT, "model_id", "64"},
      {Model("fake-gain", std::string(65, '1')), grpc::INVALID_ARGUMENT, "model_version", "64"},
      {Model("../fake-gain", ""), grpc::NOT_FOUND, "../fake-gain", "fake-gain"},
      {ClientName(std::string(129, 'c')), grpc::INVALID_ARGUMENT, "client_name", "128"},
      {ClientName("bell\a"), grpc::INVALID_ARGUMENT, "client_name", "byte 4"},
  };
  for (const Case& bad : cases) {
    const grpc::Status status = Open(bad.change);
    INFO(status.error_message());
    CHECK(status.error_code() == bad.code);
    CHECK_THAT(status.error_message(), Contains(bad.field) && Contains(bad.limit));
    CHECK(Open([](v1::OpenStreamRequest*) {}).ok());
  }
}

TEST_CASE("OpenStream: the bounds themselves are taken") {
  for (const Change& change :
       {Rate(8000), Rate(384000), Channels(1), Channels(8), Frames(1), Frames(4096),
        Parameter("gain", 0), Parameter("gain", 4), Model("fake-gain", "1.0.0"), ClientName(""),
        ClientName(std::string(128, 'c'))}) {
    CHECK(Open(change).error_message() == "");
  }
}

TEST_CASE("OpenStream: a message beyond 4 MiB is refused and the daemon goes on") {
  const grpc::Status status = Open(Model(std::string(5 << 20, 'a'), ""));
  CHECK(status.error_code() == grpc::RESOURCE_EXHAUSTED);
  CHECK(Open([](v1::OpenStreamRequest*) {}).ok());
}

TEST_CASE("OpenStream: one stream more than the limit is refused, until one is closed") {
  DaemonOptions options;
  options.configuration = "[stream]\nmaximum_streams = 2\n";
  const DaemonProcess daemon(options);
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  v1::OpenStreamResponse response;
  const auto open = [&] {
    return Call(&v1::StreamService::Stub::OpenStream, *stub, GoodStream(), &response);
  };
  REQUIRE(open().ok());
  REQUIRE(open().ok());
  const grpc::Status refused = open();
  CHECK(refused.error_code() == grpc::RESOURCE_EXHAUSTED);
  CHECK_THAT(refused.error_message(), Contains("stream.maximum_streams is 2"));
  v1::CloseStreamRequest close;
  close.set_stream_id(1);
  v1::CloseStreamResponse closed;
  REQUIRE(Call(&v1::StreamService::Stub::CloseStream, *stub, close, &closed).ok());
  CHECK(open().ok());
}

TEST_CASE("streams: an id that is not open is refused by every call, by number") {
  const std::uint64_t id =
      GENERATE(std::uint64_t{0}, std::uint64_t{1} << 40, std::numeric_limits<std::uint64_t>::max());
  const auto stub = v1::StreamService::NewStub(Daemon().channel());
  const std::string named = "stream_id " + std::to_string(id);
  const auto check = [&](const grpc::Status& status) {
    CHECK(status.error_code() == grpc::NOT_FOUND);
    CHECK_THAT(status.error_message(), Contains(named));
  };
  v1::SetParametersRequest set;
  set.set_stream_id(id);
  v1::SetParametersResponse set_response;
  check(Call(&v1::StreamService::Stub::SetParameters, *stub, set, &set_response));
  v1::GetStatisticsRequest get;
  get.set_stream_id(id);
  v1::GetStatisticsResponse get_response;
  check(Call(&v1::StreamService::Stub::GetStatistics, *stub, get, &get_response));
  v1::CloseStreamRequest close;
  close.set_stream_id(id);
  v1::CloseStreamResponse close_response;
  check(Call(&v1::StreamService::Stub::CloseStream, *stub, close, &close_response));
}

TEST_CASE("SetParameters: one wrong value of several changes nothing") {
  std::uint64_t id = 0;
  REQUIRE(Open([](v1::OpenStreamRequest*) {}, &id).ok());
  const auto stub = v1::StreamService::NewStub(Daemon().channel());
  v1::SetParametersRequest request;
  request.set_stream_id(id);
  (*request.mutable_values())["gain"] = 2;
  (*request.mutable_values())["crash"] = kNan;
  v1::SetParametersResponse response;
  const grpc::Status status =
      Call(&v1::StreamService::Stub::SetParameters, *stub, request, &response);
  CHECK(status.error_code() == grpc::INVALID_ARGUMENT);
  CHECK_THAT(status.error_message(), Contains("'crash' is nan"));
  (*request.mutable_values())["crash"] = 0;
  CHECK(Call(&v1::StreamService::Stub::SetParameters, *stub, request, &response).ok());
}

TEST_CASE("AttachStream: what is out of order ends the call with the field named") {
  struct Case {
    std::vector<std::function<void(v1::AttachStreamRequest*)>> messages;
    grpc::StatusCode code;
    const char* words;
  };
  std::uint64_t open = 0;
  REQUIRE(Open([](v1::OpenStreamRequest*) {}, &open).ok());
  const auto id = [](std::uint64_t value) {
    return [=](v1::AttachStreamRequest* request) { request->set_stream_id(value); };
  };
  const auto mapped = [](std::uint32_t value) {
    return [=](v1::AttachStreamRequest* request) { request->set_segment_mapped(value); };
  };
  const std::vector<Case> cases = {
      {{[](v1::AttachStreamRequest*) {}}, grpc::INVALID_ARGUMENT, "stream_id"},
      {{id(0)}, grpc::INVALID_ARGUMENT, "stream_id"},
      {{id(1ULL << 50)}, grpc::NOT_FOUND, "stream_id"},
      {{mapped(1)}, grpc::INVALID_ARGUMENT, "stream_id"},
      {{id(open), mapped(1000)}, grpc::INVALID_ARGUMENT, "segment_mapped is 1000"},
  };
  const auto stub = v1::StreamService::NewStub(Daemon().channel());
  for (const Case& bad : cases) {
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto call = stub->AttachStream(&context);
    for (const auto& fill : bad.messages) {
      v1::AttachStreamRequest request;
      fill(&request);
      call->Write(request);
    }
    v1::StreamEvent event;
    while (call->Read(&event)) {
    }
    const grpc::Status status = call->Finish();
    CHECK(status.error_code() == bad.code);
    CHECK_THAT(status.error_message(), Contains(bad.words));
  }
  CHECK(Open([](v1::OpenStreamRequest*) {}).ok());
}

TEST_CASE("models: bad ids, versions, rates and tasks are refused with the field named") {
  const auto stub = v1::ModelService::NewStub(Daemon().channel());
  v1::GetModelRequest get;
  v1::GetModelResponse got;
  CHECK(Call(&v1::ModelService::Stub::GetModel, *stub, get, &got).error_code() ==
        grpc::INVALID_ARGUMENT);
  get.set_id("no-such-model");
  grpc::Status status = Call(&v1::ModelService::Stub::GetModel, *stub, get, &got);
  CHECK(status.error_code() == grpc::NOT_FOUND);
  CHECK_THAT(status.error_message(), Contains("no-such-model") && Contains("fake-gain"));

  v1::LoadModelRequest load;
  load.set_id("fake-gain");
  v1::LoadModelResponse loaded;
  for (const std::uint32_t rate : {1U, 7999U, 384001U, 0xFFFFFFFFU}) {
    load.set_sample_rate_hz(rate);
    status = Call(&v1::ModelService::Stub::LoadModel, *stub, load, &loaded);
    CHECK(status.error_code() == grpc::INVALID_ARGUMENT);
    CHECK_THAT(status.error_message(), Contains("sample_rate_hz"));
  }
  load.set_version(std::string(65, '1'));
  CHECK(Call(&v1::ModelService::Stub::LoadModel, *stub, load, &loaded).error_code() ==
        grpc::INVALID_ARGUMENT);

  v1::UnloadModelRequest unload;
  unload.set_id("no-such-model");
  v1::UnloadModelResponse unloaded;
  CHECK(Call(&v1::ModelService::Stub::UnloadModel, *stub, unload, &unloaded).error_code() ==
        grpc::NOT_FOUND);

  v1::ListModelsRequest list;
  list.set_task(static_cast<v1::Task>(99));
  v1::ListModelsResponse listed;
  status = Call(&v1::ModelService::Stub::ListModels, *stub, list, &listed);
  CHECK(status.error_code() == grpc::INVALID_ARGUMENT);
  CHECK_THAT(status.error_message(), Contains("task is 99"));
}

}  // namespace
}  // namespace continuo::test
