// SPDX-License-Identifier: Apache-2.0
// The store has a whole package or nothing of it, whatever fails.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "daemon/model/package.h"
#include "daemon/model/staging.h"
#include "daemon/model/store.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

std::set<std::string> Entries(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

// A manifest for the file that `staging` holds.
v1::ModelManifest ManifestFor(const Staging& staging, const std::string& id,
                              const std::string& version = "1.0.0") {
  v1::ModelManifest manifest = SampleManifest(id, version);
  manifest.clear_golden();
  manifest.mutable_variants(0)->set_file("amp.nam");
  v1::File* file = manifest.mutable_files(0);
  file->set_path("amp.nam");
  file->set_size_bytes(staging.original().size_bytes);
  file->set_sha256(staging.original().sha256);
  return manifest;
}

absl::Status ImportTo(const std::string& store, const std::string& file,
                      const std::vector<std::string>& ids, bool replace = false,
                      const std::string& version = "1.0.0") {
  const std::atomic<bool> cancelled{false};
  absl::StatusOr<Staging> staging = Staging::Make(store);
  if (!staging.ok()) return staging.status();
  absl::Status status = staging->CopyOriginal(file, cancelled);
  for (const std::string& id : ids) {
    if (status.ok()) status = staging->AddPackage(ManifestFor(*staging, id, version));
  }
  if (status.ok()) status = staging->Install(replace);
  return status;
}

// While it lives, no file of this process grows beyond so many bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_CASE("Staging: a package is installed whole, and the store finds it and its hashes right") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", "abc");
  REQUIRE(ImportTo(directory / "store", directory / "amp.nam", {"amp"}).ok());
  CHECK(Entries(directory / "store") == std::set<std::string>{"amp"});
  CHECK(Entries(directory / "store/amp/1.0.0") ==
        std::set<std::string>{"NOTICE", "amp.nam", "model.json"});
  ModelStore store({directory / "store"});
  const auto package = store.Find("amp", "").value();
  CHECK(package->manifest.files(0).sha256() == kSampleSha256);
  CHECK(VerifyFiles(*package).ok());
}

TEST_CASE("Staging: a disk that is full at any byte leaves nothing") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", std::string(200, 'x'));
  REQUIRE(ImportTo(directory / "whole", directory / "amp.nam", {"amp"}).ok());
  const auto largest = fs::file_size(directory / "whole/amp/1.0.0/model.json");
  int failed = 0;
  for (rlim_t bytes = 0; bytes < largest; bytes += 50) {
    const FileSizeLimit limit(bytes);
    const absl::Status status = ImportTo(directory / "store", directory / "amp.nam", {"amp"});
    CAPTURE(bytes, std::string(status.message()));
    CHECK_FALSE(status.ok());
    CHECK(Entries(directory / "store").empty());
    ++failed;
  }
  CHECK(failed > 10);  // the original, the notice and the manifest each failed
  CHECK(ImportTo(directory / "store", directory / "amp.nam", {"amp"}).ok());
}

TEST_CASE("Staging: of several packages all are installed or none") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", "abc");
  WriteFile(directory / "store/amp-decode", "a file where a directory should come");
  const absl::Status status =
      ImportTo(directory / "store", directory / "amp.nam", {"amp", "amp-encode", "amp-decode"});
  CHECK_FALSE(status.ok());
  CHECK(Entries(directory / "store") == std::set<std::string>{"amp-decode"});
  fs::remove(directory / "store/amp-decode");
  REQUIRE(ImportTo(directory / "store", directory / "amp.nam", {"amp", "amp-decode"}).ok());
  // One file on the disk.
  CHECK(fs::hard_link_count(directory / "store/amp/1.0.0/amp.nam") == 2);
}

