// SPDX-License-Identifier: Apache-2.0
// ModelService.ImportModel and RemoveModel over gRPC, with the fake executor's files.
#include <signal.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

// A daemon with a store of its own, and files for it.
class ImportHouse {
 public:
  explicit ImportHouse(const std::string& configuration = "")
      : daemon_([&] {
          DaemonOptions options;
          options.configuration = configuration;
          return options;
        }()) {}

  DaemonProcess& daemon() { return daemon_; }
  [[nodiscard]] std::string store() const { return daemon_.directory() + "/data/continuo/models"; }
  [[nodiscard]] std::set<std::string> entries() const {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(store(), error)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  // `keys` as the fake executor reads them.
  [[nodiscard]] v1::ImportModelRequest Request(const std::string& keys,
                                               const std::string& name = "amp") const {
    v1::ImportModelRequest request;
    request.set_path(daemon_.directory() + "/" + name + ".fake");
    request.set_license("MIT");
    std::ofstream(request.path()) << "fake\n" << keys;
    return request;
  }

 private:
  DaemonProcess daemon_;
};

struct Imported {
  grpc::Status status;
  v1::ImportResult result;
  std::vector<std::string> steps;
  bool license_missing = false;
};

// `on_step` is called for each progress message, with the call's context.
Imported Import(const std::shared_ptr<grpc::Channel>& channel,
                const v1::ImportModelRequest& request,
                const std::function<void(const std::string&, grpc::ClientContext*)>& on_step = {}) {
  const auto stub = v1::ModelService::NewStub(channel);
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto reader = stub->ImportModel(&context, request);
  Imported imported;
  v1::ImportModelResponse response;
  while (reader->Read(&response)) {
    if (response.has_result()) {
      imported.result = response.result();
      continue;
    }
    imported.steps.push_back(response.progress());
    if (on_step) on_step(response.progress(), &context);
  }
  imported.status = reader->Finish();
  imported.license_missing = context.GetServerTrailingMetadata().count("continuo-missing") > 0;
  return imported;
}

std::set<std::string> ListIds(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::ModelService::NewStub(channel);
  v1::ListModelsResponse response;
  REQUIRE(
      Call(&v1::ModelService::Stub::ListModels, *stub, v1::ListModelsRequest(), &response).ok());
  std::set<std::string> ids;
  for (const auto& model : response.models()) ids.insert(model.manifest().id());
  return ids;
}

TEST_CASE("ImportModel: step by step to a model that is listed, told of, and sounds") {
  ImportHouse house;
  const auto channel = house.daemon().channel();
  const auto events = v1::DaemonService::NewStub(channel);
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto reader = events->Subscribe(&context, v1::SubscribeRequest());
  reader->WaitForInitialMetadata();

  auto request =
      house.Request("name=My Amp\nauthor=Me\nrate=44100\nlatency=64\nself_test=passed\n");
  (*request.mutable_parameter_units())["gain"] = "dB";
  const Imported imported = Import(channel, request);
  REQUIRE(imported.status.ok());
  CHECK(imported.steps ==
        std::vector<std::string>{"reading", "inspecting", "measuring", "installing"});
  REQUIRE(imported.result.manifests_size() == 1);
  const v1::ModelManifest& manifest = imported.result.manifests(0);
  CHECK(manifest.id() == "amp");
  CHECK(manifest.name() == "My Amp");
  CHECK(manifest.attribution() == "Me");
  CHECK(manifest.audio().latency_frames() == 64);
  CHECK(manifest.parameters(0).unit() == "dB");
  CHECK_THAT(manifest.summary(), Contains("its self-test passed"));
  CHECK(manifest.variants(0).cost().microseconds_per_block() > 0);
  CHECK(imported.result.paths(0) == house.store() + "/amp/1.0.0");
  CHECK(house.entries() == std::set<std::string>{"amp"});
  v1::Event event;
  while (reader->Read(&event) && !event.has_models_changed()) {
  }
  CHECK(event.has_models_changed());
  context.TryCancel();
  CHECK(ListIds(channel).contains("amp"));
  auto open = GoodStream();
  open.set_model_id("amp");
  AttachedStream stream(channel, open);
  CHECK(stream.Next().segment().latency_frames() >= 64);
}

TEST_CASE("ImportModel: the licence is the request's, else the file's, else asked for") {
  ImportHouse house;
  auto request = house.Request("license=CC0-1.0\n");
  request.clear_license();
  CHECK(Import(house.daemon().channel(), request).result.manifests(0).license() == "CC0-1.0");
  request = house.Request("license=ask me\n", "other");
  request.clear_license();
  const Imported asked = Import(house.daemon().channel(), request);
  CHECK(asked.status.error_code() == grpc::FAILED_PRECONDITION);
  CHECK(asked.license_missing);
  CHECK(house.entries() == std::set<std::string>{"amp"});
  request.set_dry_run(true);
  const Imported dry = Import(house.daemon().channel(), request);
  CHECK(dry.status.ok());
  CHECK(dry.result.paths().empty());
  CHECK(house.entries() == std::set<std::string>{"amp"});
}

TEST_CASE("ImportModel: a field that is wrong is named, and nothing is begun") {
  ImportHouse house;
  const auto refused = [&](const v1::ImportModelRequest& request) {
    const Imported imported = Import(house.daemon().channel(), request);
    CHECK(imported.status.error_code() == grpc::INVALID_ARGUMENT);
    CHECK(house.entries().empty());
    return imported.status.error_message();
  };
  auto request = house.Request("");
  request.set_path("relative.fake");
  CHECK_THAT(refused(request), Contains("path is not an absolute path"));
  request.set_path("/a\0b");
  request.mutable_path()->append(1, '\0');
  CHECK_THAT(refused(request), Contains("path"));
  request.set_path("/" + std::string(5000, 'x'));
  CHECK_THAT(refused(request), Contains("the limit is 4096"));
  request = house.Request("");
  request.set_id("../evil");
  CHECK_THAT(refused(request), Contains("id is not a valid name"));
  request = house.Request("");
  request.set_name(std::string(200, 'x'));
  CHECK_THAT(refused(request), Contains("name has 200 bytes"));
  request = house.Request("");
  request.set_attribution("\x1B[2J");
  CHECK_THAT(refused(request), Contains("attribution has a control character"));
  request = house.Request("");
  request.set_license("MIT or not");
  CHECK_THAT(refused(request), Contains("license: 'MIT or not'"));
  request = house.Request("");
  request.add_methods("render");
  CHECK_THAT(refused(request), Contains("methods names 'render'"));
  request = house.Request("rate=5\n");
  CHECK_THAT(refused(request), Contains("sample_rate_hz is 5"));
  CHECK(Import(house.daemon().channel(), house.Request("")).status.ok());
}

TEST_CASE("ImportModel: an inspector that crashes, hangs or hoards is no harm to the daemon") {
  ImportHouse patient;
  ImportHouse hasty("[models]\nimport_timeout_s = 3\n");
  const auto refused = [](ImportHouse& house, const std::string& keys, grpc::StatusCode code) {
    const pid_t pid = house.daemon().pid();
    const auto request = house.Request(keys);
    const Imported imported = Import(house.daemon().channel(), request);
    CAPTURE(keys, imported.status.error_message());
    CHECK(imported.status.error_code() == code);
    CHECK_THAT(imported.status.error_message(), Contains(request.path()));
    CHECK(house.entries().empty());
    CHECK(house.daemon().runners().empty());
    CHECK(IsAlive(pid));
    return imported.status.error_message();
  };
  CHECK_THAT(refused(patient, "inspect=abort\n", grpc::INVALID_ARGUMENT), Contains("signal 6"));
  CHECK_THAT(refused(patient, "inspect=allocate\n", grpc::INVALID_ARGUMENT), Contains("memory"));
  CHECK_THAT(refused(hasty, "inspect=hang\n", grpc::DEADLINE_EXCEEDED),
             Contains("models.import_timeout_s"));
  CHECK_THAT(refused(patient, "self_test=failed\n", grpc::INVALID_ARGUMENT),
             Contains("off by 0.5"));
  CHECK(Import(patient.daemon().channel(), patient.Request("")).status.ok());
}

TEST_CASE("ImportModel: a client that goes away ends the inspector and leaves nothing") {
  ImportHouse house;
  const Imported imported = Import(house.daemon().channel(), house.Request("inspect=hang\n"),
                                   [](const std::string& step, grpc::ClientContext* context) {
                                     if (step == "inspecting") context->TryCancel();
                                   });
  CHECK(imported.status.error_code() == grpc::CANCELLED);
  CHECK(Eventually([&] { return house.daemon().runners().empty() && house.entries().empty(); }));
  CHECK(Import(house.daemon().channel(), house.Request("")).status.ok());
}

TEST_CASE("ImportModel: of a file with several models all are installed or none") {
  ImportHouse house;
  REQUIRE(Import(house.daemon().channel(), house.Request("", "amp-m2")).status.ok());
  const Imported taken = Import(house.daemon().channel(), house.Request("models=3\n"));
  CHECK(taken.status.error_code() == grpc::ALREADY_EXISTS);
  CHECK_THAT(taken.status.error_message(), Contains("'amp-m2' is installed already"));
  CHECK(house.entries() == std::set<std::string>{"amp-m2"});
  auto request = house.Request("models=3\n");
  request.add_methods("forward");
  request.add_methods("m1");
  CHECK(Import(house.daemon().channel(), request).result.manifests_size() == 2);
  CHECK(house.entries() == std::set<std::string>{"amp", "amp-m1", "amp-m2"});
}

TEST_CASE("ImportModel: several at once wait for one another") {
  ImportHouse house;
  std::vector<std::thread> clients;
  std::array<Imported, 3> imported;
  for (std::size_t i = 0; i < imported.size(); ++i) {
    clients.emplace_back([&, i] {
      imported[i] = Import(house.daemon().channel(), house.Request("", "amp" + std::to_string(i)));
    });
  }
  for (std::thread& client : clients) client.join();
  for (const Imported& one : imported) CHECK(one.status.ok());
  CHECK(house.entries() == std::set<std::string>{"amp0", "amp1", "amp2"});
}

TEST_CASE("ImportModel: a daemon that is asked to end gives up, and leaves nothing") {
  ImportHouse house;
  std::thread ending;
  const Imported imported =
      Import(house.daemon().channel(), house.Request("inspect=hang\n"),
             [&](const std::string& step, grpc::ClientContext*) {
               if (step == "inspecting") {
                 ending = std::thread([&] { CHECK_NOTHROW(house.daemon().End(SIGTERM)); });
               }
             });
  ending.join();
  CHECK(imported.status.error_code() == grpc::UNAVAILABLE);
  CHECK(house.entries().empty());
}

TEST_CASE("ImportModel: a daemon that is killed at any step leaves a whole package or none") {
  for (const char* step : {"reading", "inspecting", "measuring", "installing"}) {
    CAPTURE(step);
    ImportHouse house;
    const Imported imported = Import(house.daemon().channel(), house.Request(""),
                                     [&](const std::string& now, grpc::ClientContext*) {
                                       if (now == step) ::kill(house.daemon().pid(), SIGKILL);
                                     });
    CHECK_FALSE(imported.status.ok());
    static_cast<void>(house.daemon().Wait());
    for (const std::string& name : house.entries()) {
      CHECK((name == "amp" || name.rfind(".import-", 0) == 0));
    }
    house.daemon().Start();
    // It accepts before it has tidied up, and answers after.
    const bool listed = ListIds(house.daemon().channel()).contains("amp");
    CHECK(house.entries() == (listed ? std::set<std::string>{"amp"} : std::set<std::string>{}));
    auto request = house.Request("");
    request.set_replace(true);
    CHECK(Import(house.daemon().channel(), request).status.ok());
  }
}

TEST_CASE("RemoveModel: one's own models alone, and none that sounds") {
  ImportHouse house;
  const auto channel = house.daemon().channel();
  const auto stub = v1::ModelService::NewStub(channel);
  REQUIRE(Import(channel, house.Request("")).status.ok());
  v1::RemoveModelRequest request;
  v1::RemoveModelResponse response;
  const auto remove = [&](const std::string& id) {
    request.set_id(id);
    return Call(&v1::ModelService::Stub::RemoveModel, *stub, request, &response);
  };
  {
    auto open = GoodStream();
    open.set_model_id("amp");
    AttachedStream stream(channel, open);
    REQUIRE(stream.Next().has_segment());
    CHECK(remove("amp").error_code() == grpc::FAILED_PRECONDITION);
    auto replace = house.Request("");
    replace.set_replace(true);
    CHECK(Import(channel, replace).status.error_code() == grpc::FAILED_PRECONDITION);
    CHECK(house.entries() == std::set<std::string>{"amp"});
  }
  CHECK(Eventually([&] { return remove("amp").ok(); }));  // the stream is closed meanwhile
  CHECK(house.entries().empty());
  CHECK_FALSE(ListIds(channel).contains("amp"));
  CHECK(remove("amp").error_code() == grpc::NOT_FOUND);
  CHECK(remove("fake-gain").error_code() == grpc::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace continuo::test
