// SPDX-License-Identifier: Apache-2.0
// Installing: the store has what it had or the whole new package, also where the process is killed
// between any two steps.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/model/installer.h"
#include "daemon/model/manifest.h"
#include "daemon/model/room.h"
#include "daemon/model/staging.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

struct Bench {
  // A package of id "sample" and this version, and this name to tell contents by.
  std::string Source(const std::string& version, const std::string& name = "Sample") {
    const std::string path = directory / ("source-" + version + "-" + name);
    v1::ModelManifest manifest = SampleManifest("sample", version);
    manifest.set_name(name);
    WritePackage(path, manifest);
    WriteFile(path + "/LICENSE", "as you like");
    return path;
  }
  std::string Archive(const std::string& version) {
    std::string path = directory / (version + ".continuo");
    REQUIRE(Pack(Source(version), path).ok());
    return path;
  }
  absl::StatusOr<Installed> Do(const std::string& source, const InstallOptions& options = {}) {
    return Install(&store, own, source, options);
  }
  std::string NameOf(const std::string& version) {
    const auto found = store.Find("sample", version);
    return found.ok() ? (*found)->manifest.name() : "none";
  }
  // What is in the user's directory besides "sample".
  int Leftovers() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(own)) {
      count += entry.path().filename() == "sample" ? 0 : 1;
    }
    return count;
  }
  TemporaryDirectory directory;
  const std::string own = directory / "own";
  const std::string system = directory / "system";
  ModelStore store{{own, system}};
};

TEST_CASE("a directory and an archive are installed side by side") {
  Bench bench;
  const auto first = bench.Do(bench.Source("1.0.0"));
  REQUIRE(first.status().ToString() == "OK");
  CHECK(first->package->directory == bench.own + "/sample/1.0.0");
  CHECK_FALSE(first->already_there);
  REQUIRE(bench.Do(bench.Archive("1.1.0")).ok());
  CHECK(bench.store.List()->packages.size() == 2);
  CHECK((*bench.store.Find("sample", ""))->manifest.version() == "1.1.0");
  for (const std::string version : {"1.0.0", "1.1.0"}) {
    CHECK(VerifyFiles(**bench.store.Find("sample", version)).ok());
    CHECK(fs::exists(bench.own + "/sample/" + version + "/LICENSE"));
  }
  CHECK(bench.Leftovers() == 0);
}

TEST_CASE("the same again succeeds and changes nothing, another content is refused") {
  Bench bench;
  REQUIRE(bench.Do(bench.Source("1.0.0")).ok());
  const auto again = bench.Do(bench.Archive("1.0.0"));
  REQUIRE(again.ok());
  CHECK(again->already_there);
  const absl::Status other = bench.Do(bench.Source("1.0.0", "Other")).status();
  CHECK(absl::IsAlreadyExists(other));
  CHECK_THAT(std::string(other.message()), Contains("--replace"));
  CHECK(bench.NameOf("1.0.0") == "Sample");
  InstallOptions replace;
  replace.replace = true;
  std::string gave_up;
  replace.give_up = [&](const std::string& id, const std::string& version) {
    gave_up = id + " " + version;
    return absl::FailedPreconditionError("in use");
  };
  CHECK(absl::IsFailedPrecondition(bench.Do(bench.Source("1.0.0", "Other"), replace).status()));
  CHECK(bench.NameOf("1.0.0") == "Sample");
  CHECK(gave_up == "sample 1.0.0");
  replace.give_up = nullptr;
  REQUIRE(bench.Do(bench.Source("1.0.0", "Other"), replace).ok());
  CHECK(bench.NameOf("1.0.0") == "Other");
  CHECK(bench.Leftovers() == 0);
}

TEST_CASE("a damaged package is put right by the same content") {
  Bench bench;
  REQUIRE(bench.Do(bench.Source("1.0.0")).ok());
  WriteFile(bench.own + "/sample/1.0.0/weights/48000.bin", "abd");
  const auto again = bench.Do(bench.Source("1.0.0"));
  REQUIRE(again.ok());
  CHECK_FALSE(again->already_there);
  CHECK(VerifyFiles(*again->package).ok());
  fs::remove(bench.own + "/sample/1.0.0/weights/48000.bin");
  REQUIRE(bench.NameOf("1.0.0") == "none");
  REQUIRE(bench.Do(bench.Source("1.0.0")).ok());
  CHECK(bench.NameOf("1.0.0") == "Sample");
}

TEST_CASE("what came with the system is there already, or has to be replaced by wish") {
  Bench bench;
  v1::ModelManifest manifest = SampleManifest();
  WritePackage(bench.system + "/sample/1.0.0", manifest);
  const auto there = bench.Do(bench.Source("1.0.0"));
  REQUIRE(there.ok());
  CHECK(there->already_there);
  CHECK(there->package->directory == bench.system + "/sample/1.0.0");
  CHECK(absl::IsAlreadyExists(bench.Do(bench.Source("1.0.0", "Other")).status()));
  InstallOptions replace;
  replace.replace = true;
  REQUIRE(bench.Do(bench.Source("1.0.0", "Other"), replace).ok());
  CHECK(bench.NameOf("1.0.0") == "Other");
}

