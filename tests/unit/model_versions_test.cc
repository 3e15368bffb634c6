// SPDX-License-Identifier: Apache-2.0
// Which version is used, what a rollback goes back to, what is repaired and what is garbage.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/model/dependencies.h"
#include "daemon/model/garbage.h"
#include "daemon/model/manifest.h"
#include "daemon/model/repair.h"
#include "daemon/model/versions.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

struct Bench {
  void Add(const std::string& version, const std::string& id = "sample") {
    WritePackage(own + "/" + id + "/" + version, SampleManifest(id, version));
  }
  std::string Used() { return VersionInUse(*store.List(), "sample"); }
  TemporaryDirectory directory;
  const std::string own = directory / "own";
  const std::string system = directory / "system";
  const std::string file = own + "/versions.json";
  ModelStore store{{own, system}, file};
};

TEST_CASE("the newest version is used unless another is pinned") {
  Bench bench;
  for (const char* version : {"1.0.0", "1.10.0", "1.9.0"}) bench.Add(version);
  CHECK(bench.Used() == "1.10.0");
  const auto pinned = Pin(&bench.store, "sample", "1.0.0");
  REQUIRE(pinned.ok());
  CHECK(pinned->before == "1.10.0");
  CHECK(pinned->now == "1.0.0");
  CHECK((*bench.store.Find("sample", ""))->manifest.version() == "1.0.0");
  // It lasts, also when newer ones come.
  bench.Add("2.0.0");
  ModelStore later({bench.own}, bench.file);
  CHECK(VersionInUse(*later.List(), "sample") == "1.0.0");
  REQUIRE(Pin(&bench.store, "sample", "").ok());
  CHECK(bench.Used() == "2.0.0");
  CHECK(absl::IsNotFound(Pin(&bench.store, "sample", "3.0.0").status()));
  CHECK(absl::IsNotFound(Pin(&bench.store, "other", "").status()));
}

TEST_CASE("a pin changes the listing's generation") {
  Bench bench;
  for (const char* version : {"1.0.0", "1.1.0"}) bench.Add(version);
  const auto before = bench.store.List();
  REQUIRE(Pin(&bench.store, "sample", "1.0.0").ok());
  CHECK(bench.store.List()->generation > before->generation);
  CHECK(bench.store.List() == bench.store.List());
}

TEST_CASE("a rollback goes to the version that was used before, and again back") {
  Bench bench;
  bench.Add("1.0.0");
  CHECK(absl::IsFailedPrecondition(RollBack(&bench.store, "sample").status()));
  bench.Add("1.1.0");
  REQUIRE(NoteInstalled(&bench.store, "sample", "1.0.0").ok());
  CHECK(RollBack(&bench.store, "sample")->now == "1.0.0");
  CHECK(RollBack(&bench.store, "sample")->now == "1.1.0");
  // What is not there any more is nothing to go back to: the next older one is.
  bench.Add("0.9.0");
  fs::remove_all(bench.own + "/sample/1.0.0");
  REQUIRE(NoteRemoved(&bench.store, "sample", "1.0.0").ok());
  CHECK(bench.store.List()->choices.at("sample").previous == "");
  CHECK(RollBack(&bench.store, "sample")->now == "0.9.0");
  CHECK(absl::IsNotFound(RollBack(&bench.store, "other").status()));
}

TEST_CASE("a damaged file of choices is told of and counts as none") {
  Bench bench;
  for (const char* version : {"1.0.0", "1.1.0"}) bench.Add(version);
  for (const char* text :
       {"", "[]", "{", R"({"schema":2,"models":{}})", R"({"schema":1})",
        R"({"schema":1,"models":{"../x":{}}})", R"({"schema":1,"models":{"sample":{"pinned":1}}})",
        R"({"schema":1,"models":{"sample":{"pinned":"newest"}}})"}) {
    INFO(text);
    WriteFile(bench.file, text);
    CHECK(bench.Used() == "1.1.0");
    REQUIRE(bench.store.List()->refused.size() == 1);
    CHECK(bench.store.List()->refused[0].path == bench.file);
    // Nobody's choices are overwritten by what could not be read.
    CHECK_FALSE(Pin(&bench.store, "sample", "1.0.0").ok());
  }
  WriteFile(bench.file, R"({"schema":1,"models":{"sample":{"pinned":"1.0.0"}}})");
  CHECK(bench.Used() == "1.0.0");
}

