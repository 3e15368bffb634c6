// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/sha256.h"
#include "daemon/repository/repository.h"
#include "model_sample.h"
#include "repository_sample.h"

namespace continuo::repository {
namespace {

namespace fs = std::filesystem;

const Cancelled kGoOn = [] { return false; };

// Two repositories in directories, "first" and "second", and what was given to the installer.
struct Shop {
  TemporaryDirectory directory;
  KeyPair keys = MakeKeyPair().value();
  std::shared_ptr<model::ModelStore> store =
      std::make_shared<model::ModelStore>(std::vector<std::string>{directory / "models"});
  std::vector<std::string> installed;
  std::vector<std::string> removed;
  absl::Status installer_says;
  std::string fails_for;  // empty: for all
  std::uint64_t serial = 0;

  // Each archive has its own, as parts are named by their digests.
  static std::string ContentOf(const v1::RepositoryEntry& entry) {
    return "archive of " + entry.id() + " " + entry.version();
  }
  Repository Open() {
    RepositoryOptions options;
    for (const char* name : {"first", "second"}) {
      options.sources.push_back({name, directory / name, {keys.public_key}, ""});
    }
    options.state_directory = directory / "state";
    options.models_directory = directory / "models";
    options.store = store;
    options.install = [this](const std::string& archive, const v1::RepositoryEntry& entry,
                             const std::function<void()>& on_installing,
                             const Cancelled&) -> absl::StatusOr<Placed> {
      on_installing();
      CHECK(base::ReadFile(archive, 100).value() == ContentOf(entry));
      if (!installer_says.ok() && (fails_for.empty() || fails_for == entry.id())) {
        return installer_says;
      }
      installed.push_back(entry.id() + " " + entry.version());
      return Placed{directory / ("models/" + entry.id())};
    };
    options.remove = [this](const Placed& placed) {
      removed.push_back(fs::path(placed.directory).filename());
      return absl::OkStatus();
    };
    return Repository(std::move(options));
  }
  void Offer(const std::string& name, const std::vector<v1::RepositoryEntry>& entries) {
    v1::RepositoryIndex index = SampleIndex(++serial);
    index.clear_entries();
    for (v1::RepositoryEntry entry : entries) {
      const std::string content = ContentOf(entry);
      model::Sha256 sha256;
      sha256.Update(content.data(), content.size());
      entry.set_size_bytes(content.size());
      entry.set_sha256(sha256.Finish());
      WriteFile(directory / (name + "/" + entry.archive()), content);
      *index.add_entries() = entry;
    }
    WriteIndex(directory / name, index, keys.secret_key);
  }
  void HaveInstalled(const std::string& id, const std::string& version) {
    model::WritePackage(directory / ("models/" + id + "/" + version),
                        model::SampleManifest(id, version));
  }
  [[nodiscard]] bool PartsAreLeft() const {
    for (const auto& entry : fs::directory_iterator(directory / "state")) {
      if (entry.path().extension() == ".part") return true;
    }
    return false;
  }
};

v1::InstallFromRepositoryRequest Wanted(const std::string& id, const std::string& version = "") {
  v1::InstallFromRepositoryRequest request;
  request.set_id(id);
  request.set_version(version);
  return request;
}

struct Steps {
  std::vector<std::string> names;
  OnStep Watch() {
    return [this](const v1::RepositoryProgress& progress) {
      if (names.empty() || names.back() != progress.step()) names.push_back(progress.step());
    };
  }
};

TEST_CASE("Repository: a model is taken from the first source that has it, newer ones or not") {
  Shop shop;
  shop.Offer("first", {SampleEntry("amp", "1.0.0"), SampleEntry("amp", "1.2.0")});
  shop.Offer("second", {SampleEntry("amp", "9.0.0"), SampleEntry("verb", "1.0.0")});
  Repository repository = shop.Open();
  Steps steps;
  const auto result = repository.Install(Wanted("amp"), steps.Watch(), kGoOn);
  REQUIRE(result.status() == absl::OkStatus());
  CHECK(result->source() == "first");
  CHECK(result->entry().version() == "1.2.0");
  CHECK(steps.names ==
        std::vector<std::string>{"waiting", "refreshing", "downloading", "checking", "installing"});
  CHECK(repository.Install(Wanted("verb"), steps.Watch(), kGoOn)->source() == "second");
  // Another version of it does not bring the second in either.
  CHECK(
      absl::IsNotFound(repository.Install(Wanted("amp", "9.0.0"), steps.Watch(), kGoOn).status()));
  auto chosen = Wanted("amp");
  chosen.set_source("second");
  CHECK(repository.Install(chosen, steps.Watch(), kGoOn)->entry().version() == "9.0.0");
  CHECK(shop.installed == std::vector<std::string>{"amp 1.2.0", "verb 1.0.0", "amp 9.0.0"});
  CHECK_FALSE(shop.PartsAreLeft());
}

TEST_CASE("Repository: beta versions and those for a newer daemon are passed over, and named") {
  Shop shop;
  v1::RepositoryEntry beta = SampleEntry("amp", "2.0.0");
  beta.set_channel(v1::CHANNEL_BETA);
  v1::RepositoryEntry future = SampleEntry("amp", "3.0.0");
  future.set_minimum_daemon_version("99.0.0");
  v1::RepositoryEntry alone = SampleEntry("verb", "1.0.0");
  alone.set_minimum_daemon_version("99.0.0");
  shop.Offer("first", {SampleEntry("amp", "1.0.0"), beta, future, alone});
  Repository repository = shop.Open();
  Steps steps;
  CHECK(repository.Install(Wanted("amp"), steps.Watch(), kGoOn)->entry().version() == "1.0.0");
  auto request = Wanted("amp");
  request.set_channel(v1::CHANNEL_BETA);
  CHECK(repository.Install(request, steps.Watch(), kGoOn)->entry().version() == "2.0.0");
  for (const auto& wanted : {Wanted("amp", "3.0.0"), Wanted("verb")}) {
    const absl::Status status = repository.Install(wanted, steps.Watch(), kGoOn).status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK_THAT(std::string(base::MessageOf(status)), Catch::Contains("needs continuod 99.0.0"));
  }
}

TEST_CASE("Repository: what is there already is not downloaded again") {
  Shop shop;
  shop.Offer("first", {SampleEntry("amp", "1.0.0")});
  shop.HaveInstalled("amp", "1.0.0");
  Repository repository = shop.Open();
  Steps steps;
  const auto result = repository.Install(Wanted("amp"), steps.Watch(), kGoOn);
  REQUIRE(result.status() == absl::OkStatus());
  CHECK(result->already_installed());
  CHECK(result->path() == shop.directory / "models/amp/1.0.0");
  CHECK(shop.installed.empty());
}

v1::RepositoryEntry Needing(v1::RepositoryEntry entry,
                            const std::vector<std::pair<std::string, std::string>>& needs) {
  for (const auto& [id, minimum] : needs) {
    v1::Dependency* const dependency = entry.add_dependencies();
    dependency->set_id(id);
    dependency->set_minimum_version(minimum);
  }
  return entry;
}

TEST_CASE(
    "Repository: what a package needs is installed before it, each once, the newest that fits") {
  Shop shop;
  shop.Offer("first", {Needing(SampleEntry("amp"), {{"cab", "1.0.0"}, {"tube", "1.1.0"}}),
                       Needing(SampleEntry("cab"), {{"tube", "1.0.0"}, {"wood", "2.0.0"}})});
  shop.Offer("second", {SampleEntry("tube", "1.0.0"), SampleEntry("tube", "1.2.0"),
                        SampleEntry("tube", "2.0.0"), SampleEntry("wood", "2.0.0")});
  shop.HaveInstalled("wood", "2.3.0");
  Repository repository = shop.Open();
  Steps steps;
  const auto result = repository.Install(Wanted("amp"), steps.Watch(), kGoOn);
  REQUIRE(result.status() == absl::OkStatus());
  CHECK(shop.installed == std::vector<std::string>{"tube 1.2.0", "cab 1.0.0", "amp 1.0.0"});
  REQUIRE(result->dependencies_size() == 2);
  CHECK(result->dependencies(0).entry().id() == "tube");
  CHECK(result->dependencies(0).source() == "second");
  CHECK(result->dependencies(1).entry().id() == "cab");
  CHECK(result->entry().id() == "amp");
  CHECK_FALSE(shop.PartsAreLeft());
}

TEST_CASE("Repository: where something that is needed is not to be had, all of it is named") {
  Shop shop;
  v1::RepositoryEntry beta = SampleEntry("wood", "1.0.0");
  beta.set_channel(v1::CHANNEL_BETA);
  shop.Offer("first", {Needing(SampleEntry("amp"), {{"cab", "1.0.0"}, {"wood", "1.0.0"}}),
                       Needing(SampleEntry("cab"), {{"tube", "1.1.0"}, {"none", "1.0.0"}}), beta,
                       SampleEntry("tube", "1.0.0"), SampleEntry("tube", "2.0.0")});
  shop.Offer("second", {SampleEntry("tube", "1.5.0")});  // not the first that has it
  shop.HaveInstalled("tube", "1.0.0");
  Repository repository = shop.Open();
  Steps steps;
  const absl::Status status = repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(
      status.message() ==
      "cab 1.0.0 needs tube of at least 1.1.0 and the same major version (installed: 1.0.0; "
      "repository 'first' has 1.0.0, 2.0.0); cab 1.0.0 needs none of at least 1.0.0 and the same "
      "major version (none is installed; no repository has it); amp 1.0.0 needs wood of at least "
      "1.0.0 and the same major version (none is installed; repository 'first' has 1.0.0 (beta)); "
      "nothing was installed");
  CHECK(shop.installed.empty());
  CHECK(steps.names.back() == "refreshing");
}

TEST_CASE("Repository: packages that need each other, or too many, are refused") {
  Shop shop;
  std::vector<v1::RepositoryEntry> entries = {Needing(SampleEntry("amp"), {{"cab", "1.0.0"}}),
                                              Needing(SampleEntry("cab"), {{"amp", "1.0.0"}})};
  constexpr int kLong = 100;
  for (int i = 0; i < kLong; ++i) {
    entries.push_back(
        Needing(SampleEntry(base::StrCat("chain", i)), {{base::StrCat("chain", i + 1), "1.0.0"}}));
  }
  entries.push_back(SampleEntry(base::StrCat("chain", kLong)));
  shop.Offer("first", entries);
  Repository repository = shop.Open();
  Steps steps;
  absl::Status status = repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("cab 1.0.0 and amp 1.0.0 need each other"));
  status = repository.Install(Wanted("chain0"), steps.Watch(), kGoOn).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("more than 64 packages"));
  CHECK(shop.installed.empty());
}