TEST_CASE("what is wrong is refused, and nothing is left") {
  Bench bench;
  const auto refusal = [&](const std::string& source, const InstallOptions& options = {}) {
    const auto done = bench.Do(source, options);
    CHECK_FALSE(done.ok());
    CHECK(bench.Leftovers() == 0);
    CHECK_FALSE(fs::exists(bench.own + "/sample"));
    return std::string(done.status().message());
  };
  fs::create_directories(bench.own);
  CHECK_THAT(refusal(bench.directory / "gone"), Contains("gone"));
  CHECK_THAT(refusal(bench.own), Contains("model.json"));
  const std::string damaged = bench.Source("1.0.0", "Damaged");
  WriteFile(damaged + "/weights/48000.bin", "abd");
  CHECK_THAT(refusal(damaged), Contains("SHA-256"));
  const std::string good = bench.Source("1.0.0");
  InstallOptions options;
  options.expected_id = "other";
  CHECK_THAT(refusal(good, options), Contains("id is sample, expected other"));
  options = {};
  options.expected_version = "1.0.1";
  CHECK_THAT(refusal(good, options), Contains("version is 1.0.0, expected 1.0.1"));
  options = {};
  options.expected_sha256 = std::string(64, '0');
  CHECK_THAT(refusal(good, options), Contains("is a directory"));
  CHECK_THAT(refusal(bench.Archive("1.0.0"), options), Contains("expected 000"));
  options = {};
  options.watcher.cancelled = [] { return true; };
  CHECK_THAT(refusal(good, options), Contains("cancelled"));
  options = {};
  options.check = [](const v1::ModelManifest&) { return absl::FailedPreconditionError("no"); };
  CHECK_THAT(refusal(good, options), Contains("no"));
  v1::ModelManifest manifest = SampleManifest();
  manifest.set_license("do what you like");
  WritePackage(bench.directory / "licence", manifest);
  CHECK_THAT(refusal(bench.directory / "licence"), Contains("license: "));
  manifest = SampleManifest();
  manifest.set_minimum_daemon_version("99.0.0");
  WritePackage(bench.directory / "newer", manifest);
  CHECK_THAT(refusal(bench.directory / "newer"), Contains("update it"));
}

// A package whose files are as long as the disk has room and more, though they take none.
std::string Sparse(const TemporaryDirectory& directory) {
  const std::string path = directory / "sparse";
  v1::ModelManifest manifest = SampleManifest("sample");
  WritePackage(path, manifest);
  const std::uint64_t available = fs::space(path).available;
  for (std::uint64_t total = 0; total <= available; total += kMaxFileBytes) {
    v1::File* const file = manifest.add_files();
    file->set_path("part" + std::to_string(manifest.files_size()));
    file->set_size_bytes(kMaxFileBytes);
    file->set_sha256(kSampleSha256);
    WriteFile(path + "/" + file->path(), "");
    fs::resize_file(path + "/" + file->path(), kMaxFileBytes);
  }
  WriteFile(path + "/model.json", JsonOf(manifest));
  return path;
}

TEST_CASE("what the disk has no room for is refused with the figures before anything is written") {
  Bench bench;
  InstallOptions options;
  bool written = false;
  options.watcher.progress = [&](std::uint64_t, std::uint64_t) { written = true; };
  const absl::Status status = bench.Do(Sparse(bench.directory), options).status();
  CHECK(absl::IsResourceExhausted(status));
  CHECK_THAT(std::string(status.message()), Contains(" left, and ") && Contains("are needed"));
  CHECK_FALSE(written);
  CHECK(bench.Leftovers() == 0);
}

TEST_CASE("room: of a directory that is not there yet, the one above it counts") {
  const TemporaryDirectory directory;
  CHECK(CheckRoom(directory / "not/there/yet", 1).ok());
  const absl::Status status = CheckRoom(directory / "not/there/yet", std::uint64_t{1} << 62);
  CHECK(absl::IsResourceExhausted(status));
  CHECK_THAT(std::string(status.message()), Contains(" left, and 4.0 EiB are needed"));
  v1::ModelManifest huge;
  for (int i = 0; i < 3; ++i) huge.add_files()->set_size_bytes(std::uint64_t{1} << 63);
  CHECK(SizeOfFiles(huge) == ~std::uint64_t{0});
}