TEST_CASE("dependencies in a manifest are checked") {
  v1::ModelManifest manifest = SampleManifest();
  v1::Dependency* dependency = manifest.add_dependencies();
  dependency->set_id("other");
  dependency->set_minimum_version("1.0.0");
  CHECK(ValidateManifest(manifest).ok());
  const auto refusal = [&] { return std::string(ValidateManifest(manifest).message()); };
  dependency->set_minimum_version("1");
  CHECK_THAT(refusal(), Contains("dependencies[0].minimum_version is not valid"));
  dependency->set_minimum_version("1.0.0");
  dependency->set_id("sample");
  CHECK_THAT(refusal(), Contains("dependencies[0].id is the model's own"));
  dependency->set_id("../x");
  CHECK_THAT(refusal(), Contains("dependencies[0].id is not a valid name"));
  dependency->set_id("other");
  *manifest.add_dependencies() = manifest.dependencies(0);
  CHECK_THAT(refusal(), Contains("dependencies[1].id 'other' is there twice"));
}

TEST_CASE("a package that others depend on is known as such") {
  Bench bench;
  for (const char* version : {"1.0.0", "1.1.0", "2.0.0"}) bench.Add(version);
  v1::ModelManifest needy = SampleManifest("needy");
  v1::Dependency* dependency = needy.add_dependencies();
  dependency->set_id("sample");
  dependency->set_minimum_version("1.0.0");
  WritePackage(bench.own + "/needy/1.0.0", needy);
  const auto listing = bench.store.List();
  CHECK(DependentsOf("sample", "1.0.0", *listing).empty());  // 1.1.0 does too
  CHECK(DependentsOf("sample", "2.0.0", *listing).empty());
  CHECK(DependentsOf("sample", "", *listing) == std::vector<std::string>{"needy 1.0.0"});
  fs::remove_all(bench.own + "/sample/1.1.0");
  CHECK(DependentsOf("sample", "1.0.0", *bench.store.List()).size() == 1);
}

TEST_CASE("a damaged package is repaired from the system's copy of the same content") {
  Bench bench;
  bench.Add("1.0.0");
  CHECK(Repair(&bench.store, bench.own, "sample", "", "")->source == "");
  const std::string weights = bench.own + "/sample/1.0.0/weights/48000.bin";
  WriteFile(weights, "abd");
  const auto none = Repair(&bench.store, bench.own, "sample", "", "");
  CHECK(absl::IsFailedPrecondition(none.status()));
  CHECK_THAT(std::string(none.status().message()), Contains("--from"));
  // One of another content is no copy.
  v1::ModelManifest other = SampleManifest();
  other.set_summary("other");
  WritePackage(bench.system + "/sample/1.0.0", other);
  CHECK_FALSE(Repair(&bench.store, bench.own, "sample", "1.0.0", "").ok());
  WritePackage(bench.system + "/sample/1.0.0", SampleManifest());
  const bool missing = GENERATE(false, true);
  if (missing) fs::remove(weights);
  const auto repaired = Repair(&bench.store, bench.own, "sample", "1.0.0", "");
  REQUIRE(repaired.status().ToString() == "OK");
  CHECK(repaired->source == bench.system + "/sample/1.0.0");
  CHECK(VerifyFiles(*LoadPackage(bench.own + "/sample/1.0.0")).ok());
}

TEST_CASE("old versions are garbage, but for those in use, kept or needed") {
  Bench bench;
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0", "2.0.0"}) bench.Add(version);
  WritePackage(bench.system + "/sample/0.1.0", SampleManifest("sample", "0.1.0"));
  REQUIRE(Pin(&bench.store, "sample", "1.1.0").ok());  // before it 2.0.0
  fs::create_directories(bench.own + "/.import-dead/unpacked");
  fs::create_directories(bench.own + "/empty");
  CHECK(FindGarbage(&bench.store, bench.own, false).size() == 2);
  std::vector<std::string> versions;
  const auto garbage = FindGarbage(&bench.store, bench.own, true);
  for (const Garbage& item : garbage) {
    if (!item.id.empty()) versions.push_back(item.version);
  }
  CHECK(versions == std::vector<std::string>{"1.2.0", "1.0.0"});
  RemoveGarbage(bench.own, garbage);
  CHECK_FALSE(fs::exists(bench.own + "/.import-dead"));
  CHECK_FALSE(fs::exists(bench.own + "/empty"));
  CHECK(fs::exists(bench.own + "/sample/1.0.0"));  // its caller's
}

}  // namespace
}  // namespace continuo::model