TEST_CASE("Staging: another version comes to lie beside, and is replaced alone") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", "abc");
  WriteFile(directory / "new/amp.nam", "other");
  const std::string store = directory / "store";
  REQUIRE(ImportTo(store, directory / "amp.nam", {"amp"}).ok());
  REQUIRE(ImportTo(store, directory / "amp.nam", {"amp"}, false, "1.1.0").ok());
  CHECK(Entries(store + "/amp") == std::set<std::string>{"1.0.0", "1.1.0"});
  CHECK(absl::IsAlreadyExists(ImportTo(store, directory / "new/amp.nam", {"amp"}, false, "1.1.0")));
  REQUIRE(ImportTo(store, directory / "new/amp.nam", {"amp"}, true, "1.1.0").ok());
  CHECK(fs::file_size(store + "/amp/1.0.0/amp.nam") == 3);
  CHECK(fs::file_size(store + "/amp/1.1.0/amp.nam") == 5);
  CHECK(Entries(store) == std::set<std::string>{"amp"});
}

TEST_CASE("Staging: what is installed is replaced on request alone, and comes back on failure") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", "abc");
  WriteFile(directory / "new/amp.nam", "other");
  REQUIRE(ImportTo(directory / "store", directory / "amp.nam", {"amp"}).ok());
  const auto size = [&] { return fs::file_size(directory / "store/amp/1.0.0/amp.nam"); };
  CHECK(absl::IsAlreadyExists(ImportTo(directory / "store", directory / "new/amp.nam", {"amp"})));
  CHECK(size() == 3);
  WriteFile(directory / "store/amp-encode", "in the way");
  CHECK_FALSE(
      ImportTo(directory / "store", directory / "new/amp.nam", {"amp", "amp-encode"}, true).ok());
  CHECK(size() == 3);
  fs::remove(directory / "store/amp-encode");
  CHECK(ImportTo(directory / "store", directory / "new/amp.nam", {"amp"}, true).ok());
  CHECK(size() == 5);
  CHECK(Entries(directory / "store") == std::set<std::string>{"amp"});
}

TEST_CASE("Staging: a package that could not be loaded is never installed") {
  const TemporaryDirectory directory;
  WriteFile(directory / "amp.nam", "abc");
  {
    const std::atomic<bool> cancelled{false};
    Staging staging = Staging::Make(directory / "store").value();
    REQUIRE(staging.CopyOriginal(directory / "amp.nam", cancelled).ok());
    v1::ModelManifest manifest = ManifestFor(staging, "amp");
    manifest.mutable_files(0)->set_size_bytes(4);
    CHECK_FALSE(staging.AddPackage(manifest).ok());
  }
  CHECK(Entries(directory / "store").empty());
}

TEST_CASE("Staging: only a regular file of a sensible size is copied") {
  const TemporaryDirectory directory;
  WriteFile(directory / "empty.nam", "");
  WriteFile(directory / "large.nam", "x");
  fs::resize_file(directory / "large.nam", kMaxImportBytes + 1);  // takes no room
  ::mkfifo((directory / "fifo.nam").c_str(), 0600);
  fs::create_directory(directory / "directory.nam");
  const auto message = [&](const char* name) {
    return std::string(ImportTo(directory / "store", directory / name, {"amp"}).message());
  };
  CHECK_THAT(message("empty.nam"), Catch::Contains("empty.nam is empty"));
  CHECK_THAT(message("large.nam"), Catch::Contains("the limit is 1073741824"));
  CHECK_THAT(message("fifo.nam"), Catch::Contains("is not a regular file"));
  CHECK_THAT(message("directory.nam"), Catch::Contains("is not a regular file"));
  CHECK_THAT(message("missing.nam"), Catch::Contains("missing.nam"));
  CHECK(Entries(directory / "store").empty());
}

TEST_CASE("SweepStaging: removes what ended processes left, not what living ones work on") {
  const TemporaryDirectory directory;
  const Staging living = Staging::Make(directory / "store").value();
  WriteFile(directory / "store/.import-dead00/packages/amp/1.0.0/model.json", "{");
  WriteFile(directory / "store/.other/file", "not ours");
  WriteFile(directory / "store/amp/1.0.0/file", "installed");
  CHECK(SweepStaging(directory / "store") == 1);
  CHECK(Entries(directory / "store").size() == 3);
  CHECK_FALSE(fs::exists(directory / "store/.import-dead00"));
  CHECK(SweepStaging(directory / "missing") == 0);
}

}  // namespace
}  // namespace continuo::model