TEST_CASE("what was just installed can be taken back, and other versions stay") {
  Bench bench;
  REQUIRE(bench.Do(bench.Source("1.0.0")).ok());
  const auto installed = bench.Do(bench.Source("1.1.0"));
  REQUIRE(installed.ok());
  REQUIRE(TakeBack(bench.own, installed->package->directory).ok());
  CHECK(fs::exists(bench.own + "/sample/1.0.0/model.json"));
  CHECK_FALSE(fs::exists(bench.own + "/sample/1.1.0"));
  REQUIRE(TakeBack(bench.own, bench.own + "/sample/1.0.0").ok());
  CHECK(fs::is_empty(bench.own));
}

TEST_CASE("who provides what a package needs is asked when all else is good") {
  Bench bench;
  v1::ModelManifest manifest = SampleManifest("needing");
  v1::Dependency* const dependency = manifest.add_dependencies();
  dependency->set_id("sample");
  dependency->set_minimum_version("1.1.0");
  WritePackage(bench.directory / "needing", manifest);
  int asked = 0;
  InstallOptions options;
  options.provide = [&](const v1::ModelManifest& needing) {
    ++asked;
    CHECK(needing.id() == "needing");
    return bench.Do(bench.Source("1.2.0")).status();
  };
  options.check = [](const v1::ModelManifest&) { return absl::InvalidArgumentError("no"); };
  CHECK_FALSE(bench.Do(bench.directory / "needing", options).ok());
  CHECK(asked == 0);
  options.check = nullptr;
  REQUIRE(bench.Do(bench.directory / "needing", options).status().ToString() == "OK");
  CHECK(asked == 1);
  CHECK(bench.NameOf("1.2.0") == "Sample");
  // All is there now.
  CHECK(bench.Do(bench.directory / "needing", options)->already_there);
  CHECK(asked == 1);
}

TEST_CASE("dependencies have to be there") {
  Bench bench;
  v1::ModelManifest manifest = SampleManifest("needy");
  v1::Dependency* dependency = manifest.add_dependencies();
  dependency->set_id("sample");
  dependency->set_minimum_version("1.1.0");
  WritePackage(bench.directory / "needy", manifest);
  const auto refusal = [&] {
    const absl::Status status = bench.Do(bench.directory / "needy").status();
    CHECK(absl::IsFailedPrecondition(status));
    return std::string(status.message());
  };
  CHECK_THAT(refusal(), Contains("needs sample of at least 1.1.0") && Contains("none is"));
  for (const char* version : {"1.0.0", "2.0.0"}) REQUIRE(bench.Do(bench.Source(version)).ok());
  CHECK_THAT(refusal(), Contains("installed: 2.0.0, 1.0.0"));
  REQUIRE(bench.Do(bench.Source("1.2.0")).ok());
  CHECK(bench.Do(bench.directory / "needy").ok());
}

// Ends without any destructor, as a power cut does, before the step of this name.
void InstallAndDie(Bench& bench, const std::string& source, const std::string& fatal) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    InstallOptions options;
    options.replace = true;
    options.step = [&](std::string_view step) {
      if (step == fatal) ::kill(::getpid(), SIGKILL);
    };
    (void)bench.Do(source, options);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

TEST_CASE("killed before any step it leaves the old state or the new one") {
  const bool archive = GENERATE(false, true);
  // The last of those at which nothing has happened yet is "renaming".
  const std::vector<std::pair<std::string, bool>> steps = {
      {archive ? "unpacking" : "copying", false},
      {"checking", false},
      {"installing", false},
      {"renaming", false},
      {"synchronising", true},
      {"done", true}};
  for (const auto& [step, is_new] : steps) {
    for (const std::string before : {"", "1.0.0", "1.1.0"}) {
      INFO(step << ", before it " << before);
      Bench bench;
      // The same version with another content, an older one, or none.
      if (!before.empty()) REQUIRE(bench.Do(bench.Source(before, "Old")).ok());
      InstallAndDie(bench, archive ? bench.Archive("1.1.0") : bench.Source("1.1.0"), step);
      ModelStore later({bench.own, bench.system});
      REQUIRE(later.List()->refused.empty());
      const auto found = later.Find("sample", "1.1.0");
      const std::string name = found.ok() ? (*found)->manifest.name() : "none";
      CHECK(name == (is_new ? "Sample" : before == "1.1.0" ? "Old" : "none"));
      if (found.ok()) CHECK(VerifyFiles(**found).ok());
      if (before == "1.0.0") CHECK(VerifyFiles(**later.Find("sample", "1.0.0")).ok());
      CHECK(SweepStaging(bench.own) == 1);
      CHECK(bench.Leftovers() == 0);
      CHECK(fs::exists(bench.own + "/sample") == (is_new || !before.empty()));
      CHECK(bench
                .Do(bench.Source("1.1.0"),
                    [] {
                      InstallOptions options;
                      options.replace = true;
                      return options;
                    }())
                .ok());
      CHECK(bench.NameOf("1.1.0") == "Sample");
    }
  }
}

}  // namespace
}  // namespace continuo::model
