// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "daemon/service/model_watch.h"
#include "tests/unit/model_sample.h"

namespace continuo::service {
namespace {

struct Counter : supervisor::Observer {
  void OnRunnerStarted(pid_t) override {}
  void OnRunnerEnded(pid_t, const std::string&, bool) override {}
  void OnStreamChanged(const supervisor::StreamInfo&, bool) override {}
  void OnWarningsChanged(const std::vector<std::string>&) override {}
  void OnModelsChanged() override { ++count; }
  // Once more than now, or the watchdog of the test program ends it.
  void AwaitAbove(int seen) const {
    while (count <= seen) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::atomic<int> count{0};
};

TEST_CASE("ModelWatch: a model that comes, changes and goes is told at once") {
  const TemporaryDirectory root;
  const auto store = std::make_shared<model::ModelStore>(std::vector<std::string>{root.path()});
  Counter counter;
  ModelWatch watch(store, &counter);
  CHECK(counter.count == 0);
  model::WritePackage(root / "a/1.0.0", model::SampleManifest("a"));
  counter.AwaitAbove(0);
  CHECK(store->List()->packages.size() == 1);
  // In directories that were not there when the watch began.
  const int before = counter.count;
  model::WritePackage(root / "a/2.0.0", model::SampleManifest("a", "2.0.0"));
  counter.AwaitAbove(before);
  CHECK(store->List()->packages.size() == 2);
  const int now = counter.count;
  std::filesystem::remove_all(root / "a/1.0.0");
  counter.AwaitAbove(now);
}

TEST_CASE("ModelWatch: a store's directory that is made later is seen") {
  const TemporaryDirectory root;
  const auto store =
      std::make_shared<model::ModelStore>(std::vector<std::string>{root / "data/continuo/models"});
  Counter counter;
  ModelWatch watch(store, &counter);
  model::WritePackage(root / "data/continuo/models/a/1.0.0", model::SampleManifest("a"));
  counter.AwaitAbove(0);
}

TEST_CASE("ModelWatch: who looks need not wait to be told") {
  const TemporaryDirectory root;
  const auto store = std::make_shared<model::ModelStore>(std::vector<std::string>{root.path()});
  Counter counter;
  ModelWatch watch(store, &counter);
  CHECK(watch.Look()->packages.empty());
  CHECK(counter.count == 0);
  model::WritePackage(root / "a/1.0.0", model::SampleManifest("a"));
  CHECK(watch.Look()->packages.size() == 1);
  CHECK(counter.count >= 1);
}

}  // namespace
}  // namespace continuo::service
