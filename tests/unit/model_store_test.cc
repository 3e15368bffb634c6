// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "daemon/model/store.h"
#include "daemon/model/versions.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

std::vector<std::string> Names(const Listing& listing) {
  std::vector<std::string> names;
  for (const auto& package : listing.packages) {
    names.push_back(package->manifest.id() + " " + package->manifest.version());
  }
  return names;
}

using Strings = std::vector<std::string>;

TEST_CASE("ModelStore: packages are found in both layouts, by id, the newest version first") {
  const TemporaryDirectory directory;
  WritePackage(directory / "b/1.9.0", SampleManifest("b", "1.9.0"));
  WritePackage(directory / "b/1.10.0", SampleManifest("b", "1.10.0"));
  WritePackage(directory / "unpacked", SampleManifest("a"));
  WritePackage(directory / ".half", SampleManifest("c"));
  ModelStore store({directory / "missing", directory.path()});
  CHECK(Names(*store.List()) == Strings{"a 1.0.0", "b 1.10.0", "b 1.9.0"});
  CHECK(store.List()->refused.empty());
}

TEST_CASE("ModelStore: the newest version by number is found where none is asked for") {
  const TemporaryDirectory directory;
  WritePackage(directory / "b/1.9.0", SampleManifest("b", "1.9.0"));
  WritePackage(directory / "b/1.10.0", SampleManifest("b", "1.10.0"));
  ModelStore store({directory.path()});
  CHECK(store.Find("b", "").value()->manifest.version() == "1.10.0");
  CHECK(store.Find("b", "1.9.0").value()->manifest.version() == "1.9.0");
}

TEST_CASE("ModelStore: of equal packages that of the earlier directory counts") {
  const TemporaryDirectory directory;
  WritePackage(directory / "second/a", SampleManifest("a"));
  WritePackage(directory / "first/a", SampleManifest("a"));
  ModelStore store({directory / "first", directory / "second"});
  const auto listing = store.List();
  REQUIRE(listing->packages.size() == 1);
  CHECK(listing->packages[0]->directory == directory / "first/a");
  REQUIRE(listing->refused.size() == 1);
  CHECK(listing->refused[0].path == directory / "second/a");
  CHECK(listing->refused[0].reason == "a 1.0.0 is taken from " + directory / "first/a");
}

TEST_CASE("ModelStore: a directory named twice counts once") {
  const TemporaryDirectory directory;
  WritePackage(directory / "a", SampleManifest("a"));
  std::filesystem::create_directory_symlink(".", directory / ".again");
  ModelStore store({directory.path(), directory.path() + "/", directory / ".again"});
  CHECK(store.List()->packages.size() == 1);
  CHECK(store.List()->refused.empty());
}

TEST_CASE("ModelStore: a bad package is kept with its reason and hides no good one") {
  const TemporaryDirectory directory;
  WriteFile(directory / "first/a/model.json", "{}");
  WritePackage(directory / "second/a", SampleManifest("a"));
  ModelStore store({directory / "first", directory / "second"});
  const auto listing = store.List();
  CHECK(Names(*listing) == Strings{"a 1.0.0"});
  REQUIRE(listing->refused.size() == 1);
  CHECK(listing->refused[0].path == directory / "first/a");
  CHECK_THAT(listing->refused[0].reason, Catch::Contains("schema is 0"));
}

TEST_CASE("ModelStore: NOT_FOUND names what there is, and why a package was refused") {
  const TemporaryDirectory directory;
  ModelStore store({directory.path()});
  const auto message = [&store](std::string_view id, std::string_view version) {
    const auto package = store.Find(id, version);
    REQUIRE(absl::IsNotFound(package.status()));
    return std::string(package.status().message());
  };
  CHECK(message("a", "") == "model 'a' is not installed; there are no models");
  WritePackage(directory / "b/2.0.0", SampleManifest("b", "2.0.0"));
  WritePackage(directory / "c", SampleManifest("c"));
  CHECK(message("a", "") == "model 'a' is not installed; there are b, c");
  CHECK(message("b", "1.0.0") == "model 'b' has no version 1.0.0; there is 2.0.0");
  WriteFile(directory / "a/1.0.0/model.json", "{}");
  CHECK_THAT(message("a", ""), Catch::Contains(directory / "a/1.0.0 was refused: "));
}