TEST_CASE("Repository: where one of several is refused, those before it go again") {
  Shop shop;
  shop.Offer("first", {Needing(SampleEntry("amp"), {{"cab", "1.0.0"}}),
                       Needing(SampleEntry("cab"), {{"tube", "1.0.0"}}), SampleEntry("tube")});
  shop.installer_says = absl::InvalidArgumentError("no good");
  shop.fails_for = "amp";
  Repository repository = shop.Open();
  Steps steps;
  CHECK(repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status() == shop.installer_says);
  CHECK(shop.removed == std::vector<std::string>{"cab", "tube"});
  CHECK_FALSE(shop.PartsAreLeft());
}

TEST_CASE("Repository: what a package from elsewhere needs is installed, if it may be") {
  Shop shop;
  shop.Offer("first", {Needing(SampleEntry("cab"), {{"tube", "1.0.0"}}), SampleEntry("tube")});
  Repository repository = shop.Open();
  Steps steps;
  v1::ModelManifest manifest = model::SampleManifest("amp");
  const auto accept = [](const v1::RepositoryEntry&) { return absl::OkStatus(); };
  CHECK(repository.InstallDependencies(manifest, accept, steps.Watch(), kGoOn)->empty());
  CHECK(steps.names.back() == "waiting");  // nobody was asked
  v1::Dependency* const dependency = manifest.add_dependencies();
  dependency->set_id("cab");
  dependency->set_minimum_version("1.0.0");
  const auto refuse_tube = [](const v1::RepositoryEntry& entry) {
    return entry.id() == "tube" ? absl::FailedPreconditionError("not tube") : absl::OkStatus();
  };
  CHECK(repository.InstallDependencies(manifest, refuse_tube, steps.Watch(), kGoOn).status() ==
        absl::FailedPreconditionError("not tube"));
  CHECK(shop.installed.empty());
  const auto done = repository.InstallDependencies(manifest, accept, steps.Watch(), kGoOn);
  REQUIRE(done.status() == absl::OkStatus());
  CHECK(done->size() == 2);
  CHECK(shop.installed == std::vector<std::string>{"tube 1.0.0", "cab 1.0.0"});
}

