// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "daemon/model/package.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

std::string Refusal(const std::string& directory) {
  const auto package = LoadPackage(directory);
  return package.ok() ? "accepted" : std::string(package.status().message());
}

TEST_CASE("LoadPackage: a good package is loaded and its files verify") {
  const TemporaryDirectory directory;
  WritePackage(directory.path(), SampleManifest());
  const auto package = LoadPackage(directory.path());
  REQUIRE(package.ok());
  CHECK(package->manifest.id() == "sample");
  CHECK(VerifyFiles(*package).ok());
}

TEST_CASE("LoadPackage: the models of this tree are good and unharmed") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CONTINUO_SOURCE_DIR "/models")) {
    if (!std::filesystem::exists(entry.path() / "model.json")) continue;
    CAPTURE(entry.path().string());
    const auto package = LoadPackage(entry.path().string());
    CHECK(package.status() == absl::OkStatus());
    if (package.ok()) CHECK(VerifyFiles(*package) == absl::OkStatus());
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("LoadPackage: a directory without a manifest has no package") {
  const TemporaryDirectory directory;
  CHECK(absl::IsNotFound(LoadPackage(directory.path()).status()));
  CHECK(absl::IsNotFound(LoadPackage(directory / "missing").status()));
}

TEST_CASE("LoadPackage: a manifest that is a FIFO is refused without waiting for a writer") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "model.json").c_str(), 0600) == 0);
  CHECK_THAT(Refusal(directory.path()), Catch::EndsWith("is not a regular file"));
}

TEST_CASE("LoadPackage: a file that is missing, of another size or no file is named") {
  const TemporaryDirectory directory;
  WritePackage(directory.path(), SampleManifest());
  const std::string file = directory / "weights/48000.bin";
  WriteFile(file, "abcd");
  CHECK(Refusal(directory.path()) == file + " has 4 bytes, the manifest says 3");
  std::filesystem::remove(file);
  CHECK_THAT(Refusal(directory.path()), Catch::StartsWith(file + ": "));
  std::filesystem::create_directory(file);
  CHECK(Refusal(directory.path()) == file + " is not a regular file");
}

TEST_CASE("LoadPackage: a link out of the package is refused, one inside is followed") {
  const TemporaryDirectory directory;
  const std::string package = directory / "package";
  WritePackage(package, SampleManifest());
  WriteFile(directory / "outside", kSampleFile);
  std::filesystem::rename(package + "/weights/48000.bin", package + "/weights/real");
  std::filesystem::create_symlink("real", package + "/weights/48000.bin");
  CHECK(LoadPackage(package).ok());
  std::filesystem::remove(package + "/weights/48000.bin");
  std::filesystem::create_symlink("../../outside", package + "/weights/48000.bin");
  CHECK_THAT(Refusal(package), Catch::EndsWith("which is outside the package"));
}

TEST_CASE("LoadPackage: a package may be reached through a link to its directory") {
  const TemporaryDirectory directory;
  WritePackage(directory / "real", SampleManifest());
  std::filesystem::create_directory_symlink("real", directory / "link");
  CHECK(LoadPackage(directory / "link").ok());
}

TEST_CASE("LoadPackage: <id>/<version> has to hold that id and version") {
  const TemporaryDirectory directory;
  WritePackage(directory / "sample/1.0.0", SampleManifest());
  CHECK(LoadPackage(directory / "sample/1.0.0").ok());
  WritePackage(directory / "sample/1.0.1", SampleManifest());
  CHECK_THAT(Refusal(directory / "sample/1.0.1"), Catch::EndsWith("end in sample/1.0.0"));
  WritePackage(directory / "other/1.0.0", SampleManifest());
  CHECK_THAT(Refusal(directory / "other/1.0.0"), Catch::EndsWith("end in sample/1.0.0"));
}

TEST_CASE("VerifyFiles: changed content is named with what was expected and found") {
  const TemporaryDirectory directory;
  WritePackage(directory.path(), SampleManifest());
  const auto package = LoadPackage(directory.path());
  REQUIRE(package.ok());
  const std::string file = directory / "weights/48000.bin";
  WriteFile(file, "abd");
  const absl::Status changed = VerifyFiles(*package);
  CHECK(changed.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(std::string(changed.message()),
             Catch::StartsWith(file + " has SHA-256 a52d159f262b2c6ddb724a61840befc3") &&
                 Catch::Contains(kSampleSha256));
  WriteFile(file, "ab");
  CHECK(std::string(VerifyFiles(*package).message()) == file + " has 2 bytes, expected 3");
}

}  // namespace
}  // namespace continuo::model