TEST_CASE("ModelStore: models that come, change and go are seen without a restart") {
  const TemporaryDirectory directory;
  ModelStore store({directory.path()});
  const auto empty = store.List();
  CHECK(store.List() == empty);

  WritePackage(directory / "a", SampleManifest("a"));
  const auto one = store.List();
  CHECK(Names(*one) == Strings{"a 1.0.0"});
  CHECK(one->generation == empty->generation + 1);
  CHECK(store.List() == one);

  WritePackage(directory / "a", SampleManifest("a", "1.0.1"));
  CHECK(Names(*store.List()) == Strings{"a 1.0.1"});
  std::filesystem::remove_all(directory / "a");
  CHECK(store.List()->packages.empty());
  CHECK(one->packages[0]->manifest.version() == "1.0.0");  // what was handed out stays
}

TEST_CASE("ModelStore: a package seen half-way through its copy is taken when it is whole") {
  const TemporaryDirectory directory;
  ModelStore store({directory.path()});
  WriteFile(directory / "a/model.json", JsonOf(SampleManifest("a")));
  std::filesystem::create_directory(directory / "a/weights");
  CHECK(store.List()->refused.size() == 1);
  WriteFile(directory / "a/weights/48000.bin", kSampleFile);
  CHECK(Names(*store.List()) == Strings{"a 1.0.0"});
  CHECK(store.List()->refused.empty());
}

TEST_CASE("ModelStore: a package that loses a file is refused") {
  const TemporaryDirectory directory;
  v1::ModelManifest manifest = SampleManifest("a");
  manifest.mutable_files(0)->set_path("weights.bin");
  manifest.mutable_variants(0)->set_file("weights.bin");
  WritePackage(directory / "a", manifest);
  ModelStore store({directory.path()});
  CHECK(store.List()->packages.size() == 1);
  std::filesystem::remove(directory / "a/weights.bin");
  CHECK(store.List()->packages.empty());
  CHECK(store.List()->refused.size() == 1);
}

TEST_CASE("ModelStore: many threads may ask while packages come and go") {
  const TemporaryDirectory directory;
  WritePackage(directory / "kept", SampleManifest("kept"));
  ModelStore store({directory.path()});
  std::atomic<int> lost = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      do {
        if (!store.Find("kept", "").ok()) ++lost;
      } while (!done);
    });
  }
  for (int i = 0; i < 50; ++i) {
    WritePackage(directory / "guest", SampleManifest("guest"));
    std::filesystem::remove_all(directory / "guest");
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(lost == 0);
}

TEST_CASE("ModelStore: a version that is missing is substituted on request alone") {
  const TemporaryDirectory directory;
  for (const char* version : {"1.0.0", "1.2.0", "1.10.0", "2.0.0"}) {
    WritePackage(directory / ("amp/" + std::string(version)), SampleManifest("amp", version));
  }
  ModelStore store({directory.path()}, directory / "versions.json");
  CHECK(absl::IsNotFound(store.FindToRun("amp", "1.1.0").status()));
  store.SetSubstitutes(true);
  const auto run = [&](const char* version) {
    const auto found = store.FindToRun("amp", version);
    return found.ok() ? (*found)->manifest.version() : std::string(found.status().message());
  };
  CHECK(run("1.1.0") == "1.10.0");
  CHECK(run("1.0.0") == "1.0.0");
  CHECK(run("") == "2.0.0");
  // Not an older one, which may lack what was asked for; nor another major version.
  CHECK(run("1.11.0") == store.Find("amp", "1.11.0").status().message());
  CHECK(run("3.0.0") == store.Find("amp", "3.0.0").status().message());
  CHECK(run("one") == store.Find("amp", "one").status().message());
  REQUIRE(Pin(&store, "amp", "1.2.0").ok());
  CHECK(run("1.1.0") == "1.10.0");
  CHECK(absl::IsNotFound(store.Find("amp", "1.1.0").status()));
}

TEST_CASE("InPlaceOf: says what runs instead of what was named, else nothing") {
  const v1::ModelManifest manifest = SampleManifest("amp", "1.1.0");
  CHECK(InPlaceOf("1.0.0", manifest) == "amp 1.1.0 in place of 1.0.0, which is not installed");
  CHECK(InPlaceOf("1.1.0", manifest).empty());
  CHECK(InPlaceOf("", manifest).empty());
}

}  // namespace
}  // namespace continuo::model