TEST_CASE("Repository: what the installer refuses leaves nothing") {
  Shop shop;
  shop.Offer("first", {SampleEntry("amp", "1.0.0")});
  shop.installer_says = absl::InvalidArgumentError("no good");
  Repository repository = shop.Open();
  Steps steps;
  CHECK(repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status() == shop.installer_says);
  CHECK_FALSE(shop.PartsAreLeft());
}

TEST_CASE("Repository: a package that there is no room for is not downloaded") {
  Shop shop;
  v1::RepositoryEntry entry = SampleEntry("amp", "1.0.0");
  const fs::space_info space = fs::space(shop.directory.path());
  const std::uint64_t limit = std::uint64_t{64} << 30;
  if (space.available > limit) return;  // an index cannot even say that much
  entry.set_installed_bytes(limit);
  shop.Offer("first", {entry});
  Repository repository = shop.Open();
  Steps steps;
  CHECK(
      absl::IsResourceExhausted(repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status()));
  CHECK(steps.names.back() == "refreshing");
}

TEST_CASE("Repository: cancelled or stopped, it ends with nothing done") {
  Shop shop;
  shop.Offer("first", {SampleEntry("amp", "1.0.0")});
  Repository repository = shop.Open();
  Steps steps;
  const Cancelled at_once = [] { return true; };
  CHECK(absl::IsCancelled(repository.Install(Wanted("amp"), steps.Watch(), at_once).status()));
  repository.Stop();
  CHECK(absl::IsCancelled(repository.Install(Wanted("amp"), steps.Watch(), kGoOn).status()));
  CHECK(shop.installed.empty());
}

TEST_CASE("Repository: updates are those of the first source alone, of the newest installed") {
  Shop shop;
  shop.Offer("first", {SampleEntry("amp", "1.10.0"), SampleEntry("verb", "1.0.0")});
  shop.Offer("second", {SampleEntry("amp", "9.0.0"), SampleEntry("verb", "9.0.0")});
  shop.HaveInstalled("amp", "1.2.0");
  shop.HaveInstalled("amp", "1.9.0");
  shop.HaveInstalled("verb", "1.0.0");
  shop.HaveInstalled("own", "1.0.0");
  Repository repository = shop.Open();
  const auto updates = repository.Updates({}, kGoOn);
  REQUIRE(updates.status() == absl::OkStatus());
  REQUIRE(updates->updates_size() == 1);
  CHECK(updates->updates(0).installed_version() == "1.9.0");
  CHECK(updates->updates(0).entry().version() == "1.10.0");
  v1::ListUpdatesRequest one;
  one.set_id("verb");
  CHECK(repository.Updates(one, kGoOn)->updates().empty());
  one.set_id("nosuch");
  CHECK(absl::IsNotFound(repository.Updates(one, kGoOn).status()));
}

TEST_CASE("Repository: a source that cannot be had does not keep the others from answering") {
  Shop shop;
  shop.Offer("second", {SampleEntry("amp", "1.0.0")});
  shop.HaveInstalled("amp", "0.9.0");
  Repository repository = shop.Open();
  const auto found = repository.Search({}, kGoOn);
  REQUIRE(found.status() == absl::OkStatus());
  REQUIRE(found->models_size() == 1);
  CHECK(found->models(0).source() == "second");
  CHECK(found->models(0).installed_version() == "0.9.0");
  REQUIRE(found->failed_size() == 1);
  CHECK(found->failed(0).name() == "first");
  CHECK_THAT(found->failed(0).problem(), Catch::StartsWith("repository 'first': "));
  v1::RefreshSourcesRequest request;
  request.add_names("second");
  CHECK(repository.Refresh(request, kGoOn)->sources_size() == 1);
  request.add_names("third");
  CHECK(absl::IsNotFound(repository.Refresh(request, kGoOn).status()));
}

TEST_CASE("Repository: more than an answer holds is cut, and said to be") {
  Shop shop;
  std::vector<v1::RepositoryEntry> entries;
  for (int i = 0; i < 1000; ++i) {
    entries.push_back(SampleEntry(base::StrCat("amp", i), "1.0.0"));
    entries.back().set_archive("one");
    entries.back().set_summary(std::string(4000, 'x'));
  }
  shop.Offer("first", entries);
  Repository repository = shop.Open();
  const auto found = repository.Search({}, kGoOn);
  REQUIRE(found.status() == absl::OkStatus());
  CHECK(found->more());
  CHECK(found->models_size() > 500);
  CHECK(found->ByteSizeLong() < std::size_t{4} << 20);
}

}  // namespace
}  // namespace continuo::repository
